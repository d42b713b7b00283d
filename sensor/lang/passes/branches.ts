import type { Condition } from '../ir.js';
import type { Conjunct } from './facts.js';

const negations = new WeakMap<Condition, Condition>();

/** The same object each time, so that what is known of it is found again. */
function negated(condition: Condition): Condition {
  if (condition.kind === 'not') return condition.item;
  let found = negations.get(condition);
  if (found === undefined) {
    found = { kind: 'not', item: condition, span: condition.span };
    negations.set(condition, found);
  }
  return found;
}

/** A macro's body, as deep as macros stand for macros. */
function opened({ condition, macro }: Conjunct): Conjunct {
  return condition.kind === 'macro'
    ? opened({ condition: condition.body, macro: condition.name })
    : { condition, macro };
}

/** `not (a or b)` is `not a and not b`; anything else is itself. */
export function deniedParts(conjunct: Conjunct): readonly Conjunct[] {
  if (conjunct.condition.kind !== 'not') return [conjunct];
  const inner = opened({ condition: conjunct.condition.item, macro: conjunct.macro });
  if (inner.condition.kind !== 'or') return [conjunct];
  return inner.condition.items.map((item) => ({ condition: negated(item), macro: inner.macro }));
}

/** What of several must hold: of `a or b`, and of `not (a and b)`, which is `not a or not b`. Null for anything else. */
export function branchesOf(condition: Condition): readonly Condition[] | null {
  if (condition.kind === 'or') return condition.items;
  if (condition.kind !== 'not' || condition.item.kind !== 'and') return null;
  return condition.item.items.map(negated);
}
