import type { ItemContext } from './diagnostic.js';
import { diagnosticFor } from './diagnostic.js';
import type { ExceptionItem, ExceptionValue, OneOrMany } from './items.js';
import { ItemReader, emptyKey, missingKey, shapeError } from './read-values.js';
import { MappedText } from './source.js';
import type { YamlNode } from './yaml.js';

/** Reads `exceptions` of a rule; `append`: only values may be given for a known one, so fields may be missing. */
export function readExceptions(
  reader: ItemReader,
  append: boolean,
): readonly ExceptionItem[] | null {
  const node = reader.value('exceptions')!;
  const context = reader.context.child('exceptions', '', node.span);
  if (node.kind === 'scalar' && node.isNull) return [];
  if (node.kind !== 'seq') {
    const falco = 'Rule exceptions must be a sequence';
    return reader.fail(shapeError('"exceptions" must be a list', 'bad-shape', falco), context);
  }
  const exceptions: ExceptionItem[] = [];
  for (const item of node.items) {
    const at = context.child('exception', '', item.span);
    if (item.kind !== 'map') {
      const falco = 'Rule exception must be a mapping';
      reader.fail(shapeError('an exception is a mapping', 'bad-shape', falco), at);
      continue;
    }
    const inner = new ItemReader(item, at, reader.report);
    const exception = readException(inner, context, append);
    if (!inner.ok) reader.ok = false;
    if (exception === null) continue;
    if (exceptions.some((other) => other.name === exception.name)) {
      reader.warn(
        {
          code: 'exception-not-unique',
          falco: 'LOAD_EXCEPTION_NAME_NOT_UNIQUE',
          message: `two exceptions are called "${exception.name}"`,
          falcoMessage: `Multiple definitions of exception '${exception.name}' in the same rule`,
        },
        exception.context,
      );
    }
    if (append && !exception.hasValues) {
      reader.warn(
        {
          code: 'append-no-values',
          falco: 'LOAD_APPEND_NO_VALUES',
          message: `exception "${exception.name}" is appended without values`,
          falcoMessage: 'Overriding/appending exception with no values',
        },
        exception.context,
      );
    }
    exceptions.push(exception);
  }
  return exceptions;
}

function readException(
  reader: ItemReader,
  parent: ItemContext,
  append: boolean,
): ExceptionItem | null {
  const named = reader.required('name');
  if (named === null) return null;
  const name = named.text.text;
  const context = parent.child('exception', name, reader.context.span);
  const inner = new ItemReader(reader.map, context, reader.report);
  if (!append && !inner.has('fields')) inner.fail(missingKey('fields'));
  const fields = readOneOrMany(inner, 'fields');
  const comps = readOneOrMany(inner, 'comps');
  const values = readValues(inner, context);
  if (!inner.ok) reader.ok = false;
  if (!inner.ok) return null;
  return { name, context, fields, comps, values: values ?? [], hasValues: values !== null };
}

function readOneOrMany(reader: ItemReader, key: string): OneOrMany | null {
  const node = reader.value(key);
  if (node === undefined) return null;
  const read = oneOrMany(node);
  if (read !== null) return read;
  if (node.kind === 'scalar')
    return reader.fail(emptyKey(key), reader.context, reader.keySpan(key));
  return reader.fail(
    shapeError(`"${key}" must be plain text or a list of it`),
    reader.context.child('value for', key, node.span),
  );
}

function oneOrMany(node: YamlNode): OneOrMany | null {
  if (node.kind === 'scalar') {
    return node.isNull ? null : { many: false, items: [MappedText.of(node.source)] };
  }
  if (node.kind !== 'seq') return null;
  const items: MappedText[] = [];
  for (const item of node.items) {
    if (item.kind !== 'scalar' || item.isNull) return null;
    items.push(MappedText.of(item.source));
  }
  return { many: true, items };
}

function readValues(reader: ItemReader, parent: ItemContext): readonly ExceptionValue[] | null {
  const node = reader.value('values');
  if (node === undefined) return null;
  const context = parent.child('exception values', '', node.span);
  if (node.kind !== 'seq') {
    const falco = 'Rule exception values must be a sequence';
    return reader.fail(shapeError('"values" must be a list', 'bad-shape', falco), context);
  }
  const values: ExceptionValue[] = [];
  for (const item of node.items) {
    if (item.kind === 'scalar' && !item.isNull) {
      values.push({ kind: 'scalar', text: MappedText.of(item.source) });
      continue;
    }
    const at = context.child('exception value', '', item.span);
    const parts = item.kind === 'seq' ? item.items.map(oneOrMany) : [null];
    if (parts.includes(null)) {
      reader.report(
        diagnosticFor(
          shapeError('a value is plain text or a list of texts and lists of texts'),
          at,
        ),
      );
      reader.ok = false;
      continue;
    }
    values.push({ kind: 'tuple', parts: parts.filter((part) => part !== null), context: at });
  }
  return values;
}
