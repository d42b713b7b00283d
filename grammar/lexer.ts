import moo from 'moo';
import { toBytes } from '../sensor/core/bytes.js';
import {
  LIST_OPERATORS,
  MODIFIERS,
  NUMBER_OPERATORS,
  SYMBOL_OPERATORS,
  TRANSFORMERS,
  WORD_OPERATORS,
} from './ast.js';
import type { AstCompare, AstModifier, AstOperator, AstSpan, AstText } from './ast.js';

/** Types of tokens that the grammar sees; blanks never reach it. */
export type TokenType =
  | 'and'
  | 'or'
  | 'not'
  | 'lparen'
  | 'rparen'
  | 'identifier'
  | 'field'
  | 'exists'
  | 'test'
  | 'compareOp'
  | 'modifier'
  | 'value'
  | 'listOpen'
  | 'comma'
  | 'listClose'
  | 'val'
  | 'call'
  | 'index';

export interface Token {
  readonly type: TokenType;
  /** As written; for a quoted value and for an index, what it stands for. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
  readonly quoted: boolean;
  /**
   * Of a `test`: the comparison but for its left side. One token for an operator and all its literals spares the grammar the
   * items of a list and half of the tokens of a check.
   */
  readonly test: Omit<AstCompare, 'kind' | 'left' | 'span'> | null;
}

/** What the text breaks, and where. */
export class ConditionSyntaxError extends Error {
  override readonly name = 'ConditionSyntaxError';
  constructor(
    message: string,
    readonly span: AstSpan,
    readonly hint?: string,
  ) {
    super(message);
  }
}

/** Parentheses and `not` may nest this deep (Falco's own limit). */
export const MAX_DEPTH = 1000;

const BLANKS = '[ \\x08\\t\\n\\r]';
const QUOTED = `"(?:[^"]|(?<=\\\\)")*(?<!\\\\)"|'(?:[^']|(?<=\\\\)')*(?<!\\\\)'`;
const INDEX = `\\[(?:${QUOTED}|[^\\]\\["' \\x08\\t\\n\\r]+)\\]`;
const FIELD = `[a-zA-Z][a-zA-Z0-9_]*(?:\\.[a-zA-Z][a-zA-Z0-9_]*)+(?:${INDEX})?`;

const blank = { match: new RegExp(`${BLANKS}+`), lineBreaks: true };
const index = { match: new RegExp(INDEX), lineBreaks: true };
const field = { match: new RegExp(FIELD), lineBreaks: true };
const quoted = { match: new RegExp(QUOTED), lineBreaks: true };
const bare = /[^()"'=, \b\t\n\r]+/;
const openQuote = /["']/;
const call = new RegExp(`(?:${TRANSFORMERS.join('|')})\\(`);
const val = /val\(/;
const bad = moo.error;

// One state per position: what a run of characters means depends on where it stands (`evt.num>=0` against `fd.name=/a>=b`).
const moolexer = moo.states({
  expr: {
    blank,
    index,
    lparen: '(',
    rparen: ')',
    and: new RegExp(`and(?=${BLANKS}|\\(|$)`),
    or: new RegExp(`or(?=${BLANKS}|\\(|$)`),
    not: new RegExp(`not(?=${BLANKS}|\\(|$)`),
    call,
    field,
    identifier: /[a-zA-Z][a-zA-Z0-9_]*/,
    bad,
  },
  op: {
    blank,
    index,
    exists: 'exists',
    listOp: new RegExp(`(?:${LIST_OPERATORS.join('|')})(?![a-zA-Z0-9_])`),
    numOp: new RegExp(NUMBER_OPERATORS.join('|')),
    strOp: new RegExp(`${SYMBOL_OPERATORS.join('|')}|(?:${WORD_OPERATORS.join('|')})(?=${BLANKS})`),
    bad,
  },
  value: {
    blank,
    modifier: new RegExp(
      `(?:${MODIFIERS.join('|')})(?=${BLANKS}*\\(|${BLANKS}+(?!(?:and|or)(?:${BLANKS}|\\())[a-zA-Z])`,
    ),
    val,
    call,
    quoted,
    openQuote,
    bare,
    bad,
  },
  number: {
    blank,
    val,
    call,
    number: /0[xX][0-9a-zA-Z]+|[+-]?[0-9]+\.?[0-9]*(?:[eE][+-][0-9]+)?/,
    bad,
  },
  list: { blank, listOpen: '(', val, call, listName: /[a-zA-Z][a-zA-Z0-9_]*/, bad },
  items: { blank, comma: ',', listClose: ')', index, val, call, quoted, openQuote, bare, bad },
  args: {
    blank,
    comma: ',',
    lparen: '(',
    rparen: ')',
    index,
    call,
    field,
    quoted,
    openQuote,
    bad,
  },
  valArg: { blank, field, rparen: ')', bad },
});

/** The states of the lexer: what may come next. */
type State = keyof typeof EXPECTED;

/** Where lexing goes on after the parenthesis that is open is closed. */
type Frame = 'group' | 'left' | 'right' | 'item' | 'arg' | 'argList';

/**
 * Cuts a condition into tokens.
 *
 * @throws ConditionSyntaxError at the first character that cannot stand where it stands.
 */
export function lex(text: string): Token[] {
  const out: Token[] = [];
  const frames: Frame[] = [];
  let state = 'expr' as State;
  let nots = 0;
  moolexer.reset(text);
  moolexer.setState('expr');

  const go = (next: State): void => {
    state = next;
    moolexer.setState(next);
  };
  const open = (frame: Frame, next: State, at: number): void => {
    frames.push(frame);
    if (frames.length + nots > MAX_DEPTH) {
      throw new ConditionSyntaxError(`nested deeper than ${MAX_DEPTH} levels`, {
        start: at,
        end: at + 1,
      });
    }
    go(next);
  };
  const afterOperand = (frame: Frame): void => {
    if (frame === 'left') go('op');
    else if (frame === 'right') go('expr');
    else go(frame === 'item' ? 'items' : 'args');
  };
  const emit = (
    type: TokenType,
    start: number,
    end: number,
    word: string,
    isQuoted = false,
  ): void => {
    out.push({ type, text: word, start, end, quoted: isQuoted, test: null });
  };
  /** Which frame an operand beginning here belongs to. */
  const operandFrame = (): Frame =>
    state === 'expr' ? 'left' : state === 'items' ? 'item' : state === 'args' ? 'arg' : 'right';

  for (let token = moolexer.next(); token !== undefined; token = moolexer.next()) {
    const start = token.offset;
    const end = start + token.text.length;
    const word = token.text;
    switch (token.type) {
      case 'blank':
        break;
      case 'lparen':
        if (state === 'args') {
          emit('listOpen', start, end, word);
          open('argList', 'args', start);
        } else {
          emit('lparen', start, end, word);
          open('group', 'expr', start);
        }
        break;
      case 'rparen': {
        const frame = frames.pop();
        if (frame === undefined) {
          throw new ConditionSyntaxError('")" closes nothing', { start, end });
        }
        emit(frame === 'argList' ? 'listClose' : 'rparen', start, end, word);
        if (frame === 'group') go('expr');
        else if (frame === 'argList') go('args');
        else afterOperand(frame);
        break;
      }
      case 'and':
      case 'or':
        nots = 0;
        emit(token.type, start, end, word);
        break;
      case 'not':
        nots++;
        if (frames.length + nots > MAX_DEPTH) {
          throw new ConditionSyntaxError(`nested deeper than ${MAX_DEPTH} levels`, { start, end });
        }
        emit('not', start, end, word);
        break;
      case 'call':
        emit('call', start, end, word.slice(0, -1));
        open(operandFrame(), 'args', start);
        break;
      case 'val':
        emit('val', start, end, word);
        open(operandFrame(), 'valArg', start);
        break;
      case 'field':
        emit('field', start, end, word);
        if (state === 'expr') go('op');
        break;
      case 'index': {
        const before = out.at(-1);
        if (before?.type !== 'rparen' || before.end !== start) throw unexpected(text, start, state);
        emit('index', start, end, indexText(word, start + 1));
        break;
      }
      case 'identifier':
        emit('identifier', start, end, word);
        break;
      case 'exists':
        emit('exists', start, end, word);
        go('expr');
        break;
      case 'numOp':
        emit('compareOp', start, end, word);
        go('number');
        break;
      case 'strOp':
        emit('compareOp', start, end, word);
        go('value');
        break;
      case 'listOp':
        emit('compareOp', start, end, word);
        go('list');
        break;
      case 'modifier':
        emit('modifier', start, end, word);
        go('list');
        break;
      case 'listName':
        foldTest(out, [bareText(word, start, end)], 'name', { start, end });
        go('expr');
        break;
      case 'listOpen':
        emit('listOpen', start, end, word);
        open('right', 'items', start);
        break;
      case 'listClose':
        frames.pop();
        emit('listClose', start, end, word);
        foldLiterals(out);
        go('expr');
        break;
      case 'comma':
        emit('comma', start, end, word);
        break;
      case 'quoted':
      case 'bare':
      case 'number':
        if (token.type === 'quoted') emit('value', start, end, unquote(word, start), true);
        else emit('value', start, end, toBytes(word));
        if (state === 'value' || state === 'number') {
          foldTest(out, [textOf(out.pop()!)], 'one', { start, end });
          go('expr');
        }
        break;
      case 'openQuote':
        throw new ConditionSyntaxError(
          `quoted text is not closed`,
          { start, end: text.length },
          /\\["']/.test(text.slice(start))
            ? 'a quote behind a backslash does not close; a quoted value cannot end in a backslash'
            : undefined,
        );
      default:
        throw unexpected(text, start, state);
    }
  }
  if (frames.length > 0) {
    throw new ConditionSyntaxError('")" is missing at the end', at(text, text.length));
  }
  if (state !== 'expr') throw unexpected(text, text.length, state);
  return out;
}

/** Token types by name, for the grammar. nearley compares `type`; its typings only know `test`. */
export const tokens = Object.fromEntries(
  (
    [
      'and',
      'or',
      'not',
      'lparen',
      'rparen',
      'identifier',
      'field',
      'exists',
      'test',
      'compareOp',
      'modifier',
      'value',
      'listOpen',
      'comma',
      'listClose',
      'val',
      'call',
      'index',
    ] satisfies TokenType[]
  ).map((type) => [type, { type }]),
) as unknown as Readonly<Record<TokenType, { readonly test: (token: Token) => boolean }>>;

/** What may stand in each state, for messages. */
const EXPECTED = {
  expr: 'a field, a macro, "not" or "("',
  op: 'an operator',
  value: 'a value',
  number: 'a number',
  list: 'a list in parentheses',
  items: 'a value, "," or ")"',
  args: 'a field, quoted text, "," or ")"',
  valArg: 'a field',
} as const;

function at(text: string, start: number): AstSpan {
  const word = /^(?:[a-zA-Z0-9_.]+|[^\s])/.exec(text.slice(start, start + 80));
  return { start, end: Math.min(text.length, start + (word?.[0].length ?? 1)) };
}

function unexpected(text: string, start: number, state: State): ConditionSyntaxError {
  const span = at(text, start);
  const found = start >= text.length ? 'the end' : `"${text.slice(span.start, span.end)}"`;
  return new ConditionSyntaxError(`expected ${EXPECTED[state]}, found ${found}`, span);
}

/** `op value` → one `test` token. */
function foldTest(
  out: Token[],
  right: readonly AstText[],
  form: AstCompare['form'],
  rightSpan: AstSpan,
): void {
  const modifier = out.at(-1)?.type === 'modifier' ? out.pop()! : null;
  const op = out.pop()!;
  out.push({
    type: 'test',
    text: op.text,
    start: op.start,
    end: rightSpan.end,
    quoted: false,
    test: {
      op: op.text as AstOperator,
      modifier: modifier === null ? null : (modifier.text as AstModifier),
      right,
      form,
      opSpan: { start: op.start, end: op.end },
      rightSpan,
    },
  });
}

const bareText = (word: string, start: number, end: number): AstText => ({
  kind: 'text',
  value: word,
  form: 'bare',
  span: { start, end },
});

/** `op (a, b)` → one `test` token, unless an operand stands in the list: then the grammar sees the items. */
function foldLiterals(out: Token[]): void {
  let first = out.length - 1;
  while (out[first]!.type !== 'listOpen') {
    const type = out[first]!.type;
    if (type !== 'value' && type !== 'comma' && type !== 'listClose') return;
    first--;
  }
  const open = out[first]!;
  const close = out.at(-1)!;
  const inner = out.splice(first).slice(1, -1);
  const items: AstText[] = [];
  inner.forEach((token, i) => {
    const wanted = i % 2 === 0 ? 'value' : 'comma';
    if (token.type !== wanted || (wanted === 'comma' && i === inner.length - 1)) {
      const wrong = token.type === wanted ? close : token;
      throw new ConditionSyntaxError(
        wanted === 'value'
          ? `expected a value, found "${wrong.text}"`
          : `expected ${wrong === close ? 'a value' : '"," or ")"'}, found "${wrong.text}"`,
        { start: wrong.start, end: wrong.end },
      );
    }
    if (wanted === 'value') items.push(textOf(token));
  });
  foldTest(out, items, 'list', { start: open.start, end: close.end });
}

/** A value token as a node. */
export function textOf(token: Token): AstText {
  return {
    kind: 'text',
    value: token.text,
    form: token.quoted ? 'quoted' : 'bare',
    span: { start: token.start, end: token.end },
  };
}

/** Splits `proc.env[HOME]` into name and argument. */
export function splitField(token: Token): { name: string; arg: string | null } {
  const open = token.text.indexOf('[');
  if (open < 0) return { name: token.text, arg: null };
  return {
    name: token.text.slice(0, open),
    arg: indexText(token.text.slice(open), token.start + open + 1),
  };
}

function indexText(bracketed: string, start: number): string {
  const inner = bracketed.slice(1, -1);
  return inner.startsWith('"') || inner.startsWith("'") ? unquote(inner, start) : toBytes(inner);
}

const ESCAPES: Readonly<Record<string, string>> = {
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  '\\': '\\',
  '/': '/',
  // Falco: the backslash stays, the blank goes.
  ' ': '\\',
};

/** Resolves the escapes of a quoted value into bytes. */
function unquote(word: string, start: number): string {
  const inner = word.slice(1, -1);
  if (inner.includes('\0')) throw nul(start, word.length);
  if (!inner.includes('\\')) return toBytes(inner);
  let out = '';
  for (let i = 0; i < inner.length;) {
    const backslash = inner.indexOf('\\', i);
    if (backslash < 0) return out + toBytes(inner.slice(i));
    out += toBytes(inner.slice(i, backslash));
    const next = inner[backslash + 1];
    const hex = /^[0-9a-fA-F]{2}/.exec(inner.slice(backslash + 2, backslash + 4));
    if (next === 'x' && hex !== null) {
      if (hex[0] === '00') throw nul(start + 1 + backslash, 4);
      out += String.fromCharCode(parseInt(hex[0], 16));
      i = backslash + 4;
    } else {
      const char = next === word[0] ? next : next === undefined ? undefined : ESCAPES[next];
      if (char === undefined) {
        throw new ConditionSyntaxError(
          `"\\${next ?? ''}" is no escape`,
          { start: start + 1 + backslash, end: start + 3 + backslash },
          'known are \\b \\f \\n \\r \\t \\\\ \\/ \\xHH and the enclosing quote; write \\\\ for a backslash',
        );
      }
      out += char;
      i = backslash + 2;
    }
  }
  return out;
}

function nul(start: number, length: number): ConditionSyntaxError {
  return new ConditionSyntaxError('a value cannot hold a NUL byte', { start, end: start + length });
}
