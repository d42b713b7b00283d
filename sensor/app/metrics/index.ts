export { deliveryMetrics } from './delivery.js';
export {
  formatMetrics,
  type Health,
  type Metric,
  type MetricsSource,
  type Sample,
} from './metric.js';
// otlp.ts is not here: the SDK is loaded only where it is configured.
export { startMetricsServer, type MetricsServer } from './server.js';
