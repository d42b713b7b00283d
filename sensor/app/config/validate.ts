import { isMap, isScalar, isSeq, parse, Scalar, type Node, type YAMLMap, type YAMLSeq } from 'yaml';
import { closest } from '../../core/index.js';
import { expandText, readSecret, type Environment } from './expand.js';
import type { Schema } from './schema-parts.js';
import type { ConfigSource } from './source.js';

/** What JSON can say. */
export type Json =
  null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/**
 * Checks a document against the schema and gives it back as plain data: environment put in, secrets read, defaults filled
 * in. Everything wrong becomes a problem of `source`; then the result means nothing.
 */
export function validate(source: ConfigSource, schema: Schema, environment: Environment): Json {
  const root = source.resolve(source.document.contents);
  const empty = root === null || (isScalar(root) && root.value === null);
  return new Validator(source, environment).value(empty ? null : root, schema, '');
}

class Validator {
  readonly source: ConfigSource;
  readonly environment: Environment;

  constructor(source: ConfigSource, environment: Environment) {
    this.source = source;
    this.environment = environment;
  }

  /** @param node - Null: absent, so the defaults apply. @param at - Path for messages. */
  value(node: Node | null, schema: Schema, at: string): Json {
    if (node === null) return this.#absent(schema, at);
    if (schema.oneOf) return this.#alternative(node, schema.oneOf, at);
    if (schema.type === 'object') {
      return isMap(node) ? this.#object(node, schema, at) : this.#wrongType(node, 'a mapping', at);
    }
    if (schema.type === 'array') {
      if (isSeq(node)) return this.#array(node, schema, at);
      return this.#wrongType(node, 'a list', at, isScalar(node) ? 'put it in [ ]' : null);
    }
    return isScalar(node) ? this.#scalar(node, schema, at) : this.#wrongType(node, 'one value', at);
  }

  #absent(schema: Schema, at: string): Json {
    if (schema.default !== undefined) {
      return Array.isArray(schema.default) ? this.#defaultItems(schema) : (schema.default as Json);
    }
    if (schema.type !== 'object' || !schema.properties) return null;
    return this.#fill(new Map(), schema, at);
  }

  /** Default lists of objects get their items' defaults too. */
  #defaultItems(schema: Schema): Json {
    const node = this.source.document.createNode(schema.default) as YAMLSeq;
    return this.#array(node, { ...schema, minItems: 0 }, '');
  }

  #object(node: YAMLMap, schema: Schema, at: string): Json {
    const given = new Map<string, Node | null>();
    for (const pair of node.items) {
      const keyNode = pair.key as Node | null;
      const key = isScalar(keyNode) ? String(keyNode.value) : '';
      const known = schema.properties?.[key] !== undefined;
      if (!known && schema.additionalProperties === false) {
        const near = closest(key, Object.keys(schema.properties ?? {}));
        this.source.problem(
          'unknown-key',
          `unknown key "${join(at, key)}"`,
          keyNode,
          near
            ? `did you mean "${near}"?`
            : `known here: ${Object.keys(schema.properties ?? {}).join(', ')}`,
        );
        continue;
      }
      const value = this.source.resolve(pair.value);
      given.set(key, isScalar(value) && value.value === null ? null : value);
    }
    for (const key of schema.required ?? []) {
      if (given.get(key)) continue;
      this.source.problem(
        'missing-key',
        `"${join(at, key)}" is missing`,
        node,
        about(schema.properties?.[key]),
      );
    }
    return this.#fill(given, schema, at);
  }

  #fill(given: ReadonlyMap<string, Node | null>, schema: Schema, at: string): Json {
    const result: Record<string, Json> = {};
    for (const [key, property] of Object.entries(schema.properties ?? {})) {
      const node = given.get(key) ?? null;
      if (node === null && schema.required?.includes(key)) continue;
      const optionalObject = node === null && property.type === 'object' && OPTIONAL.has(key);
      result[key] = optionalObject ? null : this.value(node, property, join(at, key));
    }
    if (schema.additionalProperties) {
      for (const [key, node] of given) {
        if (!schema.properties?.[key]) {
          result[key] = this.value(node, schema.additionalProperties, join(at, key));
        }
      }
    }
    return result;
  }

  #array(node: YAMLSeq, schema: Schema, at: string): Json {
    if (node.items.length < (schema.minItems ?? 0)) {
      this.source.problem(
        'value',
        `"${at}" needs at least ${schema.minItems} item`,
        node,
        about(schema),
      );
    }
    return node.items.map((item, index) =>
      this.value(this.source.resolve(item), schema.items ?? {}, `${at}[${index}]`),
    );
  }

  #alternative(node: Node, schemas: readonly Schema[], at: string): Json {
    if (!isMap(node)) return this.#wrongType(node, 'a mapping', at);
    const types = schemas.map((schema) => schema.properties?.['type']?.const ?? '');
    const typeNode = node.get('type', true) ?? null;
    const type = typeNode === null ? null : String(typeNode.value);
    const chosen = schemas[types.indexOf(type ?? '')];
    if (chosen) return this.value(node, chosen, at);
    const near = type === null ? undefined : closest(type, types);
    const hint = near ? `did you mean "${near}"?` : `one of ${types.join(', ')}`;
    if (typeNode === null)
      this.source.problem('missing-key', `"${join(at, 'type')}" is missing`, node, hint);
    else this.source.problem('value', `"${join(at, 'type')}" is ${quote(type)}`, typeNode, hint);
    return null;
  }

  #scalar(node: Scalar, schema: Schema, at: string): Json {
    let value: unknown = node.value;
    if (typeof value === 'string') {
      const expanded = expandText(value, this.environment.env);
      for (const name of expanded.missing) {
        this.source.problem(
          'environment',
          `"${at}" uses the environment variable ${name}, which is not set`,
          node,
          `set it, or write \${${name}:-default}`,
        );
      }
      if (expanded.missing.length > 0) return null;
      if (schema.writeOnly) return this.#secret(expanded.text, node, at);
      const typed = expanded.changed && schema.type !== 'string' && node.type === Scalar.PLAIN;
      value = typed ? (parse(expanded.text) as unknown) : expanded.text;
    }
    return this.#typed(value, node, schema, at);
  }

  #secret(text: string, node: Node, at: string): Json {
    const secret = readSecret(text, this.environment);
    if (secret.ok) return secret.value;
    this.source.problem(
      'secret',
      `"${at}": ${secret.reason}`,
      node,
      'the file must exist and be readable by saker',
    );
    return null;
  }

  #typed(value: unknown, node: Node, schema: Schema, at: string): Json {
    if (schema.const !== undefined) return schema.const;
    if (schema.type === 'boolean') {
      return typeof value === 'boolean' ? value : this.#wrongType(node, 'true or false', at);
    }
    if (schema.type === 'integer') {
      if (typeof value !== 'number' || !Number.isSafeInteger(value)) {
        return this.#wrongType(node, 'a whole number', at);
      }
      const { minimum = -Infinity, maximum = Infinity } = schema;
      if (value < minimum || value > maximum) {
        const range =
          maximum === Infinity ? `at least ${minimum}` : `between ${minimum} and ${maximum}`;
        this.source.problem('value', `"${at}" must be ${range}`, node, about(schema));
      }
      return value;
    }
    if (typeof value !== 'string') return this.#wrongType(node, 'text', at, 'put it in quotes');
    this.#checkText(value, node, schema, at);
    return value;
  }

  #checkText(value: string, node: Node, schema: Schema, at: string): void {
    if (schema.enum && !schema.enum.includes(value)) {
      const near = closest(value, schema.enum);
      const hint = near ? `did you mean "${near}"?` : `one of ${schema.enum.join(', ')}`;
      this.source.problem('value', `"${at}" is ${quote(value)}`, node, hint);
    } else if (value.length < (schema.minLength ?? 0)) {
      this.source.problem('value', `"${at}" is empty`, node, about(schema));
    } else if (schema.pattern && !new RegExp(schema.pattern, 'u').test(value)) {
      this.source.problem('value', `"${at}" is ${quote(value)}`, node, shapeOf(schema));
    }
  }

  #wrongType(node: Node, expected: string, at: string, hint: string | null = null): null {
    this.source.problem('type', `"${at === '' ? 'the file' : at}" must be ${expected}`, node, hint);
    return null;
  }
}

/** Objects whose absence means something other than "all defaults". */
const OPTIONAL = new Set(['tls', 'sasl', 'otlp']);

function join(at: string, key: string): string {
  return at === '' ? key : `${at}.${key}`;
}

/** What a text that does not fit should look like. */
function shapeOf({ pattern, examples = [] }: Schema): string {
  if (pattern === '^/') return 'an absolute path';
  return examples.length > 0 ? `for example ${String(examples[0])}` : `must match ${pattern}`;
}

function about(schema: Schema | undefined): string | null {
  return schema?.description ?? null;
}

function quote(text: string | null): string {
  return text === null ? 'missing' : JSON.stringify(text);
}
