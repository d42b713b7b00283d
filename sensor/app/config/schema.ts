import { DEFAULT_CAP_BYTES } from '../../spool/index.js';
import { PRIORITIES } from '../../lang/ir.js';

/**
 * The part of JSON Schema (draft 2020-12) that the configuration uses, and that `validate.ts` understands.
 * `writeOnly` marks secrets: they may come from a file, and `saker config show` masks them.
 */
export interface Schema {
  readonly $schema?: string;
  readonly $id?: string;
  readonly title?: string;
  readonly description?: string;
  readonly type?: 'object' | 'array' | 'string' | 'integer' | 'boolean';
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: false | Schema;
  readonly items?: Schema;
  readonly minItems?: number;
  readonly uniqueItems?: boolean;
  readonly enum?: readonly string[];
  readonly const?: string;
  readonly pattern?: string;
  readonly minLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
  readonly writeOnly?: boolean;
  /** Alternatives told apart by the `const` of their property `type`. */
  readonly oneOf?: readonly Schema[];
}

const priority = (description: string): Schema => ({
  type: 'string',
  enum: PRIORITIES.map((name) => name.toLowerCase()),
  default: 'debug',
  description,
});

const seconds = (description: string, fallback: number, maximum = 3600): Schema => ({
  type: 'integer',
  minimum: 1,
  maximum,
  default: fallback,
  description,
});

const strings = (description: string, examples: readonly string[] = []): Schema => ({
  type: 'array',
  items: { type: 'string', minLength: 1 },
  default: [],
  description,
  ...(examples.length > 0 ? { examples: [examples] } : {}),
});

const absolutePath = (description: string): Schema => ({
  type: 'string',
  pattern: '^/',
  description,
});

const tls: Schema = {
  type: 'object',
  description: 'Encrypt the connection. An empty object trusts the system’s authorities.',
  additionalProperties: false,
  properties: {
    ca: absolutePath('PEM file of the authorities to trust instead of the system’s.'),
    cert: absolutePath('PEM file of the client’s certificate; needs `key`.'),
    key: absolutePath('PEM file of the client’s private key.'),
    server_name: {
      type: 'string',
      minLength: 1,
      description: 'Name to expect in the peer’s certificate.',
    },
  },
};

const format: Schema = {
  type: 'string',
  enum: ['text', 'json'],
  default: 'text',
  description: 'A line for people, or Falco’s JSON with our id.',
};

const included = (what: string, falco: string, fallback: boolean): Schema => ({
  type: 'boolean',
  default: fallback,
  description: `${what} (Falco’s json_include_${falco}).`,
});

const appendEntry: Schema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    match: {
      type: 'object',
      description: 'Which rules; all conditions must hold, without any every rule fits.',
      additionalProperties: false,
      properties: {
        rule: { type: 'string', minLength: 1, description: 'Name; `*` stands for any text.' },
        source: { type: 'string', minLength: 1 },
        tags: strings('All of these tags.'),
      },
    },
    extra_output: {
      type: 'string',
      minLength: 1,
      description: 'Text behind the message.',
      examples: ['pod=%k8s.pod.uid'],
    },
    extra_fields: strings('Fields for output_fields alone.', ['proc.exe_ino']),
    extra_formatted_fields: {
      type: 'object',
      additionalProperties: { type: 'string' },
      description: 'Members of output_fields made from text with %fields.',
      examples: [{ who: '%user.name (%user.uid)' }],
    },
    suggested_output: {
      type: 'boolean',
      default: true,
      description:
        'Add container_id=%container.id and what else says which container and pod it was.',
    },
  },
};

const selected: Schema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    rule: { type: 'string', minLength: 1, description: 'Name; `*` stands for any text.' },
    tag: { type: 'string', minLength: 1 },
  },
};

const sinkBase: Readonly<Record<string, Schema>> = {
  name: {
    type: 'string',
    pattern: '^[a-z0-9][a-z0-9_-]{0,62}$',
    description:
      'Names the sink in status, metrics and its cursor file. A new name starts with new alerts.',
  },
  route: {
    type: 'object',
    description: 'Which alerts go here. All conditions must hold; without any, everything does.',
    additionalProperties: false,
    properties: {
      min_priority: priority('This severe or more.'),
      tags: strings('At least one of these tags.', ['network', 'mitre_execution']),
      rules: strings('Rule names; `*` stands for any text.', ['Shell *']),
      kinds: {
        type: 'array',
        items: { type: 'string', enum: ['rule', 'verdict', 'internal'] },
        default: [],
        description:
          'rule: a rule matched; verdict: a block, real or audited; internal: the sensor about itself.',
      },
    },
  },
};

const sinkRequired = ['name', 'type'];

const stdoutSink: Schema = {
  type: 'object',
  title: 'Standard output',
  additionalProperties: false,
  required: sinkRequired,
  properties: {
    ...sinkBase,
    type: { const: 'stdout' },
    format,
    color: {
      type: 'string',
      enum: ['auto', 'always', 'never'],
      default: 'auto',
      description: 'auto: on a terminal, unless NO_COLOR is set.',
    },
  },
};

const fileSink: Schema = {
  type: 'object',
  title: 'File',
  additionalProperties: false,
  required: [...sinkRequired, 'path'],
  properties: {
    ...sinkBase,
    type: { const: 'file' },
    path: absolutePath('Appended to; opened anew when renamed away, or on SIGUSR1.'),
    format: { ...format, default: 'json' },
    fsync: { type: 'boolean', default: false, description: 'fdatasync after each batch.' },
  },
};

const kafkaSink: Schema = {
  type: 'object',
  title: 'Apache Kafka',
  additionalProperties: false,
  required: [...sinkRequired, 'brokers', 'topic'],
  properties: {
    ...sinkBase,
    type: { const: 'kafka' },
    brokers: {
      type: 'array',
      minItems: 1,
      items: { type: 'string', pattern: '^.+:[0-9]{1,5}$' },
      description: 'host:port of some brokers; the others are found through them.',
      examples: [['kafka-1:9092', 'kafka-2:9092']],
    },
    topic: { type: 'string', pattern: '^[a-zA-Z0-9._-]{1,249}$', description: 'Must exist.' },
    key: {
      type: 'string',
      enum: ['host', 'pod'],
      default: 'host',
      description:
        'What orders alerts within a partition: the host, or the pod’s uid (the host where there is none).',
    },
    compression: { type: 'string', enum: ['none', 'gzip', 'zstd'], default: 'zstd' },
    client_id: { type: 'string', minLength: 1, default: 'saker' },
    request_timeout_seconds: seconds('Longest wait for a broker’s answer.', 10, 300),
    tls,
    sasl: {
      type: 'object',
      additionalProperties: false,
      required: ['mechanism', 'username', 'password'],
      properties: {
        mechanism: { type: 'string', enum: ['plain', 'scram-sha-256', 'scram-sha-512'] },
        username: { type: 'string', minLength: 1 },
        password: {
          type: 'string',
          minLength: 1,
          writeOnly: true,
          description: '`file:/path` reads it from a file, `${NAME}` from the environment.',
        },
      },
    },
  },
};

const otlpProtocol: Schema = {
  type: 'string',
  enum: ['http', 'grpc'],
  default: 'http',
  description: 'http: protobuf over HTTP.',
};

const headers: Schema = {
  type: 'object',
  additionalProperties: { type: 'string', writeOnly: true },
  description:
    'Sent with each request, for instance `authorization`. Values may be `file:/path` or `${NAME}`.',
};

const otlpSink: Schema = {
  type: 'object',
  title: 'OpenTelemetry logs (OTLP)',
  additionalProperties: false,
  required: [...sinkRequired, 'endpoint'],
  properties: {
    ...sinkBase,
    type: { const: 'otlp' },
    endpoint: {
      type: 'string',
      pattern: '^https?://',
      description: 'For http, `/v1/logs` is added unless it is there.',
      examples: ['http://127.0.0.1:4318', 'http://127.0.0.1:4317'],
    },
    protocol: otlpProtocol,
    compression: { type: 'string', enum: ['none', 'gzip'], default: 'gzip' },
    headers,
    request_timeout_seconds: seconds('Longest wait for the collector’s answer.', 10, 300),
    resource: {
      type: 'object',
      additionalProperties: { type: 'string' },
      description: 'Further attributes of the resource.',
      examples: [{ 'deployment.environment.name': 'production' }],
    },
    tls,
  },
};

const DEFAULT_SINKS = [{ name: 'terminal', type: 'stdout' }];

/** The configuration file. Printed by `saker config schema`. */
export const CONFIG_SCHEMA: Schema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'Configuration of saker',
  type: 'object',
  additionalProperties: false,
  properties: {
    run_dir: { ...absolutePath('Control socket and lock.'), default: '/run/saker' },
    host_root: {
      ...absolutePath('Where the host’s file system is seen, for a sensor in a container.'),
      default: '/',
    },
    cgroup: absolutePath(
      'Watch only this cgroup v2 directory and what is below it. Absent: the whole host.',
    ),
    log: {
      type: 'object',
      description: 'The sensor’s own log, on standard error.',
      additionalProperties: false,
      properties: {
        level: { type: 'string', enum: ['error', 'warn', 'info', 'debug'], default: 'info' },
        format: { type: 'string', enum: ['text', 'json'], default: 'text' },
      },
    },
    rules: {
      type: 'object',
      additionalProperties: false,
      properties: {
        files: strings(
          'Rule files and directories, in order. Empty: the rules that come with saker.',
          ['/etc/saker/rules.d'],
        ),
        compat: {
          type: 'string',
          enum: ['falco', 'strict'],
          default: 'falco',
          description:
            'falco: what surprises in Falco’s language keeps its meaning, with a warning. strict: it means what it seems to.',
        },
        matching: {
          type: 'string',
          enum: ['first', 'all'],
          description:
            'Whether an event is told of by the first rule that matches or by all (Falco’s rule_matching). Absent: first, with compat strict all.',
        },
        select: {
          type: 'array',
          default: [],
          description:
            'Rules switched on and off, in order, whatever their `enabled` says (Falco’s `rules`).',
          examples: [[{ disable: { rule: '*' } }, { enable: { tag: 'network' } }]],
          items: {
            type: 'object',
            additionalProperties: false,
            properties: { enable: selected, disable: selected },
          },
        },
        min_priority: priority('Rules less severe are not loaded (Falco’s priority).'),
        disable: {
          type: 'object',
          additionalProperties: false,
          properties: {
            tags: strings('Rules with one of these tags.'),
            rules: strings('Rules by name; `*` stands for any text.'),
          },
        },
      },
    },
    spool: {
      type: 'object',
      description: 'Alerts on disk, from where the sinks are served.',
      additionalProperties: false,
      properties: {
        dir: { ...absolutePath('One sensor’s own.'), default: '/var/lib/saker/spool' },
        max_bytes: {
          type: 'integer',
          minimum: 1_048_576,
          default: DEFAULT_CAP_BYTES,
          description:
            'When full, the oldest alerts of the lowest severity go first, and an alert says so.',
        },
      },
    },
    output: {
      type: 'object',
      additionalProperties: false,
      properties: {
        iso_8601: {
          type: 'boolean',
          default: false,
          description: 'Times in text as UTC with the date (Falco’s time_format_iso_8601).',
        },
        hostname: {
          type: 'string',
          minLength: 1,
          description: 'Instead of the host’s name; also value of evt.hostname.',
        },
        json: {
          type: 'object',
          description: 'Parts of JSON alerts, in every sink that writes them.',
          additionalProperties: false,
          properties: {
            output: included('`output`: time, priority and message', 'output_property', true),
            message: included('`message`: the message alone', 'message_property', false),
            tags: included('`tags`', 'tags_property', true),
            output_fields: included('`output_fields`', 'output_fields_property', true),
          },
        },
        append: {
          type: 'array',
          description: 'Additions to the outputs of rules that fit (Falco’s append_output).',
          items: appendEntry,
          default: [],
        },
        static_fields: {
          type: 'object',
          additionalProperties: { type: 'string' },
          description: 'Values of static.KEY in conditions and outputs.',
          examples: [{ cluster: 'lab' }],
        },
      },
    },
    sinks: {
      type: 'array',
      description: 'Where alerts go; several of a kind are fine.',
      items: { oneOf: [stdoutSink, fileSink, kafkaSink, otlpSink] },
      default: DEFAULT_SINKS,
    },
    metrics: {
      type: 'object',
      additionalProperties: false,
      properties: {
        listen: {
          type: 'string',
          pattern: '^(off|.+:[0-9]{1,5})$',
          default: '127.0.0.1:9764',
          description: '/metrics, /healthz, /readyz on this address; `off`: nowhere.',
        },
        otlp: {
          type: 'object',
          description: 'The sensor’s own metrics by OTLP too.',
          additionalProperties: false,
          required: ['endpoint'],
          properties: {
            endpoint: { type: 'string', pattern: '^https?://' },
            protocol: otlpProtocol,
            headers,
            tls,
            interval_seconds: seconds('Between two exports.', 30),
          },
        },
      },
    },
    capture: {
      type: 'object',
      description:
        'Captures that rules begin, for `saker replay` (Falco’s capture): every event from the alert on.',
      additionalProperties: false,
      properties: {
        enabled: {
          type: 'boolean',
          default: false,
          description: 'false: `capture: true` of a rule has no effect.',
        },
        path_prefix: {
          ...absolutePath(
            'Begin of the files’ names; the time and number of the event and `.skr` are added.',
          ),
          default: '/var/lib/saker/captures/saker',
        },
        mode: {
          type: 'string',
          enum: ['rules', 'all_rules'],
          default: 'rules',
          description: 'rules: those with `capture: true` begin a capture; all_rules: every rule.',
        },
        default_duration: {
          type: 'integer',
          minimum: 1,
          maximum: 86_400_000,
          default: 5000,
          description:
            'Milliseconds, where the rule has no `capture_duration`. Further alerts make a capture longer.',
        },
        max_file_size_mb: {
          type: 'integer',
          minimum: 8,
          maximum: 65_536,
          default: 128,
          description: 'A capture ends when its file is full; an alert says so.',
        },
        max_files: {
          type: 'integer',
          minimum: 1,
          maximum: 10_000,
          default: 16,
          description: 'Files kept under this prefix: the oldest goes first.',
        },
      },
    },
    enforce: {
      type: 'object',
      description: 'How rules with an action are put into force.',
      additionalProperties: false,
      properties: {
        enabled: {
          type: 'boolean',
          default: true,
          description:
            'false: nothing is attached. Rules that enforce are refused at start; those in audit mode report nothing, with a warning.',
        },
        on_exit: {
          type: 'string',
          enum: ['release', 'keep'],
          default: 'release',
          description:
            'What becomes of blocks when the sensor has ended, died or hangs. release: they end with it. keep: they stay in force, pinned on the BPF file system (/sys/fs/bpf), until the next sensor takes over or `saker net off`.',
        },
        heartbeat_seconds: seconds(
          'So long without a sign of the sensor, and on_exit applies.',
          5,
          300,
        ),
        interfaces: strings(
          'Further interfaces to judge packets at, besides the veths of processes in scope.',
          ['eth0'],
        ),
        guard: {
          type: 'array',
          items: {
            type: 'string',
            pattern: '^\\S+$',
            minLength: 1,
          },
          default: [],
          description:
            'Never blocked: addresses or prefixes, with or without a port. The sensor’s sinks are on the list by themselves.',
          examples: [['10.0.0.1:6443', '10.96.0.0/12', '[2001:db8::1]:9092']],
        },
      },
    },
  },
};
