/** Settings of an OpenTelemetry sink, as configured (`sinks[]` of the configuration file with `type: otlp`). */
export interface OtlpSinkOptions {
  readonly name: string;
  readonly endpoint: string;
  /** `http`: protobuf over HTTP. */
  readonly protocol: 'http' | 'grpc';
  readonly compression: 'none' | 'gzip';
  readonly headers: Readonly<Record<string, string>>;
  readonly requestTimeoutMs: number;
  /** Further attributes of the resource. */
  readonly resource: Readonly<Record<string, string>>;
  /** Paths of PEM files; null: the system's authorities, where the endpoint is https. */
  readonly tls: {
    readonly ca: string | null;
    readonly cert: string | null;
    readonly key: string | null;
    readonly serverName: string | null;
  } | null;
}
