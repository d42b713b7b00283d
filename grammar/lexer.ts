import { toBytes } from '../sensor/core/bytes.js';
import { TRANSFORMERS } from './ast.js';
import type { AstText } from './ast.js';
import { foldLiterals, foldTest } from './fold.js';
import {
  EXPECTED,
  expectedBehind,
  hintAt,
  hintBehind,
  isCloser,
  operatorHint,
  shown,
  transformerHint,
  wordAt,
} from './hints.js';
import type { State } from './hints.js';
import { moolexer } from './patterns.js';
import { indexText, unquote } from './quoting.js';
import { ConditionSyntaxError } from './syntax-error.js';
import { textOf } from './tokens.js';
import type { Token, TokenType } from './tokens.js';

/** Parentheses and `not` may nest this deep (Falco's own limit). */
export const MAX_DEPTH = 1000;
/** A condition has so many parts at most, values in lists not counted: some 100,000 checks. The parser keeps something of each. */
export const MAX_PARTS = 300_000;

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
  /** Where the parentheses of `frames` are. */
  const opened: number[] = [];
  let state = 'expr' as State;
  let nots = 0;
  let parts = 0;
  const nul = text.indexOf('\0');
  if (nul >= 0) {
    throw new ConditionSyntaxError(
      'a condition cannot hold a NUL byte',
      { start: nul, end: nul + 1 },
      'no value of an event holds one: remove it',
    );
  }
  moolexer.reset(text);
  moolexer.setState('expr');

  const go = (next: State): void => {
    state = next;
    moolexer.setState(next);
  };
  const open = (frame: Frame, next: State, at: number): void => {
    frames.push(frame);
    opened.push(at);
    if (frames.length + nots > MAX_DEPTH) {
      throw tooDeep(at, at + 1);
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
    if (type !== 'value' && type !== 'comma' && ++parts > MAX_PARTS) {
      throw new ConditionSyntaxError(
        `the condition has more than ${MAX_PARTS} parts`,
        { start, end },
        'several values of a field go into one list: in (a, b)',
      );
    }
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
          refuseCall(out.at(-1), start);
          emit('lparen', start, end, word);
          open('group', 'expr', start);
        }
        break;
      case 'rparen': {
        const frame = frames.pop();
        if (frame === undefined) {
          throw new ConditionSyntaxError(
            '")" closes nothing',
            { start, end },
            'remove it, or open it with "("',
          );
        }
        opened.pop();
        emit(frame === 'argList' ? 'listClose' : 'rparen', start, end, word);
        if (frame === 'group') go('expr');
        else if (frame === 'argList') go('args');
        else afterOperand(frame);
        break;
      }
      case 'and':
      case 'or': {
        nots = 0;
        // Where a check is due they are names: Falco's `and and and` joins the macro of that name with itself.
        const before = out.at(-1);
        emit(isCloser(before) ? token.type : 'identifier', start, end, word);
        break;
      }
      case 'not':
        if (!isBoundary(text[end])) throw glued(text, start, 'not', out);
        nots++;
        if (frames.length + nots > MAX_DEPTH) {
          throw tooDeep(start, end);
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
        if (before?.type !== 'rparen' || before.end !== start)
          throw unexpected(text, start, state, out);
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
        refuseLongerWord(text, start, end);
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
        opened.pop();
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
            : `it ends with ${text[start]!}, the quote it begins with`,
        );
      default:
        throw unexpected(text, start, state, out);
    }
  }
  if (frames.length > 0) {
    const before = text.slice(0, opened.at(-1)).split('\n');
    throw new ConditionSyntaxError(
      '")" is missing at the end',
      { start: text.length, end: text.length },
      `the "(" in line ${before.length}, column ${before.at(-1)!.length + 1} is not closed`,
    );
  }
  if (state !== 'expr') throw unexpected(text, text.length, state, out);
  return out;
}

const isBoundary = (char: string | undefined): boolean =>
  char === undefined || ' \b\t\n\r('.includes(char);

function unexpected(
  text: string,
  start: number,
  state: State,
  out: readonly Token[],
): ConditionSyntaxError {
  const span = wordAt(text, start);
  const found = start >= text.length ? 'the end' : shown(text.slice(span.start, span.end));
  const expected = state === 'expr' ? expectedBehind(out.at(-1)) : EXPECTED[state];
  return new ConditionSyntaxError(
    `expected ${expected}, found ${found}`,
    span,
    hintAt(text, span, state, out),
  );
}

/**
 * `in` needs nothing behind it, so `inside (a)` begins with it; but a word with parentheses behind it is an operator that
 * does not exist.
 */
function refuseLongerWord(text: string, start: number, end: number): void {
  const rest = /^[a-zA-Z0-9_]+(?=[ \b\t\n\r]*\()/.exec(text.slice(end, end + 80))?.[0];
  if (rest === undefined || TRANSFORMERS.some((name) => name === rest) || rest === 'val') return;
  const word = text.slice(start, end + rest.length);
  throw new ConditionSyntaxError(
    `expected ${EXPECTED.op}, found "${word}"`,
    { start, end: end + rest.length },
    operatorHint(word, word),
  );
}

/** Behind a name no parenthesis opens: what was meant is a call, or a connective is missing. */
function refuseCall(before: Token | undefined, start: number): void {
  if (before?.type !== 'identifier') return;
  const { text: word, end } = before;
  const isKnown = TRANSFORMERS.some((name) => name === word);
  if (word === 'val') {
    throw new ConditionSyntaxError(
      'val(…) stands behind an operator only',
      { start: before.start, end: start + 1 },
      'on the left the field stands as it is: proc.name = val(proc.pname)',
    );
  }
  if (end === start && !isKnown && word !== 'and' && word !== 'or') {
    throw new ConditionSyntaxError(
      `there is no transformer "${word}"`,
      { start: before.start, end },
      transformerHint(word),
    );
  }
  throw new ConditionSyntaxError(
    `expected ${expectedBehind(before)}, found "("`,
    { start, end: start + 1 },
    isKnown ? `write ${word}( without a blank` : hintBehind('(', start, before),
  );
}

const tooDeep = (start: number, end: number): ConditionSyntaxError =>
  new ConditionSyntaxError(
    `nested deeper than ${MAX_DEPTH} levels`,
    { start, end },
    'parts of it may become macros',
  );

function glued(
  text: string,
  start: number,
  word: string,
  out: readonly Token[],
): ConditionSyntaxError {
  const span = wordAt(text, start);
  const expected = expectedBehind(out.at(-1));
  return new ConditionSyntaxError(
    `expected ${expected}, found "${text.slice(span.start, span.end)}"`,
    span,
    `"${word}" needs a blank or "(" behind it: no name can begin with it`,
  );
}

const bareText = (word: string, start: number, end: number): AstText => ({
  kind: 'text',
  value: word,
  form: 'bare',
  span: { start, end },
});
