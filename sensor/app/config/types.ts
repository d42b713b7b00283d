import type { LogLevel } from '../../core/index.js';
import type { AppendOutput } from '../../lang/index.js';
import type { Priority } from '../../lang/ir.js';
import type { Selection } from '../../lang/index.js';
import type { TlsFiles } from '../../sinks/index.js';

/** A checked configuration: every default filled in, every secret read. Frozen. */
export interface Config {
  readonly runDir: string;
  readonly hostRoot: string;
  /** A cgroup v2 directory, or null: the whole host. */
  readonly cgroup: string | null;
  readonly log: { readonly level: LogLevel; readonly format: 'text' | 'json' };
  readonly rules: RulesConfig;
  readonly spool: { readonly dir: string; readonly maxBytes: number };
  readonly output: OutputConfig;
  readonly sinks: readonly SinkConfig[];
  readonly metrics: MetricsConfig;
  readonly enforce: EnforceConfig;
  /** Null: rules begin no captures. */
  readonly capture: CaptureConfig | null;
}

/** Captures that rules begin. */
export interface CaptureConfig {
  /** Of their files; `_TIME_NUMBER.skr` is added. */
  readonly pathPrefix: string;
  /** rules: those with `capture: true`; all_rules: every rule. */
  readonly mode: 'rules' | 'all_rules';
  /** Of rules that say nothing. */
  readonly defaultDurationMs: number;
  readonly maxFileBytes: number;
  /** Files kept; the oldest goes first. */
  readonly maxFiles: number;
}

/** How alerts are worded. */
export interface OutputConfig {
  readonly iso8601: boolean;
  readonly hostname: string | null;
  /** Parts of JSON alerts. */
  readonly json: {
    readonly output: boolean;
    readonly message: boolean;
    readonly tags: boolean;
    readonly outputFields: boolean;
  };
  readonly append: readonly AppendOutput[];
  /** Values of `static.KEY`. */
  readonly staticFields: Readonly<Record<string, string>>;
}

export interface RulesConfig {
  /** Files and directories; empty: the shipped rules. */
  readonly files: readonly string[];
  /** Are Falco's traps kept, or fixed? */
  readonly compat: 'falco' | 'strict';
  readonly matching: 'first' | 'all';
  /** In order; before `disableTags` and `disableRules`. */
  readonly select: readonly Selection[];
  readonly minPriority: Priority;
  readonly disableTags: readonly string[];
  /** Names, `*` for any text. */
  readonly disableRules: readonly string[];
}

export interface RouteConfig {
  readonly minPriority: Priority;
  /** Empty: any. So are the next two. */
  readonly tags: readonly string[];
  readonly rules: readonly string[];
  readonly kinds: readonly ('rule' | 'verdict' | 'internal')[];
}

export type SinkConfig = StdoutSinkConfig | FileSinkConfig | KafkaSinkConfig | OtlpSinkConfig;

interface SinkBase {
  readonly name: string;
  readonly route: RouteConfig;
}

export interface StdoutSinkConfig extends SinkBase {
  readonly type: 'stdout';
  readonly format: 'text' | 'json';
  readonly color: 'auto' | 'always' | 'never';
}

export interface FileSinkConfig extends SinkBase {
  readonly type: 'file';
  readonly path: string;
  readonly format: 'text' | 'json';
  readonly fsync: boolean;
}

export interface KafkaSinkConfig extends SinkBase {
  readonly type: 'kafka';
  readonly brokers: readonly string[];
  readonly topic: string;
  readonly key: 'host' | 'pod';
  readonly compression: 'none' | 'gzip' | 'zstd';
  readonly clientId: string;
  readonly requestTimeoutMs: number;
  readonly tls: TlsFiles | null;
  readonly sasl: {
    readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
    readonly username: string;
    readonly password: string;
  } | null;
}

export interface OtlpSinkConfig extends SinkBase {
  readonly type: 'otlp';
  readonly endpoint: string;
  readonly protocol: 'http' | 'grpc';
  readonly compression: 'none' | 'gzip';
  readonly headers: Readonly<Record<string, string>>;
  readonly requestTimeoutMs: number;
  readonly resource: Readonly<Record<string, string>>;
  readonly tls: TlsFiles | null;
}

export interface MetricsConfig {
  /** Null: no HTTP. */
  readonly listen: { readonly host: string; readonly port: number } | null;
  readonly otlp: {
    readonly endpoint: string;
    readonly protocol: 'http' | 'grpc';
    readonly headers: Readonly<Record<string, string>>;
    readonly tls: TlsFiles | null;
    readonly intervalMs: number;
  } | null;
}

export interface EnforceConfig {
  readonly enabled: boolean;
  readonly onExit: 'release' | 'keep';
  readonly heartbeatSeconds: number;
  readonly interfaces: readonly string[];
  /** Never blocked, beside the sensor's own peers. */
  readonly guard: readonly GuardEntry[];
}

export interface GuardEntry {
  /** Textual address, without brackets. */
  readonly address: string;
  /** Length of the prefix. */
  readonly bits: number;
  /** Null: every port. */
  readonly port: number | null;
}
