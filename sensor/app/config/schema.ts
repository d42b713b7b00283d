import { DEFAULT_CAP_BYTES } from '../../spool/index.js';
import {
  absolutePath,
  endpoint,
  headers,
  otlpProtocol,
  priority,
  seconds,
  strings,
  tls,
  type Schema,
} from './schema-parts.js';
import { anySink, DEFAULT_SINKS } from './schema-sinks.js';

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
      items: anySink,
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
          examples: ['127.0.0.1:9764'],
        },
        otlp: {
          type: 'object',
          description: 'The sensor’s own metrics by OTLP too.',
          additionalProperties: false,
          required: ['endpoint'],
          properties: {
            endpoint: endpoint(),
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
