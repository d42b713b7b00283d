import type { AstCompare, AstModifier, AstOperator, AstSpan, AstText } from './ast.js';
import { ADVICE } from './hints.js';
import { ConditionSyntaxError } from './syntax-error.js';
import { textOf } from './tokens.js';
import type { Token } from './tokens.js';

/** `op value` → one `test` token. */
export function foldTest(
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

/** `op (a, b)` → one `test` token, unless an operand stands in the list: then the grammar sees the items. */
export function foldLiterals(out: Token[]): void {
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
        ADVICE.items,
      );
    }
    if (wanted === 'value') items.push(textOf(token));
  });
  foldTest(out, items, 'list', { start: open.start, end: close.end });
}
