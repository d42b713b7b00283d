import { PRIORITIES } from '../../lang/index.js';

type Schema = Readonly<Record<string, unknown>>;

const text = (description: string, more: Schema = {}): Schema => ({
  type: 'string',
  minLength: 1,
  description,
  ...more,
});
const flag = (description: string, fallback: boolean): Schema => ({
  type: 'boolean',
  default: fallback,
  description,
});
const choice = (description: string, words: readonly string[], more: Schema = {}): Schema => ({
  enum: words,
  description,
  ...more,
});
/** YAML reads `1` and `true` as numbers and booleans; the loader takes every scalar by its text. */
const SCALAR: Schema = { type: ['string', 'number', 'boolean'] };
const scalars = (description: string): Schema => ({ type: 'array', items: SCALAR, description });

const APPEND: Schema = {
  type: 'boolean',
  description: 'Deprecated: use override.',
  deprecated: true,
};

const priorityWords = [...PRIORITIES.map((name) => name.toUpperCase()), 'INFO'];
/** Every word in any case: JSON Schema's patterns have no flag for it. */
const anyCase = (word: string): string =>
  [...word].map((char) => `[${char.toUpperCase()}${char.toLowerCase()}]`).join('');

const operation = (...words: ('append' | 'replace')[]): Schema => choice('What happens to the key.', words);

function overrides(appendable: readonly string[], replaceable: readonly string[]): Schema {
  const entries = replaceable.map((key) => [
    key,
    appendable.includes(key) ? operation('append', 'replace') : operation('replace'),
  ]);
  return {
    type: 'object',
    minProperties: 1,
    additionalProperties: false,
    properties: Object.fromEntries(entries) as Schema,
    description: 'Changes an item that was defined before, key by key; every key given needs an entry here.',
  };
}

const EXCEPTION: Schema = {
  type: 'object',
  required: ['name'],
  properties: {
    name: text('Appends refer to it.'),
    fields: {
      anyOf: [SCALAR, scalars('Fields, in the order of the values.')],
      description: 'The fields that the values are about.',
    },
    comps: {
      anyOf: [SCALAR, scalars('One operator for each field.')],
      description: 'Operators; default: = for each of several fields, in for a single one.',
    },
    values: { type: 'array', description: 'Tuples, or single values where fields is no list.' },
  },
};

const CONDITION = text(
  'When the rule matches: checks joined by and, or, not. Begin with evt.type. `saker fields` lists the fields, grammar/README.md the language.',
);

const APPENDABLE = ['condition', 'output', 'desc', 'tags', 'exceptions'];
const REPLACEABLE = [
  ...APPENDABLE,
  'priority',
  'capture',
  'capture_duration',
  'enabled',
  'warn_evttypes',
  'skip-if-unknown-filter',
  'action',
  'mode',
  'reply',
];

const RULE: Schema = {
  type: 'object',
  additionalProperties: false,
  required: ['rule'],
  properties: {
    rule: text('Unique name.'),
    desc: text('What it detects, what it misses, how to tune it.'),
    condition: CONDITION,
    output: text('The alert’s text; %field is replaced by the field’s value.'),
    priority: {
      description: 'Severity.',
      anyOf: [
        { enum: priorityWords },
        { type: 'string', pattern: `^(?:${priorityWords.map(anyCase).join('|')})$` },
      ],
    },
    source: text('Event source.', { default: 'syscall' }),
    enabled: flag('false: loaded and checked, but not run.', true),
    tags: scalars('Words to select rules by: maturity, ATT&CK tactic (mitre_execution) and technique (T1059.004).'),
    exceptions: {
      type: ['array', 'null'],
      items: EXCEPTION,
      description: 'Known good cases: the rule does not match where all fields of one tuple do.',
    },
    warn_evttypes: flag('false: no warning for a condition that names no event type.', true),
    'skip-if-unknown-filter': flag('true: a rule with an unknown field is skipped with a warning, not refused.', false),
    capture: flag('true: an alert begins a capture, where the configuration has capture.enabled.', false),
    capture_duration: { type: 'number', minimum: 0, description: 'Its length in milliseconds; 0: capture.default_duration.' },
    append: APPEND,
    override: overrides(APPENDABLE, REPLACEABLE),
    action: choice('What to do besides alerting. block: refuse the network flow in the kernel; deny: refuse a program or file; kill.', ['alert', 'block', 'deny', 'kill'], { default: 'alert' }),
    mode: choice('audit: report what would be blocked; enforce: block.', ['audit', 'enforce'], {
      default: 'audit',
    }),
    reply: choice('reject: the connection fails at once; drop: silence.', ['reject', 'drop'], {
      default: 'reject',
    }),
  },
  if: {
    anyOf: ['condition', 'output', 'desc', 'priority'].map((key) => ({ required: [key] })),
    not: { anyOf: [{ required: ['append'] }, { required: ['override'] }] },
  },
  then: { required: ['condition', 'output', 'desc', 'priority'] },
};

const MACRO: Schema = {
  type: 'object',
  additionalProperties: false,
  required: ['macro', 'condition'],
  properties: {
    macro: text('Name; conditions use it as a word.', { pattern: '^[a-zA-Z][a-zA-Z0-9_]*$' }),
    condition: CONDITION,
    append: APPEND,
    override: overrides(['condition'], ['condition']),
  },
};

const LIST: Schema = {
  type: 'object',
  additionalProperties: false,
  required: ['list', 'items'],
  properties: {
    list: text('Name; conditions use it as in (name).', { pattern: '^[^()"\'=, \\t\\b\\r\\n]+$' }),
    items: scalars('Values, or names of lists defined before.'),
    append: APPEND,
    override: overrides(['items'], ['items']),
  },
};

const PLUGIN: Schema = {
  type: 'object',
  required: ['name', 'version'],
  properties: {
    name: text('Plugin.'),
    version: text('At least this version, x.y.z.'),
    alternatives: {
      type: 'array',
      items: {
        type: 'object',
        required: ['name', 'version'],
        properties: { name: text('Plugin.'), version: text('At least this version.') },
      },
    },
  },
};

const item = (key: string, definition: string): Schema => ({
  if: { required: [key] },
  then: { $ref: `#/definitions/${definition}` },
});

/** JSON schema (draft 7, which editors' YAML support reads) of a rule file: keys, values, what goes together. */
export const RULE_SCHEMA: Schema = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'saker rule file',
  description: 'Rules, macros and lists in Falco’s format, with saker’s keys action, mode and reply.',
  type: ['array', 'null'],
  items: {
    type: ['object', 'null'],
    anyOf: [
      { type: 'null' },
      ...['rule', 'macro', 'list', 'required_engine_version', 'required_plugin_versions'].map((key) => ({
        required: [key],
      })),
    ],
    allOf: [
      item('rule', 'rule'),
      item('macro', 'macro'),
      item('list', 'list'),
      item('required_engine_version', 'engine'),
      item('required_plugin_versions', 'plugins'),
    ],
    properties: {
      rule: { description: 'A rule.' },
      macro: { description: 'A named condition.' },
      list: { description: 'Named values.' },
      required_engine_version: { description: 'The engine the file needs.' },
      required_plugin_versions: { description: 'The plugins the file needs.' },
    },
  },
  definitions: {
    rule: RULE,
    macro: MACRO,
    list: LIST,
    engine: {
      type: 'object',
      properties: {
        required_engine_version: {
          anyOf: [{ type: 'integer', minimum: 0 }, { type: 'string', pattern: '^\\d+(\\.\\d+\\.\\d+.*)?$' }],
          description: 'At least this version: x.y.z, or a plain number N for 0.N.0.',
        },
      },
    },
    plugins: {
      type: 'object',
      properties: {
        required_plugin_versions: {
          type: 'array',
          items: PLUGIN,
          description: 'Each is met by the plugin or one of its alternatives.',
        },
      },
    },
  },
};
