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

export const priority = (description: string): Schema => ({
  type: 'string',
  enum: PRIORITIES.map((name) => name.toLowerCase()),
  default: 'debug',
  description,
});

export const seconds = (description: string, fallback: number, maximum = 3600): Schema => ({
  type: 'integer',
  minimum: 1,
  maximum,
  default: fallback,
  description,
});

export const strings = (description: string, examples: readonly string[] = []): Schema => ({
  type: 'array',
  items: { type: 'string', minLength: 1 },
  default: [],
  description,
  ...(examples.length > 0 ? { examples: [examples] } : {}),
});

export const absolutePath = (description: string): Schema => ({
  type: 'string',
  pattern: '^/',
  description,
});

/** `http://` or `https://`. */
export const endpoint = (description?: string): Schema => ({
  type: 'string',
  pattern: '^https?://',
  ...(description === undefined ? {} : { description }),
  examples: ['http://127.0.0.1:4318', 'http://127.0.0.1:4317'],
});

export const tls: Schema = {
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

export const otlpProtocol: Schema = {
  type: 'string',
  enum: ['http', 'grpc'],
  default: 'http',
  description: 'http: protobuf over HTTP.',
};

export const headers: Schema = {
  type: 'object',
  additionalProperties: { type: 'string', writeOnly: true },
  description:
    'Sent with each request, for instance `authorization`. Values may be `file:/path` or `${NAME}`.',
};
