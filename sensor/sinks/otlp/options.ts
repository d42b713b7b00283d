import type { OtlpPeer } from './connection.js';

/** Settings of an OpenTelemetry sink, as configured (`sinks[]` of the configuration file with `type: otlp`). */
export interface OtlpSinkOptions extends OtlpPeer {
  readonly name: string;
  /** `http`: protobuf over HTTP. */
  readonly protocol: 'http' | 'grpc';
  readonly compression: 'none' | 'gzip';
  readonly requestTimeoutMs: number;
  /** Further attributes of the resource. */
  readonly resource: Readonly<Record<string, string>>;
}
