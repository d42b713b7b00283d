import type { ItemReader } from './read-values.js';
import { shapeError } from './read-values.js';
import { closest, didYouMean, editDistance } from '../core/index.js';
import type { YamlNode } from './yaml.js';

/** Our own keys of rules. Falco only warns about them, so one file serves both. */
export const OWN_KEYS = ['action', 'mode', 'reply'] as const;

/**
 * Warns of keys that mean nothing. A key one edit away from one of our own is an error: a rule that seems to block and only
 * alerts would be worse than none.
 */
export function checkKeys(reader: ItemReader, known: readonly string[]): void {
  for (const { key } of reader.map.entries) {
    const word = key.value;
    if (known.includes(word)) continue;
    const own = OWN_KEYS.find(
      (candidate) =>
        known.includes(candidate) && editDistance(word.toLowerCase(), candidate, 1) <= 1,
    );
    if (own !== undefined) {
      reader.fail(
        { code: 'misspelt-key', message: `unknown key "${word}"`, hint: `did you mean "${own}"?` },
        reader.context,
        key.span,
      );
      continue;
    }
    reader.warn(
      {
        code: 'unknown-key',
        falco: 'LOAD_UNKNOWN_KEY',
        message: `unknown key "${word}" is ignored`,
        hint: didYouMean(word, known),
      },
      reader.context,
      key.span,
    );
  }
}

/** `append: true`, the old way; cannot stand beside `override`. */
export function deprecatedAppend(reader: ItemReader, hasOverride: boolean): boolean {
  const append = reader.boolean('append') ?? false;
  if (!append) return false;
  if (hasOverride) {
    reader.fail(
      shapeError(
        '"append" and "override" cannot be used together',
        'append-and-override',
        "Keys 'override' and 'append: true' cannot be used together.",
      ),
    );
    return false;
  }
  reader.warn(
    {
      code: 'deprecated-append',
      falco: 'LOAD_DEPRECATED_ITEM',
      message: '"append" is deprecated',
      falcoMessage:
        "'append' key is deprecated. Add an 'append' entry (e.g. 'condition: append') under 'override' instead.",
      hint: 'use override, as in override: {condition: append}',
    },
    reader.context,
    reader.keySpan('append'),
  );
  return true;
}

export type Operation = 'append' | 'replace';

/**
 * Reads `override`: which keys are appended to, which replaced.
 *
 * @returns null without `override`, or with an empty one: Falco takes such an item for a full definition.
 */
export function readOverrides(
  reader: ItemReader,
  appendable: readonly string[],
  replaceable: readonly string[],
): ReadonlyMap<string, Operation> | null {
  const node = reader.value('override');
  if (node === undefined) return null;
  const context = reader.context.child('overrides', '', node.span);
  if (isEmpty(node)) {
    const message = '"override" is empty: the item is read as a full definition';
    reader.warn({ code: 'bad-override', message }, reader.context, reader.keySpan('override'));
    return null;
  }
  const operations = new Map<string, Operation>();
  if (node.kind !== 'map') {
    reader.fail(shapeError('"override" maps keys to append or replace', 'bad-override'), context);
    return operations;
  }
  for (const { key, value } of node.entries) {
    const word = key.value;
    const at = context.child('overrides', word, key.span);
    const operation = value.kind === 'scalar' ? value.value : '';
    const known = operation === 'append' ? appendable : replaceable;
    if (operation !== 'append' && operation !== 'replace') {
      const hint = closest(operation, ['append', 'replace']);
      const allowed = [
        ...(appendable.includes(word) ? ['append'] : []),
        ...(replaceable.includes(word) ? ['replace'] : []),
      ];
      reader.fail(
        {
          ...shapeError(
            `"${operation}" is no override: use append or replace`,
            'bad-override',
            `Invalid override operation for key '${word}': '${operation}'. Allowed values are: ${allowed.join(' ')}`,
          ),
          hint: hint === undefined ? null : `did you mean "${hint}"?`,
        },
        context.child('value for', word, value.span),
      );
    } else if (!known.includes(word)) {
      const done = operation === 'append' ? 'appended to' : 'replaced';
      const instead = operation === 'append' && replaceable.includes(word);
      reader.fail(
        {
          ...shapeError(
            `"${word}" cannot be ${done}`,
            'bad-override',
            `Key '${word}' cannot be ${done}${operation === 'append' ? ", use 'replace' instead" : ''}`,
          ),
          hint: instead ? `write ${word}: replace` : didYouMean(word, known),
        },
        at,
      );
    } else operations.set(word, operation);
  }
  return operations;
}

const isEmpty = (node: YamlNode): boolean =>
  (node.kind === 'scalar' && node.isNull) || (node.kind === 'map' && node.entries.length === 0);

/** An override needs the key it speaks of. */
export function checkGiven(reader: ItemReader, key: string, operation: Operation): boolean {
  if (reader.has(key)) return true;
  const override = reader.value('override');
  const entry =
    override?.kind === 'map' ? override.entries.find((one) => one.key.value === key) : undefined;
  reader.fail(
    shapeError(
      `"${key}" is overridden, but not given`,
      'bad-override',
      `An ${operation} override for '${key}' was specified but '${key}' is not defined`,
    ),
    reader.context,
    entry?.key.span,
  );
  return false;
}

/** A key that can be overridden needs its entry in `override`: without it nobody knows what it is for. */
export function checkOverridden(
  reader: ItemReader,
  operations: ReadonlyMap<string, Operation>,
  appendable: readonly string[],
  replaceable: readonly string[],
): void {
  const override = reader.value('override');
  const named = override?.kind === 'map' ? override.entries.map(({ key }) => key.value) : [];
  for (const { key, value } of reader.map.entries) {
    const word = key.value;
    if (!replaceable.includes(word) || operations.has(word) || named.includes(word)) continue;
    reader.fail(
      {
        ...shapeError(
          `"${word}" is given, but "override" says nothing of it`,
          'bad-override',
          `Unexpected key '${word}': no corresponding entry under 'override' is defined.`,
        ),
        hint: `add ${word}: ${appendable.includes(word) ? 'append or replace' : 'replace'}`,
      },
      reader.context.child('overrides', word, value.span),
      key.span,
    );
  }
}
