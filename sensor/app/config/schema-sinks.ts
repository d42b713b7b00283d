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

/** Where nothing is said. */
export const DEFAULT_SINKS = [{ name: 'terminal', type: 'stdout' }];

const format: Schema = {
  type: 'string',
  enum: ['text', 'json'],
  default: 'text',
  description: 'A line for people, or Falco’s JSON with our id.',
};

const sinkBase: Readonly<Record<string, Schema>> = {
  name: {
    type: 'string',
    pattern: '^[a-z0-9][a-z0-9_-]{0,62}$',
    description:
      'Names the sink in status, metrics and its cursor file. A new name starts with new alerts.',
    examples: ['siem'],
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
      items: { type: 'string', pattern: '^.+:[0-9]{1,5}$', examples: ['kafka-1:9092'] },
      description: 'host:port of some brokers; the others are found through them.',
      examples: [['kafka-1:9092', 'kafka-2:9092']],
    },
    topic: {
      type: 'string',
      pattern: '^[a-zA-Z0-9._-]{1,249}$',
      description: 'Where alerts go; it must exist.',
      examples: ['security-alerts'],
    },
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

const otlpSink: Schema = {
  type: 'object',
  title: 'OpenTelemetry logs (OTLP)',
  additionalProperties: false,
  required: [...sinkRequired, 'endpoint'],
  properties: {
    ...sinkBase,
    type: { const: 'otlp' },
    endpoint: endpoint('For http, `/v1/logs` is added unless it is there.'),
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

/** A sink of any type. */
export const anySink: Schema = { oneOf: [stdoutSink, fileSink, kafkaSink, otlpSink] };
