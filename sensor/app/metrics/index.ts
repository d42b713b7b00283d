export { deliveryMetrics } from './delivery.js';
export {
  formatMetrics,
  type Health,
  type Metric,
  type MetricsSource,
  type Sample,
} from './metric.js';
export { startMetricsServer, type MetricsServer } from './server.js';
