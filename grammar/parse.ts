import nearley from 'nearley';
import { invariant } from '../sensor/core/errors.js';
import type { Ast } from './ast.js';
import { tree } from './build.js';
import compiled from './condition.generated.js';
import { ADVICE, expectedBehind, hintBehind, shown } from './hints.js';
import { lex } from './lexer.js';
import { ConditionSyntaxError } from './syntax-error.js';
import type { Token } from './tokens.js';

const grammar = nearley.Grammar.fromCompiled(compiled);

/** Feeds nearley from tokens made beforehand, so that a lexical error is ours to word. */
class TokenLexer {
  #tokens: readonly Token[] = [];
  #next = 0;
  feed(tokens: readonly Token[]): void {
    this.#tokens = tokens;
    this.#next = 0;
  }
  next(): Token | undefined {
    return this.#tokens[this.#next++];
  }
  /** nearley hands its chunk back here; the tokens are there already. */
  reset(): void {}
  save(): undefined {
    return undefined;
  }
  formatError(): string {
    return '';
  }
  has(): boolean {
    return true;
  }
}

/**
 * Parses a condition.
 *
 * @returns its only syntax tree.
 * @throws ConditionSyntaxError with the span of what cannot stand there.
 */
export function parse(text: string): Ast {
  const tokens = lex(text);
  if (tokens.length === 0) {
    throw new ConditionSyntaxError(
      'the condition is empty',
      { start: 0, end: text.length },
      ADVICE.expr,
    );
  }
  const lexer = new TokenLexer();
  lexer.feed(tokens);
  const parser = new nearley.Parser(grammar, { lexer: lexer as unknown as nearley.Lexer });
  // nearley's own report walks its whole table; ours names the token.
  (parser as unknown as { reportError: () => string }).reportError = () => '';
  try {
    parser.feed(' ');
  } catch (error) {
    const offset = (error as { offset?: number }).offset;
    if (offset === undefined) throw error;
    throw misplaced(tokens, offset);
  }
  if (parser.results.length === 0) throw misplaced(tokens, tokens.length);
  invariant(parser.results.length === 1, 'the grammar is unambiguous');
  return tree(parser.results[0] as Parameters<typeof tree>[0]);
}

/** Number of parses: 1 for a condition, 0 for anything else (tests). */
export function countParses(text: string): number {
  const lexer = new TokenLexer();
  lexer.feed(lex(text));
  const parser = new nearley.Parser(grammar, { lexer: lexer as unknown as nearley.Lexer });
  parser.feed(' ');
  return parser.results.length;
}

function misplaced(tokens: readonly Token[], offset: number): ConditionSyntaxError {
  const before = tokens[offset - 1];
  const token = tokens[offset];
  const expected = expectedBehind(before);
  if (token === undefined) {
    const end = before?.end ?? 0;
    return new ConditionSyntaxError(
      `expected ${expected}, found the end`,
      { start: end, end },
      hintBehind('', end, before),
    );
  }
  const span = { start: token.start, end: token.end };
  return new ConditionSyntaxError(
    `expected ${expected}, found ${shown(token.text)}`,
    span,
    hintBehind(token.text, token.start, before),
  );
}
