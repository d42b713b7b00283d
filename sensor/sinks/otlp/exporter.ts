import { readFileSync } from 'node:fs';
import { OTLPLogExporter as HttpLogExporter } from '@opentelemetry/exporter-logs-otlp-proto';
import type { LogRecordExporter } from '@opentelemetry/sdk-logs';
import type { OtlpSinkOptions } from './options.js';

/** The exporter for a sink; gRPC is loaded only where it is used. */
export async function makeExporter(options: OtlpSinkOptions): Promise<LogRecordExporter> {
  return options.protocol === 'http' ? overHttp(options) : overGrpc(options);
}

function overHttp(options: OtlpSinkOptions): LogRecordExporter {
  const { tls } = options;
  return new HttpLogExporter({
    url: logsUrl(options.endpoint),
    headers: { ...options.headers },
    timeoutMillis: options.requestTimeoutMs,
    compression: options.compression as CompressionOption,
    ...(tls
      ? {
          httpAgentOptions: {
            keepAlive: true,
            ...(tls.ca === null ? {} : { ca: readFileSync(tls.ca) }),
            ...(tls.cert === null ? {} : { cert: readFileSync(tls.cert) }),
            ...(tls.key === null ? {} : { key: readFileSync(tls.key) }),
            ...(tls.serverName === null ? {} : { servername: tls.serverName }),
          },
        }
      : {}),
  });
}

async function overGrpc(options: OtlpSinkOptions): Promise<LogRecordExporter> {
  const [{ OTLPLogExporter }, { credentials, Metadata }] = await Promise.all([
    import('@opentelemetry/exporter-logs-otlp-grpc'),
    import('@grpc/grpc-js'),
  ]);
  const metadata = new Metadata();
  for (const [key, value] of Object.entries(options.headers)) metadata.set(key, value);
  const { tls } = options;
  const read = (path: string | null) => (path === null ? null : readFileSync(path));
  return new OTLPLogExporter({
    url: options.endpoint,
    metadata,
    timeoutMillis: options.requestTimeoutMs,
    compression: options.compression as CompressionOption,
    ...(tls
      ? { credentials: credentials.createSsl(read(tls.ca), read(tls.key), read(tls.cert)) }
      : {}),
  });
}

/** The exporters' enum of the same texts lies in a package of its own. */
type CompressionOption = NonNullable<
  NonNullable<ConstructorParameters<typeof HttpLogExporter>[0]>['compression']
>;

/** `http://collector:4318` and `http://collector:4318/v1/logs` mean the same. */
function logsUrl(endpoint: string): string {
  const url = new URL(endpoint);
  if (!url.pathname.endsWith('/v1/logs'))
    url.pathname = `${url.pathname.replace(/\/$/, '')}/v1/logs`;
  return url.href;
}
