/**
 * The syntax tree of a condition: structure only. Names are not looked up, literals have no type yet.
 * Spans count UTF-16 units of the condition's text.
 */

/** Where a node stands in the condition's text, end exclusive. */
export interface AstSpan {
  readonly start: number;
  readonly end: number;
}

export const TRANSFORMERS = [
  'tolower',
  'toupper',
  'b64',
  'basename',
  'len',
  'join',
  'concat',
  'getopt',
] as const;
export type AstTransformer = (typeof TRANSFORMERS)[number];

export const NUMBER_OPERATORS = ['<=', '<', '>=', '>'] as const;
export const SYMBOL_OPERATORS = ['==', '=', '!='] as const;
/** These need a blank behind them. */
export const WORD_OPERATORS = [
  'contains',
  'icontains',
  'bcontains',
  'startswith',
  'bstartswith',
  'endswith',
  'glob',
  'iglob',
  'regex',
] as const;
export const LIST_OPERATORS = ['intersects', 'in', 'pmatch'] as const;
export const MODIFIERS = ['oneof', 'anyof', 'allof'] as const;

/** Operators as written: `==` is kept apart from `=`. */
export type AstOperator =
  | (typeof NUMBER_OPERATORS)[number]
  | (typeof SYMBOL_OPERATORS)[number]
  | (typeof WORD_OPERATORS)[number]
  | (typeof LIST_OPERATORS)[number];
export type AstModifier = (typeof MODIFIERS)[number];

/** A literal: bytes, since `\xHH` names a byte. */
export interface AstText {
  readonly kind: 'text';
  /** One character per byte; escapes are resolved. */
  readonly value: string;
  readonly form: 'bare' | 'quoted';
  readonly span: AstSpan;
}

export interface AstField {
  readonly kind: 'field';
  /** `proc.aname`; a dotted argument (`evt.arg.flags`) is still part of it. */
  readonly name: string;
  /** What stands in brackets. */
  readonly arg: string | null;
  /** On the right-hand side: `val(proc.pname)`. */
  readonly val: boolean;
  readonly span: AstSpan;
}

export interface AstCall {
  readonly kind: 'call';
  readonly name: AstTransformer;
  /** A nested array is a parenthesised list: `join(",", (proc.name, proc.pname))`. */
  readonly args: readonly (AstOperand | AstText | readonly (AstOperand | AstText)[])[];
  /** `getopt(…)[n]` → `n`. */
  readonly index: string | null;
  readonly span: AstSpan;
}

export type AstOperand = AstField | AstCall;
export type AstValue = AstText | AstOperand;

export interface AstCompare {
  readonly kind: 'compare';
  readonly op: AstOperator;
  readonly modifier: AstModifier | null;
  readonly left: AstOperand;
  readonly right: readonly AstValue[];
  /** `one`: a value; `list`: in parentheses; `name`: the bare name of a list (`in shells`), which stands as one bare text. */
  readonly form: 'one' | 'list' | 'name';
  readonly opSpan: AstSpan;
  readonly rightSpan: AstSpan;
  readonly span: AstSpan;
}

export type Ast =
  | { readonly kind: 'and' | 'or'; readonly items: readonly Ast[]; readonly span: AstSpan }
  | { readonly kind: 'not'; readonly item: Ast; readonly span: AstSpan }
  | { readonly kind: 'macro'; readonly name: string; readonly span: AstSpan }
  | {
      readonly kind: 'exists';
      readonly left: AstOperand;
      readonly opSpan: AstSpan;
      readonly span: AstSpan;
    }
  | AstCompare;
