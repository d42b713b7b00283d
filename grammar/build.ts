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
  AstText,
  AstTransformer,
  AstValue,
} from './ast.js';
import { splitField, textOf } from './tokens.js';
import type { Token } from './tokens.js';

type Right = Pick<AstCompare, 'right' | 'form' | 'rightSpan'>;
/** What stands between commas. */
type Arg = AstCall['args'][number] | AstValue;

/** nearley hands over an array; the functions below name its parts. */
const from =
  <P extends unknown[], R>(make: (...parts: P) => R) =>
  (parts: unknown[]): R =>
    make(...(parts as P));

const spanOf = (first: Token | { span: AstSpan }, last: Token | { span: AstSpan }): AstSpan => ({
  start: 'span' in first ? first.span.start : first.start,
  end: 'span' in last ? last.span.end : last.end,
});

/**
 * Items divided by `and`, `or` or commas, as far as they are read. The parser completes such a chain behind every item, because it
 * may end there: so each step adds one link and copies nothing, and `tree` or `listed` makes the array once it is known whole.
 */
class Chain<T> {
  constructor(
    readonly kind: 'and' | 'or' | 'list',
    readonly before: Chain<T> | T | null,
    readonly item: Chain<T> | T,
    readonly span: AstSpan,
  ) {}
}

/** A node that stands in parentheses: what it is part of takes them in, its own span does not. */
class Grouped {
  constructor(
    readonly node: Ast,
    readonly span: AstSpan,
  ) {}
}

/** What a rule for conditions gives. */
type Part = Chain<Part> | Grouped | Ast;

const link =
  (kind: 'and' | 'or') =>
  (before: Part, _word: Token, item: Part): Chain<Part> =>
    new Chain(kind, before, item, spanOf(before, item));

export const or = from(link('or'));
export const and = from(link('and'));
export const first = from((item: Arg) => new Chain<Arg>('list', null, item, NOWHERE));
export const next = from(
  (before: Chain<Arg>, _comma: Token, item: Arg) => new Chain('list', before, item, NOWHERE),
);
const NOWHERE: AstSpan = { start: 0, end: 0 };

/** The tree of a part that is known to be whole. */
export function tree(part: Part): Ast {
  if (part instanceof Grouped) return part.node;
  if (!(part instanceof Chain)) return part;
  const { span } = part;
  const kind = part.kind === 'and' ? 'and' : 'or';
  const items: Ast[] = [];
  let rest: Part = part;
  for (; rest instanceof Chain && rest.kind === kind; rest = rest.before!)
    items.push(tree(rest.item));
  items.push(tree(rest));
  return { kind, items: items.reverse(), span };
}

function listed<T extends Arg>(last: Chain<Arg>): readonly T[] {
  const items: T[] = [];
  for (let at: Chain<Arg> | null = last; at !== null; at = at.before as Chain<Arg> | null)
    items.push(at.item as T);
  return items.reverse();
}

/** `not not a` is `a`, as Falco reads it; `not (not a)` stays as written. */
export const not = from((word: Token, item: Part): Part => {
  const span = spanOf(word, item);
  if (!(item instanceof Grouped) && item.kind === 'not') return new Grouped(item.item, span);
  return { kind: 'not', item: tree(item), span };
});
export const group = from(
  (open: Token, inner: Part, close: Token) => new Grouped(tree(inner), spanOf(open, close)),
);
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
  left,
  op: op.text as AstOperator,
  modifier: modifier === null ? null : (modifier.text as AstModifier),
  right: right.right,
  form: right.form,
  opSpan: spanOf(op, op),
  rightSpan: right.rightSpan,
  span: { start: left.span.start, end: right.rightSpan.end },
});
/** An operator and its literals, which the lexer made one token. */
export const test = from((left: AstOperand, token: Token): AstCompare => ({
  kind: 'compare',
  left,
  ...token.test!,
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
export const call = from((name: Token, args: Chain<Arg>, close: Token, index?: Token): AstCall => ({
  kind: 'call',
  name: name.text as AstTransformer,
  args: listed(args),
  index: index === undefined ? null : index.text,
  span: spanOf(name, index ?? close),
}));
export const argList = from((_open: Token, args: Chain<Arg>): Arg =>
  listed<AstOperand | AstText>(args),
);
export const text = from(textOf);

const one = (value: AstValue): Right => ({ right: [value], form: 'one', rightSpan: value.span });
export const oneOperand = from(one);
export const mixedList = from((open: Token, items: Chain<Arg>, close: Token): Right => ({
  right: listed<AstValue>(items),
  form: 'list',
  rightSpan: spanOf(open, close),
}));
