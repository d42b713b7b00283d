import moo from 'moo';
import {
  LIST_OPERATORS,
  MODIFIERS,
  NUMBER_OPERATORS,
  SYMBOL_OPERATORS,
  TRANSFORMERS,
  WORD_OPERATORS,
} from './ast.js';

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

/**
 * Finds the next run of characters; `lex` sets its state. One state per position: what a run means depends on where it stands
 * (`evt.num>=0` against `fd.name=/a>=b`).
 */
export const moolexer = moo.states({
  expr: {
    blank,
    index,
    lparen: '(',
    rparen: ')',
    and: new RegExp(`and(?=${BLANKS}|\\(|$)`),
    or: new RegExp(`or(?=${BLANKS}|\\(|$)`),
    // Falco takes these letters for the operator wherever an operand begins: no macro's name can begin with them.
    not: 'not',
    call,
    field,
    identifier: /[a-zA-Z][a-zA-Z0-9_]*/,
    bad,
  },
  op: {
    blank,
    index,
    exists: 'exists',
    listOp: new RegExp(LIST_OPERATORS.join('|')),
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
  items: {
    blank,
    comma: ',',
    listClose: ')',
    // Behind a call only: elsewhere a value may begin with a bracket, as patterns do.
    index: { match: new RegExp(`(?<=\\))${INDEX}`), lineBreaks: true },
    val,
    call,
    quoted,
    openQuote,
    bare,
    bad,
  },
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
