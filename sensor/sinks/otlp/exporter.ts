import { OTLPLogExporter as HttpLogExporter } from '@opentelemetry/exporter-logs-otlp-proto';
import type { LogRecordExporter } from '@opentelemetry/sdk-logs';
import { grpcConnection, httpConnection } from './connection.js';
import type { OtlpSinkOptions } from './options.js';

/** The exporter for a sink; gRPC is loaded only where it is used. */
export async function makeExporter(options: OtlpSinkOptions): Promise<LogRecordExporter> {
  const common = {
    timeoutMillis: options.requestTimeoutMs,
    compression: options.compression as CompressionOption,
  };
  if (options.protocol === 'http') {
    return new HttpLogExporter({ ...httpConnection(options, '/v1/logs'), ...common });
  }
  const { OTLPLogExporter } = await import('@opentelemetry/exporter-logs-otlp-grpc');
  return new OTLPLogExporter({ ...(await grpcConnection(options)), ...common });
}

/** The exporters' enum of the same texts lies in a package of its own. */
type CompressionOption = NonNullable<
  NonNullable<ConstructorParameters<typeof HttpLogExporter>[0]>['compression']
>;
