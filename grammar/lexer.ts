import { toBytes } from '../sensor/core/bytes.js';
import type { AstSpan, AstText } from './ast.js';
import { foldLiterals, foldTest } from './fold.js';
import { moolexer } from './patterns.js';
import { indexText, unquote } from './quoting.js';
import { ConditionSyntaxError } from './syntax-error.js';
import { textOf } from './tokens.js';
import type { Token, TokenType } from './tokens.js';

/** Parentheses and `not` may nest this deep (Falco's own limit). */
export const MAX_DEPTH = 1000;

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

const bareText = (word: string, start: number, end: number): AstText => ({
  kind: 'text',
  value: word,
  form: 'bare',
  span: { start, end },
});
