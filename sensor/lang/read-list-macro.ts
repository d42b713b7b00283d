import type { Collector } from './collector.js';
import type { ItemContext } from './diagnostic.js';
import { checkKeys, checkOverridden, deprecatedAppend, readOverrides } from './read-keys.js';
import type { Report } from './read-values.js';
import { ItemReader, missingKey } from './read-values.js';
import { MappedText } from './source.js';
import type { YamlMap } from './yaml.js';

/** A list's name must be one bare word, else a condition cannot name it. */
const BARE = /^[^()"'=, \t\b\r\n]+$/;
const IDENTIFIER = /^[a-zA-Z][a-zA-Z0-9_]*$/;

/** Reads `- list: …` into the collector. */
export function readListItem(
  node: YamlMap,
  parent: ItemContext,
  collector: Collector,
  report: Report,
): void {
  const named = readName(node, parent, 'list', report);
  if (named === null) return;
  const { reader, name } = named;
  checkKeys(reader, ['list', 'items', 'append', 'override']);
  if (!BARE.test(name)) {
    reader.warn({
      code: 'invalid-list-name',
      falco: 'LOAD_INVALID_LIST_NAME',
      message: `"${name}" is not one bare word: no condition can name this list`,
      falcoMessage: `List has an invalid name. List names should match a regular expression: ${BARE.source}`,
    });
  }
  const overrides = readOverrides(reader, ['items'], ['items']);
  const append = deprecatedAppend(reader, overrides !== null);
  if (!reader.has('items')) reader.fail(missingKey('items'));
  else if (overrides !== null) checkOverridden(reader, overrides, ['items'], ['items']);
  const items = reader.scalars('items')?.map((item) => MappedText.of(item.source));
  if (!reader.ok || items === undefined) return;
  if (!collector.strict) items.forEach((item) => warnOfItem(item, reader));
  if (append || overrides?.get('items') === 'append') {
    collector.appendList(name, items, reader.context);
  } else {
    if (overrides !== null && !collector.lists.has(name)) warnOfNothing('list', reader);
    collector.defineList({ name, items, context: reader.context });
  }
}

/** Items are put into conditions as text, so what separates values there separates them here. */
function warnOfItem(item: MappedText, reader: ItemReader): void {
  const { text } = item;
  if (/^["']/.test(text) || !/[,=()]/.test(text)) return;
  const parts = text.split(',').map((part) => `"${part.trim()}"`);
  const breaks = /[=()]/.test(text);
  reader.warn(
    {
      code: 'list-item-splits',
      message: breaks
        ? 'the item cannot stand in a condition as it is: "=" and parentheses end a value'
        : `the item is read as ${parts.length} values: ${parts.slice(0, 4).join(', ')}`,
      hint: `write '"${text.replaceAll('"', '\\"')}"' to keep it whole, or use --compat strict`,
    },
    reader.context,
    item.locate({ start: 0, end: text.length })?.span,
  );
}

/** Reads `- macro: …` into the collector. */
export function readMacroItem(
  node: YamlMap,
  parent: ItemContext,
  collector: Collector,
  report: Report,
): void {
  const named = readName(node, parent, 'macro', report);
  if (named === null) return;
  const { reader, name } = named;
  checkKeys(reader, ['macro', 'condition', 'append', 'override']);
  if (!IDENTIFIER.test(name)) {
    reader.warn({
      code: 'invalid-macro-name',
      falco: 'LOAD_INVALID_MACRO_NAME',
      message: `"${name}" is no identifier: no condition can name this macro`,
      falcoMessage: `Macro has an invalid name. Macro names should match a regular expression: ${IDENTIFIER.source}`,
      hint: 'letters first, then letters, digits and _',
    });
  } else if (name.startsWith('not')) {
    reader.warn({
      code: 'invalid-macro-name',
      message: `no condition can name the macro "${name}": it would be read as the operator not`,
      hint: 'choose a name that does not begin with these letters',
    });
  }
  const overrides = readOverrides(reader, ['condition'], ['condition']);
  const append = deprecatedAppend(reader, overrides !== null);
  const read = reader.required('condition');
  if (overrides !== null) checkOverridden(reader, overrides, ['condition'], ['condition']);
  if (!reader.ok || read === null) return;
  const condition = read.text;
  if (append || overrides?.get('condition') === 'append') {
    collector.appendMacro(name, condition, reader.context);
  } else {
    if (overrides !== null && !collector.macros.has(name)) warnOfNothing('macro', reader);
    const conditionContext = reader.context.child('macro condition', '', read.context.span);
    collector.defineMacro({ name, condition, conditionContext, context: reader.context });
  }
}

/** To Falco the replacement of a whole list or macro is a definition, whatever stood there before: it refuses appends only. */
function warnOfNothing(kind: 'list' | 'macro', reader: ItemReader): void {
  const message = `there is no ${kind} of this name to replace: it is defined here`;
  const hint = 'an override stands behind the definition, in this file or in a later one';
  reader.warn({ code: 'nothing-to-replace', message, hint }, reader.context);
}

/** Name of an item, and a reader for its other keys. */
export function readName(
  node: YamlMap,
  parent: ItemContext,
  kind: 'list' | 'macro' | 'rule',
  report: Report,
): { readonly reader: ItemReader; readonly name: string } | null {
  const nameless = new ItemReader(node, parent.child(kind, '', node.span), report);
  const read = nameless.required(kind);
  if (read === null) return null;
  const name = read.text.text;
  // What is said of the whole item is shown at its name.
  const head = { start: node.span.start, end: read.context.span.end };
  return { reader: new ItemReader(node, parent.child(kind, name, head), report), name };
}
