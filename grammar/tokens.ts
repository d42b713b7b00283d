import type { AstCompare, AstText } from './ast.js';
import { indexText } from './quoting.js';

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
