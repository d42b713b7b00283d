/**
 * Postprocessors of condition.ne. Pure: an Earley parser runs them on branches that it discards.
 */
import type {
  Ast,
  AstCall,
  AstCompare,
  AstField,
  AstModifier,
  AstOperand,
  AstOperator,
  AstSpan,
  AstTransformer,
  AstValue,
} from './ast.js';
import { splitField, textOf } from './tokens.js';
import type { Token } from './tokens.js';

type Right = Pick<AstCompare, 'right' | 'form' | 'rightSpan'>;
type Tail<T> = readonly (readonly [Token, T])[];
type Arg = AstCall['args'][number];

/** nearley hands over an array; the functions below name its parts. */
const from =
  <P extends unknown[], R>(make: (...parts: P) => R) =>
  (parts: unknown[]): R =>
    make(...(parts as P));

const spanOf = (first: Token | { span: AstSpan }, last: Token | { span: AstSpan }): AstSpan => ({
  start: 'span' in first ? first.span.start : first.start,
  end: 'span' in last ? last.span.end : last.end,
});

const chain =
  (kind: 'and' | 'or') =>
  (first: Ast, tail: Tail<Ast>): Ast => {
    if (tail.length === 0) return first;
    const items = listed(first, tail);
    return { kind, items, span: spanOf(first, items.at(-1)!) };
  };
const listed = <T>(first: T, tail: Tail<T>): readonly T[] => [
  first,
  ...tail.map(([, item]) => item),
];

export const or = from(chain('or'));
export const and = from(chain('and'));
export const not = from((word: Token, item: Ast): Ast => ({
  kind: 'not',
  item,
  span: spanOf(word, item),
}));
/** Parentheses only group: the node inside keeps its kind, its span takes them in. */
export const group = from((open: Token, inner: Ast, close: Token): Ast => ({
  ...inner,
  span: spanOf(open, close),
}));
export const macro = from((word: Token): Ast => ({
  kind: 'macro',
  name: word.text,
  span: spanOf(word, word),
}));
export const exists = from((left: AstOperand, op: Token): Ast => ({
  kind: 'exists',
  left,
  opSpan: spanOf(op, op),
  span: spanOf(left, op),
}));

const comparison = (
  left: AstOperand,
  op: Token,
  modifier: Token | null,
  right: Right,
): AstCompare => ({
  kind: 'compare',
  op: op.text as AstOperator,
  modifier: modifier === null ? null : (modifier.text as AstModifier),
  left,
  right: right.right,
  form: right.form,
  opSpan: spanOf(op, op),
  rightSpan: right.rightSpan,
  span: { start: left.span.start, end: right.rightSpan.end },
});
/** An operator and its literals, which the lexer made one token. */
export const test = from((left: AstOperand, token: Token): AstCompare => ({
  ...token.test!,
  kind: 'compare',
  left,
  span: { start: left.span.start, end: token.end },
}));
export const compare = from((left: AstOperand, op: Token, right: Right) =>
  comparison(left, op, null, right),
);
export const compareModified = from(comparison);

const fieldNode = (token: Token, val: boolean, span: AstSpan): AstField => ({
  kind: 'field',
  ...splitField(token),
  val,
  span,
});
export const field = from((token: Token) => fieldNode(token, false, spanOf(token, token)));
export const val = from((open: Token, token: Token, close: Token) =>
  fieldNode(token, true, spanOf(open, close)),
);
export const call = from(
  (name: Token, args: readonly Arg[], close: Token, index?: Token): AstCall => ({
    kind: 'call',
    name: name.text as AstTransformer,
    args,
    index: index === undefined ? null : index.text,
    span: spanOf(name, index ?? close),
  }),
);
export const sequence = from(listed<Arg>);
export const argList = from((_open: Token, first: AstOperand, tail: Tail<AstOperand>): Arg =>
  listed(first, tail),
);
export const text = from(textOf);

const one = (value: AstValue): Right => ({ right: [value], form: 'one', rightSpan: value.span });
export const oneOperand = from(one);
export const mixedList = from(
  (open: Token, first: AstValue, tail: Tail<AstValue>, close: Token): Right => ({
    right: listed(first, tail),
    form: 'list',
    rightSpan: spanOf(open, close),
  }),
);
