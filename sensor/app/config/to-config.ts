import { PRIORITIES, type Priority } from '../../lang/ir.js';
import type { Selection } from '../../lang/index.js';
import type { TlsFiles } from '../../sinks/index.js';
import { parseGuard } from './guard.js';
import type { CaptureConfig, Config, OutputConfig, RouteConfig, SinkConfig } from './types.js';

/** The validated file: as the schema says, defaults in place; null where nothing is set. */
export interface Raw {
  readonly run_dir: string;
  readonly host_root: string;
  readonly cgroup: string | null;
  readonly log: Config['log'];
  readonly rules: {
    readonly files: readonly string[];
    readonly compat: 'falco' | 'strict';
    readonly matching: 'first' | 'all' | null;
    readonly select: readonly RawSelected[];
    readonly min_priority: string;
    readonly disable: { readonly tags: readonly string[]; readonly rules: readonly string[] };
  };
  readonly spool: { readonly dir: string; readonly max_bytes: number };
  readonly output: {
    readonly iso_8601: boolean;
    readonly hostname: string | null;
    readonly json: {
      readonly output: boolean;
      readonly message: boolean;
      readonly tags: boolean;
      readonly output_fields: boolean;
    };
    readonly append: readonly RawAppend[];
    readonly static_fields: Readonly<Record<string, string>> | null;
  };
  readonly sinks: readonly RawSink[];
  readonly metrics: {
    readonly listen: string;
    readonly otlp: {
      readonly endpoint: string;
      readonly protocol: 'http' | 'grpc';
      readonly headers: Readonly<Record<string, string>> | null;
      readonly tls: RawTls | null;
      readonly interval_seconds: number;
    } | null;
  };
  readonly enforce: {
    readonly enabled: boolean;
    readonly on_exit: 'release' | 'keep';
    readonly heartbeat_seconds: number;
    readonly interfaces: readonly string[];
    readonly guard: readonly string[];
  };
  readonly capture: {
    readonly enabled: boolean;
    readonly path_prefix: string;
    readonly mode: 'rules' | 'all_rules';
    readonly default_duration: number;
    readonly max_file_size_mb: number;
    readonly max_files: number;
  };
}

interface RawAppend {
  readonly match: {
    readonly rule: string | null;
    readonly source: string | null;
    readonly tags: readonly string[];
  };
  readonly extra_output: string | null;
  readonly extra_fields: readonly string[];
  readonly extra_formatted_fields: Readonly<Record<string, string>> | null;
  readonly suggested_output: boolean;
}

/** Both null: not given. */
interface RawChosen {
  readonly rule: string | null;
  readonly tag: string | null;
}

interface RawSelected {
  readonly enable: RawChosen;
  readonly disable: RawChosen;
}

interface RawTls {
  readonly ca: string | null;
  readonly cert: string | null;
  readonly key: string | null;
  readonly server_name: string | null;
}

type RawSink = {
  readonly name: string;
  readonly route: Omit<RouteConfig, 'minPriority'> & { readonly min_priority: string };
} & (
  | {
      readonly type: 'stdout';
      readonly format: 'text' | 'json';
      readonly color: 'auto' | 'always' | 'never';
    }
  | {
      readonly type: 'file';
      readonly path: string;
      readonly format: 'text' | 'json';
      readonly fsync: boolean;
    }
  | {
      readonly type: 'kafka';
      readonly brokers: readonly string[];
      readonly topic: string;
      readonly key: 'host' | 'pod';
      readonly compression: 'none' | 'gzip' | 'zstd';
      readonly client_id: string;
      readonly request_timeout_seconds: number;
      readonly tls: RawTls | null;
      readonly sasl: {
        readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
        readonly username: string;
        readonly password: string;
      } | null;
    }
  | {
      readonly type: 'otlp';
      readonly endpoint: string;
      readonly protocol: 'http' | 'grpc';
      readonly compression: 'none' | 'gzip';
      readonly headers: Readonly<Record<string, string>> | null;
      readonly request_timeout_seconds: number;
      readonly resource: Readonly<Record<string, string>> | null;
      readonly tls: RawTls | null;
    }
);

/** The validated file as the program sees it: names and units of its own. */
export function toConfig(raw: Raw): Config {
  const { metrics, enforce, rules } = raw;
  return {
    runDir: raw.run_dir,
    hostRoot: raw.host_root,
    cgroup: raw.cgroup,
    log: raw.log,
    rules: {
      files: rules.files,
      compat: rules.compat,
      matching: rules.matching ?? (rules.compat === 'strict' ? 'all' : 'first'),
      select: rules.select.flatMap(toSelection),
      minPriority: toPriority(rules.min_priority),
      disableTags: rules.disable.tags,
      disableRules: rules.disable.rules,
    },
    spool: { dir: raw.spool.dir, maxBytes: raw.spool.max_bytes },
    output: toOutput(raw.output),
    sinks: raw.sinks.map(toSink),
    metrics: {
      listen: metrics.listen === 'off' ? null : toListen(metrics.listen),
      otlp: metrics.otlp && {
        endpoint: metrics.otlp.endpoint,
        protocol: metrics.otlp.protocol,
        headers: metrics.otlp.headers ?? {},
        tls: toTls(metrics.otlp.tls),
        intervalMs: metrics.otlp.interval_seconds * 1000,
      },
    },
    enforce: {
      enabled: enforce.enabled,
      onExit: enforce.on_exit,
      heartbeatSeconds: enforce.heartbeat_seconds,
      interfaces: enforce.interfaces,
      guard: enforce.guard.flatMap((text) => parseGuard(text) ?? []),
    },
    capture: raw.capture.enabled ? toCapture(raw.capture) : null,
  };
}

function toCapture(capture: Raw['capture']): CaptureConfig {
  return {
    pathPrefix: capture.path_prefix,
    mode: capture.mode,
    defaultDurationMs: capture.default_duration,
    maxFileBytes: capture.max_file_size_mb * 2 ** 20,
    maxFiles: capture.max_files,
  };
}

function toOutput(raw: Raw['output']): OutputConfig {
  const { output_fields: outputFields, ...json } = raw.json;
  return {
    iso8601: raw.iso_8601,
    hostname: raw.hostname,
    json: { ...json, outputFields },
    append: raw.append.map(({ match, extra_output: text, ...entry }) => ({
      ...(match.rule === null ? {} : { rule: match.rule }),
      ...(match.source === null ? {} : { source: match.source }),
      tags: match.tags,
      ...(text === null ? {} : { text }),
      fields: entry.extra_fields,
      formatted: entry.extra_formatted_fields ?? {},
      suggested: entry.suggested_output,
    })),
    staticFields: raw.static_fields ?? {},
  };
}

function toSelection({ enable, disable }: RawSelected): Selection[] {
  const entry = (operation: Selection['operation'], { rule, tag }: RawChosen): Selection[] =>
    rule === null && tag === null
      ? []
      : [{ operation, ...(rule === null ? {} : { rule }), ...(tag === null ? {} : { tag }) }];
  return [...entry('enable', enable), ...entry('disable', disable)];
}

function toSink(raw: RawSink): SinkConfig {
  const { min_priority, tags, rules, kinds } = raw.route;
  const route: RouteConfig = { minPriority: toPriority(min_priority), tags, rules, kinds };
  const { name } = raw;
  switch (raw.type) {
    case 'stdout':
      return { type: raw.type, name, route, format: raw.format, color: raw.color };
    case 'file':
      return { type: raw.type, name, route, path: raw.path, format: raw.format, fsync: raw.fsync };
    case 'kafka':
      return {
        type: raw.type,
        name,
        route,
        brokers: raw.brokers,
        topic: raw.topic,
        key: raw.key,
        compression: raw.compression,
        clientId: raw.client_id,
        requestTimeoutMs: raw.request_timeout_seconds * 1000,
        tls: toTls(raw.tls),
        sasl: raw.sasl,
      };
    case 'otlp':
      return {
        type: raw.type,
        name,
        route,
        endpoint: raw.endpoint,
        protocol: raw.protocol,
        compression: raw.compression,
        headers: raw.headers ?? {},
        requestTimeoutMs: raw.request_timeout_seconds * 1000,
        resource: raw.resource ?? {},
        tls: toTls(raw.tls),
      };
  }
}

function toTls(raw: RawTls | null): TlsFiles | null {
  return raw && { ca: raw.ca, cert: raw.cert, key: raw.key, serverName: raw.server_name };
}

/** Spelled in lower case in the file; the schema has checked it. */
function toPriority(text: string): Priority {
  return PRIORITIES.find((name) => name.toLowerCase() === text) ?? 'Debug';
}

function toListen(text: string): { host: string; port: number } {
  const colon = text.lastIndexOf(':');
  return {
    host: text.slice(0, colon).replace(/^\[(.*)\]$/, '$1'),
    port: Number(text.slice(colon + 1)),
  };
}
