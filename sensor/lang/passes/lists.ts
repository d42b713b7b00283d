import { printValue } from '../../../grammar/index.js';
import type { Ast, AstText } from '../../../grammar/index.js';
import { toBytes } from '../../core/bytes.js';
import type { MappedText } from '../source.js';
import { MappedText as Text } from '../source.js';
import { eachComparison } from './comparisons.js';

/** A list after its own items are expanded: texts ready to stand in a condition. */
export interface ExpandedList {
  readonly name: string;
  readonly items: readonly MappedText[];
}

/** Characters a list's name must stand between. */
const DELIMITERS = ' \t\n\r(),=';
const BETWEEN = /[ \t\n\r(),=]+/;
const isBlank = (char: string | undefined): boolean =>
  char !== undefined && ' \t\n\r'.includes(char);

/**
 * An item that holds a blank is quoted, as Falco does, unless it already is. Strict mode quotes whatever would not stand as one
 * bare value: `a,b` is one item, not two.
 */
export function quoteItem(item: MappedText, strict = false): MappedText {
  const { text } = item;
  if (text.startsWith('"') || text.startsWith("'")) return item;
  if (strict && !text.startsWith('(') && /[()"'=, \b\t\n\r\\]/.test(text)) {
    return /["\\]/.test(text)
      ? Text.join([printValue(toBytes(text))])
      : Text.join(['"', item, '"']);
  }
  return text.includes(' ') ? Text.join(['"', item, '"']) : item;
}

/** Where quoted values stand in a condition. */
const QUOTED = /"(?:[^"]|(?<=\\)")*(?<!\\)"|'(?:[^']|(?<=\\)')*(?<!\\)'/g;

/** Offsets inside quotes, as pairs of start and end. */
function quotedRanges(text: string): readonly (readonly [number, number])[] {
  return [...text.matchAll(QUOTED)].map(({ 0: { length }, index }) => [index, index + length]);
}

/**
 * Puts lists into a condition by text (falco-compat §1.4): list after list in order of definition, wherever the name stands
 * between delimiters, quotes notwithstanding.
 *
 * @param lists - In order of definition, by name.
 * @param strict - Quotes do protect.
 * @returns the text and the names of lists that were put in; the same object when none was.
 */
export function expandLists(
  condition: MappedText,
  lists: ReadonlyMap<string, ExpandedList>,
  strict = false,
): { readonly text: MappedText; readonly used: readonly ExpandedList[] } {
  const words = new Set<string>();
  let any = collectWords(condition.text, lists, words);
  if (!any) return { text: condition, used: [] };
  let text = condition;
  const used: ExpandedList[] = [];
  for (const list of lists.values()) {
    if (!any) break;
    if (!words.has(list.name)) continue;
    const next = expandOne(text, list, strict);
    if (next === text) continue;
    text = next;
    used.push(list);
    for (const item of list.items) any = collectWords(item.text, lists, words) || any;
  }
  return { text, used };
}

function collectWords(
  text: string,
  lists: ReadonlyMap<string, ExpandedList>,
  words: Set<string>,
): boolean {
  let any = false;
  for (const word of text.split(BETWEEN)) {
    if (!lists.has(word)) continue;
    words.add(word);
    any = true;
  }
  return any;
}

function expandOne(condition: MappedText, list: ExpandedList, strict: boolean): MappedText {
  let quoted = strict ? quotedRanges(condition.text) : [];
  let current = condition;
  for (let at = current.text.indexOf(list.name); at >= 0;) {
    const { text } = current;
    let start = at;
    let end = at + list.name.length;
    const delimited =
      (start === 0 || DELIMITERS.includes(text[start - 1]!)) &&
      (end >= text.length || DELIMITERS.includes(text[end]!));
    const isProtected = quoted.some(([from, to]) => from < start && end < to);
    if (!delimited || isProtected) {
      at = text.indexOf(list.name, at + 1);
      continue;
    }
    while (start > 0 && isBlank(text[start - 1])) start--;
    while (isBlank(text[end])) end++;
    if (list.items.length === 0) {
      // Nothing to put in: a neighbouring comma would be left over.
      if (text[start - 1] === ',') start--;
      else if (text[end] === ',') end++;
    }
    const before = start > 0 ? [current.slice(0, start), ' '] : [];
    const items = list.items.flatMap((item, i) => (i === 0 ? [item] : [', ', item]));
    const next = Text.join([
      ...before,
      ...items,
      ' ',
      ...(end < text.length ? [current.slice(end)] : []),
    ]);
    const resume =
      (start > 0 ? start + 1 : 0) + items.reduce((sum, part) => sum + lengthOf(part), 0);
    current = next;
    if (strict) quoted = quotedRanges(current.text);
    at = current.text.indexOf(list.name, resume);
  }
  return current;
}

const lengthOf = (part: MappedText | string): number =>
  typeof part === 'string' ? part.length : part.text.length;

/**
 * Quoted values that a list was put into: Falco looks for names of lists in quotes too. The quotes come from one text, something
 * between them from another.
 */
export function listsInQuotes(ast: Ast, text: MappedText): readonly AstText[] {
  const found: AstText[] = [];
  const look = (value: AstText): void => {
    if (value.form !== 'quoted') return;
    const own = text.sourceAt(value.span.start);
    if (text.sourceAt(value.span.end - 1) !== own) return;
    for (let at = value.span.start + 1; at < value.span.end; at++) {
      if (text.sourceAt(at) !== own) return void found.push(value);
    }
  };
  eachComparison(ast, ({ right }) => {
    for (const value of right) if (value.kind === 'text') look(value);
  });
  return found;
}
