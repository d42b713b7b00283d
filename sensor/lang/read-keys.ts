import type { ItemReader } from './read-values.js';
import { shapeError } from './read-values.js';
import { closest, didYouMean, editDistance } from '../core/index.js';

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
      shapeError('"append" and "override" cannot be used together', 'append-and-override'),
    );
    return false;
  }
  reader.warn(
    {
      code: 'deprecated-append',
      falco: 'LOAD_DEPRECATED_ITEM',
      message: '"append" is deprecated',
      falcoMessage: 'append is deprecated, use override',
      hint: 'use override, as in override: {condition: append}',
    },
    reader.context,
    reader.keySpan('append'),
  );
  return true;
}

export type Operation = 'append' | 'replace';

/**
 * Reads `override`: which keys are appended to, which replaced. Every key that can be overridden and is present needs an entry,
 * every entry its key.
 *
 * @returns null without `override`.
 */
export function readOverrides(
  reader: ItemReader,
  appendable: readonly string[],
  replaceable: readonly string[],
): ReadonlyMap<string, Operation> | null {
  const node = reader.value('override');
  if (node === undefined) return null;
  const context = reader.context.child('overrides', '', node.span);
  const operations = new Map<string, Operation>();
  if (node.kind !== 'map' || node.entries.length === 0) {
    reader.fail(shapeError('"override" maps keys to append or replace', 'bad-override'), context);
    return operations;
  }
  for (const { key, value } of node.entries) {
    const word = key.value;
    const at = context.child('overrides', word, key.span);
    const operation = value.kind === 'scalar' ? value.value : '';
    if (operation !== 'append' && operation !== 'replace') {
      const hint = closest(operation, ['append', 'replace']);
      reader.fail(
        {
          ...shapeError(`"${operation}" is no override: use append or replace`, 'bad-override'),
          hint: hint === undefined ? null : `did you mean "${hint}"?`,
        },
        reader.context.child('value for', word, value.span),
      );
    } else if (!(operation === 'append' ? appendable : replaceable).includes(word)) {
      const done = operation === 'append' ? 'appended to' : 'replaced';
      const known = operation === 'append' ? appendable : replaceable;
      reader.fail(
        {
          ...shapeError(`"${word}" cannot be ${done}`, 'bad-override'),
          hint: didYouMean(word, known),
        },
        at,
      );
    } else if (!reader.has(word)) {
      reader.fail(shapeError(`"${word}" is overridden, but not given`, 'bad-override'), at);
    } else operations.set(word, operation);
  }
  for (const { key } of reader.map.entries) {
    const word = key.value;
    if (!replaceable.includes(word) || node.entries.some((entry) => entry.key.value === word))
      continue;
    reader.fail(
      {
        ...shapeError(`"${word}" is given, but "override" says nothing of it`, 'bad-override'),
        hint: `add ${word}: ${appendable.includes(word) ? 'append or replace' : 'replace'}`,
      },
      context.child('overrides', word, key.span),
    );
  }
  return operations;
}
