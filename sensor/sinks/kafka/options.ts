import type { TlsFiles } from '../tls.js';

/** Settings of a Kafka sink, as configured (`sinks[]` of the configuration file with `type: kafka`). */
export interface KafkaSinkOptions {
  readonly name: string;
  readonly brokers: readonly string[];
  readonly topic: string;
  readonly key: 'host' | 'pod';
  readonly compression: 'none' | 'gzip' | 'zstd';
  readonly clientId: string;
  readonly requestTimeoutMs: number;
  /** Null: the connection is not encrypted. */
  readonly tls: TlsFiles | null;
  readonly sasl: {
    readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
    readonly username: string;
    readonly password: string;
  } | null;
}
