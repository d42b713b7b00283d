import { closest } from '../sensor/core/suggest.js';
import { LIST_OPERATORS, MODIFIERS, TRANSFORMERS, WORD_OPERATORS } from './ast.js';
import type { AstSpan } from './ast.js';
import type { Token } from './tokens.js';

/** What may stand in each state of the lexer, for messages. */
export const EXPECTED = {
  expr: 'a field, a macro, "not" or "("',
  op: 'an operator',
  value: 'a value',
  number: 'a number',
  list: 'a list in parentheses',
  items: 'a value, "," or ")"',
  args: 'a field, quoted text, "," or ")"',
  valArg: 'a field',
} as const;

/** The states of the lexer: what may come next. */
export type State = keyof typeof EXPECTED;

/** Tokens behind which a condition may end. */
const CLOSING: ReadonlySet<string> = new Set([
  'rparen',
  'identifier',
  'exists',
  'test',
  'listClose',
  'index',
]);

/** Does a check end here, so that a connective may follow? */
export const isCloser = (token: Token | undefined): boolean =>
  token !== undefined && CLOSING.has(token.type);

/** What may stand behind a token where the lexer saw no fault. */
export function expectedBehind(token: Token | undefined): string {
  if (isCloser(token)) return '"and", "or" or the end';
  switch (token?.type) {
    case 'call':
      return 'a field or quoted text';
    case 'comma':
    case 'listOpen':
      return 'a value';
    default:
      return EXPECTED.expr;
  }
}

/** The word that begins at `start`, or the one character there. */
export function wordAt(text: string, start: number): AstSpan {
  const word = /^(?:[a-zA-Z0-9_.]+|[^\s])/u.exec(text.slice(start, start + 80));
  return { start, end: Math.min(text.length, start + (word?.[0].length ?? 1)) };
}

/** Text between quotes for a message; what nobody could see is written by number. */
export function shown(text: string): string {
  const seen = text.replaceAll(INVISIBLE, (char) => {
    const code = char.codePointAt(0)!;
    return code < 256
      ? `\\x${code.toString(16).padStart(2, '0')}`
      : `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
  });
  return `"${seen}"`;
}

const INVISIBLE = /[[\p{C}\p{Z}]--[\x20]]/gv;

/** What was probably meant by what cannot stand here. */
export function hintAt(text: string, span: AstSpan, state: State, out: readonly Token[]): string {
  const word = text.slice(span.start, span.end);
  if (/^[\p{C}\p{Z}]/u.test(word)) return 'blanks are space, tab and line ends; write a plain one';
  if (word.startsWith('#')) return 'a condition holds no comments: put it above the key';
  switch (state) {
    case 'op': {
      const end = out.at(-1)?.end;
      if (word === '[' && end !== span.start)
        return 'the argument follows its field without a blank';
      if (word === '[') return 'an argument with blanks, quotes or brackets stands in quotes';
      if (/^\.[0-9]/.test(word))
        return 'words of a field begin with a letter; an index stands in brackets: proc.aname[2]';
      return operatorHint(text.slice(span.start, span.start + 40), word);
    }
    case 'expr':
      return hintBehind(word, span.start, out.at(-1));
    case 'list':
      if (/^["'0-9/.-]/.test(word)) return 'one value stands in parentheses, too: in (a)';
      return word === '[' ? 'a list stands in parentheses: in (a, b)' : ADVICE.list;
    case 'value':
      if (word === '(') return 'one value stands without parentheses; for several write in (a, b)';
      return word === '=' ? 'one "=" is enough; a value with "=" stands in quotes' : ADVICE.value;
    case 'number':
      if (word === '>' && text[span.start - 1] === '<') return 'write !=';
      return 'only numbers are greater or less: no quotes, no names';
    case 'args':
    case 'valArg':
      if (word === 'val') return 'a field stands here without val()';
      return ADVICE[state];
    case 'items':
      return ADVICE.items;
  }
}

/** How each place is filled. */
export const ADVICE = {
  expr: 'as in proc.name = cat, proc.name exists, not (a or b)',
  op: 'as in proc.name = cat, proc.name in (cat, tac), proc.name exists',
  value: 'a value with blanks, quotes, "=", commas or parentheses stands in quotes',
  list: 'as in proc.name in (sh, bash)',
  items: 'commas stand between items; one with blanks, "=" or parentheses stands in quotes',
  args: 'as in tolower(proc.name), concat(proc.name, "-", proc.pname)',
  valArg: 'as in val(proc.pname): one field, no transformer',
} as const;

/** What was probably meant by a word where a check or a connective is due; `last` stands before it. */
export function hintBehind(word: string, start: number, last: Token | undefined): string {
  const known = knownMistake(word, start, last);
  if (known !== undefined) return known;
  if (last?.type === 'call') return ADVICE.args;
  if (!isCloser(last)) return ADVICE.expr;
  return 'checks are joined by and or or; a value with blanks stands in quotes';
}

function knownMistake(word: string, start: number, last: Token | undefined): string | undefined {
  if (word === ',' && last?.type === 'test')
    return 'several values stand in parentheses: in (a, b)';
  if (word === '=' && last?.type === 'test') return 'a value with "=" stands in quotes';
  if (word === '&' || word === '|') return `write ${word === '&' ? 'and' : 'or'}`;
  if (word === '!') return 'write not';
  if (/^(?:AND|OR|NOT)$/i.test(word) && word !== word.toLowerCase())
    return `write ${word.toLowerCase()}`;
  if (last?.type === 'identifier') {
    if (/^(?:AND|OR|NOT)$/i.test(last.text))
      return `"${last.text}" reads as the name of a macro here`;
    if (word === '=' || word === '.' || word === '[')
      return `"${last.text}" is no field: fields have a dot, as proc.name`;
  }
  const value = last?.test?.right.at(-1);
  if (last?.type === 'test' && value?.kind === 'text' && start === last.end) {
    if (/^[0-9]+$/.test(value.value) && /^(?:ns|us|ms|s|m|h|d)$/.test(word))
      return 'times are whole nanoseconds, without unit';
    if (/^[<>]/.test(last.text)) return 'only whole decimal numbers are compared';
    if (last.test?.form === 'name') return 'a list stands in parentheses: in (a, b)';
  }
  if (word === '(' && last?.type === 'test' && value?.kind === 'text' && value.form === 'bare') {
    const name = value.value;
    if (name === 'val' || TRANSFORMERS.some((known) => known === name))
      return `write ${name}( without a blank`;
    if (MODIFIERS.some((known) => known === name)) return `"${last.text}" takes no ${name}`;
  }
  if (last?.type === 'test' && value?.kind === 'text' && /^[~><]$/.test(value.value))
    return value.value === '~' ? 'write glob or regex' : `write ${value.value}=`;
  if ((word === '"' || word === "'") && last?.type === 'test')
    return 'a value with quotes inside stands in quotes as a whole';
  const glued = /^(and|or)./.exec(word);
  return glued === null ? undefined : `"${glued[1]}" needs a blank or "(" behind it`;
}

/** Spellings of other languages, and what is written for them here. */
const OTHER_SPELLINGS: readonly (readonly [RegExp, string])[] = [
  [
    /^not[ \t]+(in|intersects|pmatch|exists)\b/,
    'not stands before the field: not proc.name in (a)',
  ],
  [/^not\b/, 'not stands before the field: not proc.name = a'],
  [/^(?:is[ \t]+not|isnot|ne|<>|!)(?![a-z=])/i, 'write !='],
  [/^(?:is|equals|eq|equal)\b/i, 'write ='],
  [/^(?:like|matches|match|~)/i, 'write glob (with * and ?) or regex'],
  [/^(?:has|includes)\b/i, 'write contains'],
  [/^(?:ge|gte)\b/i, 'write >='],
  [/^(?:le|lte)\b/i, 'write <='],
];

/** @param rest - The text from the word on. */
export function operatorHint(rest: string, word: string): string {
  if (WORD_OPERATORS.some((op) => op === word)) return `"${word}" needs a blank behind it`;
  const other = OTHER_SPELLINGS.find(([pattern]) => pattern.test(rest));
  if (other !== undefined) return other[1];
  const known = [...WORD_OPERATORS, ...LIST_OPERATORS, 'exists'];
  const near = closest(word, known);
  if (near !== undefined) return `did you mean "${near}"?`;
  const glued = WORD_OPERATORS.find((op) => word.startsWith(op));
  return glued === undefined ? ADVICE.op : `"${glued}" needs a blank behind it`;
}

/** What was meant by a name with parentheses behind it. */
export function transformerHint(word: string): string {
  const near = closest(word.toLowerCase(), TRANSFORMERS);
  return near === undefined ? `known are ${TRANSFORMERS.join(', ')}` : `did you mean "${near}"?`;
}
