/** Settings of a Kafka sink, as configured (`sinks[]` of the configuration file with `type: kafka`). */
export interface KafkaSinkOptions {
  readonly name: string;
  readonly brokers: readonly string[];
  readonly topic: string;
  readonly key: 'host' | 'pod';
  readonly compression: 'none' | 'gzip' | 'zstd';
  readonly clientId: string;
  readonly requestTimeoutMs: number;
  /** Paths of PEM files; null: the connection is not encrypted. */
  readonly tls: {
    readonly ca: string | null;
    readonly cert: string | null;
    readonly key: string | null;
    readonly serverName: string | null;
  } | null;
  readonly sasl: {
    readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
    readonly username: string;
    readonly password: string;
  } | null;
}
