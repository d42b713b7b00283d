import { toBytes } from '../sensor/core/bytes.js';
import { closest } from '../sensor/core/suggest.js';
import { LIST_OPERATORS, TRANSFORMERS, WORD_OPERATORS } from './ast.js';
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
  const nul = text.indexOf('\0');
  if (nul >= 0) {
    throw new ConditionSyntaxError('a condition cannot hold a NUL byte', {
      start: nul,
      end: nul + 1,
    });
  }
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
        if (!isBoundary(text[end])) throw glued(text, start, 'not', out);
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
        throw unexpected(text, start, state, out);
    }
  }
  if (frames.length > 0) {
    throw new ConditionSyntaxError('")" is missing at the end', at(text, text.length));
  }
  if (state !== 'expr') throw unexpected(text, text.length, state, out);
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

/** Tokens behind which a condition may end. */
const CLOSING: ReadonlySet<string> = new Set([
  'rparen',
  'identifier',
  'exists',
  'test',
  'listClose',
  'index',
]);

/** What may stand behind a token, where a check or a connective is due. */
export function expectedBehind(token: Token | undefined): string {
  return token !== undefined && CLOSING.has(token.type) ? '"and", "or" or the end' : EXPECTED.expr;
}

const isBoundary = (char: string | undefined): boolean =>
  char === undefined || ' \b\t\n\r('.includes(char);

function at(text: string, start: number): AstSpan {
  const word = /^(?:[a-zA-Z0-9_.]+|[^\s])/.exec(text.slice(start, start + 80));
  return { start, end: Math.min(text.length, start + (word?.[0].length ?? 1)) };
}

function unexpected(
  text: string,
  start: number,
  state: State,
  out: readonly Token[],
): ConditionSyntaxError {
  const span = at(text, start);
  const found = start >= text.length ? 'the end' : `"${text.slice(span.start, span.end)}"`;
  const expected = state === 'expr' ? expectedBehind(out.at(-1)) : EXPECTED[state];
  return new ConditionSyntaxError(
    `expected ${expected}, found ${found}`,
    span,
    hintAt(text, span, state, out),
  );
}

/** What was probably meant by what cannot stand here. */
function hintAt(
  text: string,
  span: AstSpan,
  state: State,
  out: readonly Token[],
): string | undefined {
  const word = text.slice(span.start, span.end);
  switch (state) {
    case 'op': {
      const end = out.at(-1)?.end;
      if (word === '[' && end !== span.start)
        return 'the argument follows its field without a blank';
      if (word === '[') return 'an argument with blanks, quotes or brackets stands in quotes';
      return operatorHint(text.slice(span.start, span.start + 40), word);
    }
    case 'expr':
      return hintBehind(word, span.start, out.at(-1));
    case 'list':
      return word === '[' ? 'a list stands in parentheses: in (a, b)' : undefined;
    case 'value':
      return word === '('
        ? 'one value stands without parentheses; for several write in (a, b)'
        : undefined;
    case 'number':
      return 'only numbers are greater or less: no quotes, no names';
    default:
      return undefined;
  }
}

/** What was probably meant by a word where a check or a connective is due; `last` stands before it. */
export function hintBehind(
  word: string,
  start: number,
  last: Token | undefined,
): string | undefined {
  if (word === ',' && last?.type === 'test')
    return 'several values stand in parentheses: in (a, b)';
  if (word === '=' && last?.type === 'test') return 'a value with "=" stands in quotes';
  if (word === '&' || word === '|') return `write ${word === '&' ? 'and' : 'or'}`;
  if (word === '!') return 'write not';
  if (/^(?:AND|OR|NOT)$/i.test(word) && word !== word.toLowerCase())
    return `write ${word.toLowerCase()}`;
  const value = last?.test?.right.at(-1);
  if (last?.type === 'test' && value?.kind === 'text' && start === last.end) {
    if (/^[0-9]+$/.test(value.value) && /^(?:ns|us|ms|s|m|h|d)$/.test(word))
      return 'times are whole nanoseconds, without unit';
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
function operatorHint(rest: string, word: string): string | undefined {
  if (WORD_OPERATORS.some((op) => op === word)) return `"${word}" needs a blank behind it`;
  const other = OTHER_SPELLINGS.find(([pattern]) => pattern.test(rest));
  if (other !== undefined) return other[1];
  const known = [...WORD_OPERATORS, ...LIST_OPERATORS, 'exists'];
  const near = closest(word, known);
  if (near !== undefined) return `did you mean "${near}"?`;
  const glued = WORD_OPERATORS.find((op) => word.startsWith(op));
  return glued === undefined ? undefined : `"${glued}" needs a blank behind it`;
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

function glued(
  text: string,
  start: number,
  word: string,
  out: readonly Token[],
): ConditionSyntaxError {
  const span = at(text, start);
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
