import type { Diagnostic, Finding, ItemContext } from './diagnostic.js';
import { diagnosticFor } from './diagnostic.js';
import type { Span } from './ir.js';
import { MappedText } from './source.js';
import type { YamlMap, YamlNode, YamlScalar } from './yaml.js';
import { valueOf } from './yaml.js';

/** Collects diagnostics in the order of reading. */
export type Report = (diagnostic: Diagnostic) => void;

/** Text of a key, with Falco's context of the value. */
export interface ReadText {
  readonly text: MappedText;
  readonly context: ItemContext;
}

/** A finding that YAML has the wrong shape. */
export function shapeError(message: string, code = 'bad-shape', falcoMessage?: string): Finding {
  return {
    code,
    falco: 'LOAD_ERR_YAML_VALIDATE',
    message,
    ...(falcoMessage === undefined ? {} : { falcoMessage }),
  };
}

/** What Falco says of a scalar that is no boolean or no number. */
const UNDECODABLE = "Can't decode YAML scalar value";

/** `true`, `TRUE` or `True`, but not `tRUE`. */
const isOneCase = (word: string): boolean =>
  /^[A-Z]?[a-z]*$/.test(word) || word === word.toUpperCase();

/** A key that an item must have. */
export const missingKey = (key: string): Finding =>
  shapeError(`"${key}" is missing`, 'missing-key', `Item has no mapping for key '${key}'`);

/** A key that is there, without a value. */
export const emptyKey = (key: string): Finding =>
  shapeError(`"${key}" is empty`, 'missing-key', `Mapping for key '${key}' is empty`);

/** Reads keys of one item; every complaint goes to `report`. */
export class ItemReader {
  readonly map: YamlMap;
  readonly context: ItemContext;
  readonly report: Report;
  /** False as soon as something required was missing or misshapen. */
  ok = true;

  constructor(map: YamlMap, context: ItemContext, report: Report) {
    this.map = map;
    this.context = context;
    this.report = report;
  }

  has(key: string): boolean {
    return valueOf(this.map, key) !== undefined;
  }

  value(key: string): YamlNode | undefined {
    return valueOf(this.map, key);
  }

  /** Where a key itself stands. */
  keySpan(key: string): Span {
    return this.map.entries.find((entry) => entry.key.value === key)?.key.span ?? this.context.span;
  }

  fail(finding: Finding, context = this.context, span?: Span): null {
    this.ok = false;
    this.report(diagnosticFor(finding, context, span));
    return null;
  }

  warn(finding: Finding, context = this.context, span?: Span): void {
    this.report(diagnosticFor({ severity: 'warning', ...finding }, context, span));
  }

  /** Text of a key; null with a complaint when it is missing, null, empty or no scalar. */
  required(key: string): ReadText | null {
    if (!this.has(key)) return this.fail(missingKey(key));
    return this.optional(key);
  }

  /** Text of a key, or null when it is not there. */
  optional(key: string): ReadText | null {
    const node = this.value(key);
    if (node === undefined) return null;
    if (node.kind === 'scalar' && node.isNull) {
      return this.fail(emptyKey(key), this.context, this.keySpan(key));
    }
    const context = this.context.child('value for', key, node.span);
    if (node.kind !== 'scalar')
      return this.fail(
        shapeError(`"${key}" must be plain text`, 'bad-shape', 'Value is not a scalar value'),
        context,
      );
    if (node.value === '')
      return this.fail(
        shapeError(`"${key}" must not be empty`, 'bad-shape', 'Value must be non-empty'),
        context,
      );
    return { text: MappedText.of(node.source), context };
  }

  /** A boolean as YAML 1.1 spells it: in small letters, in capitals, or with one in front. */
  boolean(key: string): boolean | null {
    const read = this.optional(key);
    if (read === null) return null;
    const word = read.text.text;
    if (/^(?:y|yes|true|on)$/i.test(word) && isOneCase(word)) return true;
    if (/^(?:n|no|false|off)$/i.test(word) && isOneCase(word)) return false;
    return this.fail(
      shapeError(`"${key}" must be true or false, not "${word}"`, 'bad-shape', UNDECODABLE),
      read.context,
    );
  }

  /** A whole number of 32 bits, not negative. */
  count(key: string): number | null {
    const read = this.optional(key);
    if (read === null) return null;
    const { text } = read.text;
    if (/^[0-9]{1,10}$/.test(text) && Number(text) < 2 ** 32) return Number(text);
    const message = `"${key}" must be a whole number`;
    return this.fail(shapeError(message, 'bad-shape', UNDECODABLE), read.context);
  }

  /** Scalars of a sequence; null when the key is not there. */
  scalars(key: string): readonly YamlScalar[] | null {
    const node = this.value(key);
    if (node === undefined) return null;
    const context = this.context.child('value for', key, node.span);
    if (node.kind !== 'seq')
      return this.fail(
        shapeError(`"${key}" must be a list`, 'bad-shape', 'Value is not a sequence'),
        context,
      );
    const scalars: YamlScalar[] = [];
    for (const item of node.items) {
      if (item.kind === 'scalar' && !item.isNull) scalars.push(item);
      else {
        const message =
          item.kind === 'scalar'
            ? `an entry of "${key}" is empty`
            : `each entry of "${key}" must be plain text`;
        const hint =
          item.kind === 'scalar' && item.value !== '' ? `quote it: "${item.value}"` : null;
        this.fail(
          { ...shapeError(message, 'bad-shape', 'sequence value is not scalar'), hint },
          context.child('list item', '', item.span),
        );
      }
    }
    return scalars;
  }

  /** One of a few words. */
  word<const T extends string>(key: string, words: readonly T[]): T | null {
    const read = this.optional(key);
    if (read === null) return null;
    const found = words.find((word) => word === read.text.text);
    if (found !== undefined) return found;
    return this.fail(
      {
        code: `bad-${key}`,
        falco: 'LOAD_ERR_YAML_VALIDATE',
        message: `"${key}" is one of ${words.join(', ')}, not "${read.text.text}"`,
      },
      read.context,
    );
  }
}
