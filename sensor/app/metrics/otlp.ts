import {
  metrics,
  type BatchObservableResult,
  type Meter,
  type Observable,
} from '@opentelemetry/api';
import { defaultResource, resourceFromAttributes } from '@opentelemetry/resources';
import { PeriodicExportingMetricReader, type PushMetricExporter } from '@opentelemetry/sdk-metrics';
import { NodeSDK } from '@opentelemetry/sdk-node';
import type { Logger } from '../../core/index.js';
import {
  grpcConnection,
  httpConnection,
  listenToOtel,
  type OtlpPeer,
} from '../../sinks/otlp/index.js';
import type { Metric, MetricsSource } from './metric.js';

export interface OtlpMetricsOptions extends OtlpPeer {
  readonly protocol: 'http' | 'grpc';
  readonly intervalMs: number;
  /** `host.name` of the resource. */
  readonly host: string;
  readonly source: MetricsSource;
  readonly logger: Logger;
}

/**
 * Sends the sensor's own metrics by OTLP at an interval. Metrics only: no traces, no logs, nothing detected or instrumented.
 * A collector that is away costs points, never alerts.
 */
export async function startOtlpMetrics(
  options: OtlpMetricsOptions,
): Promise<{ close(): Promise<void> }> {
  const reader = new PeriodicExportingMetricReader({
    exporter: await makeExporter(options),
    exportIntervalMillis: options.intervalMs,
    exportTimeoutMillis: Math.min(options.intervalMs, 10_000),
  });
  const sdk = new NodeSDK({
    resource: defaultResource().merge(
      resourceFromAttributes({ 'service.name': 'saker', 'host.name': options.host }),
    ),
    autoDetectResources: false,
    textMapPropagator: null,
    metricReaders: [reader],
    // Said explicitly: left out, the SDK looks into the environment and sends traces to localhost.
    spanProcessors: [],
    logRecordProcessors: [],
    instrumentations: [],
  });
  sdk.start();
  // After the SDK, which may have put its own in place.
  listenToOtel(options.logger);
  await observe(metrics.getMeter('saker'), options.source);
  return {
    close: () =>
      sdk.shutdown().catch((error: unknown) => {
        options.logger.debug('the last metrics were not sent', { error: String(error) });
      }),
  };
}

/** Makes an instrument for each family of the source, new ones as they appear, and reads all of them together. */
async function observe(meter: Meter, source: MetricsSource): Promise<void> {
  const instruments = new Map<string, Observable>();
  const read = async (result: BatchObservableResult): Promise<void> => {
    for (const metric of await source.collect()) {
      const instrument = instruments.get(metric.name);
      if (!instrument) add(metric);
      else
        for (const { labels, value } of metric.samples) result.observe(instrument, value, labels);
    }
  };
  const add = (metric: Metric): void => {
    const settings = { description: metric.help, unit: unitOf(metric.name) };
    const name = metric.name.replace('saker_', 'saker.');
    const instrument =
      metric.type === 'counter'
        ? meter.createObservableCounter(name, settings)
        : meter.createObservableGauge(name, settings);
    instruments.set(metric.name, instrument);
    // What a callback may observe is fixed when it is registered.
    meter.removeBatchObservableCallback(read, [...instruments.values()].slice(0, -1));
    meter.addBatchObservableCallback(read, [...instruments.values()]);
  };
  for (const metric of await source.collect()) add(metric);
}

/** UCUM, from the ending of the name. */
function unitOf(name: string): string {
  if (name.endsWith('_bytes')) return 'By';
  return name.endsWith('_seconds') ? 's' : '1';
}

async function makeExporter(options: OtlpMetricsOptions): Promise<PushMetricExporter> {
  if (options.protocol === 'http') {
    const { OTLPMetricExporter } = await import('@opentelemetry/exporter-metrics-otlp-proto');
    return new OTLPMetricExporter(httpConnection(options, '/v1/metrics'));
  }
  const { OTLPMetricExporter } = await import('@opentelemetry/exporter-metrics-otlp-grpc');
  return new OTLPMetricExporter(await grpcConnection(options));
}
