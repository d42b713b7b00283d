import type { Condition, Operand, Span } from '../ir.js';
import { printCondition } from '../render/condition.js';
import type { Compare, Conjunct } from './facts.js';
import { allowedValues, conjunctsOf, operandKey } from './facts.js';

export interface Contradiction {
  readonly message: string;
  readonly hint: string | null;
  readonly span: Span;
  /** Macro the span lies in; null for the condition itself. */
  readonly macro: string | null;
}

const cache = new WeakMap<Condition, readonly Contradiction[]>();

/**
 * Finds checks that cannot hold together: `a = 1 and a = 2`, `a exists and not a exists`, `n > 5 and n < 3`. A macro's body is
 * searched once, however many rules use it.
 */
export function findContradictions(condition: Condition): readonly Contradiction[] {
  let found = cache.get(condition);
  if (found === undefined) cache.set(condition, (found = search(condition)));
  return found;
}

function search(condition: Condition): readonly Contradiction[] {
  switch (condition.kind) {
    case 'and':
      return [...checkGroup(condition), ...condition.items.flatMap(findContradictions)];
    case 'or':
      return condition.items.flatMap(findContradictions);
    case 'not':
      return findContradictions(condition.item);
    case 'macro':
      return findContradictions(condition.body).map((found) =>
        found.macro === null ? { ...found, macro: condition.name } : found,
      );
    case 'exists':
    case 'compare':
      return [];
  }
}

/** Does the field have one value at a time? */
function isSingle(operand: Operand): boolean {
  if (operand.kind !== 'field') return false;
  const { def, arg } = operand.use;
  return !def.list && (def.multi === null || arg !== null);
}

function checkGroup(group: Condition): readonly Contradiction[] {
  const found: Contradiction[] = [];
  const byField = new Map<string, Conjunct[]>();
  for (const conjunct of conjunctsOf(group)) {
    const operand = leftOf(conjunct.condition);
    if (operand === null || !isSingle(operand)) continue;
    const key = operandKey(operand);
    // The idiom of a condition that is switched off.
    if (key === 'evt.num') continue;
    const list = byField.get(key);
    if (list === undefined) byField.set(key, [conjunct]);
    else list.push(conjunct);
  }
  for (const conjuncts of byField.values()) {
    const pair = conflict(conjuncts);
    if (pair === null) continue;
    const [first, second] = pair;
    found.push({
      message: `"${short(second.condition)}" and "${short(first.condition)}" never hold together`,
      hint: null,
      span: second.condition.span,
      macro: second.macro,
    });
  }
  return found;
}

/** The left-hand side of a check or of its negation. */
function leftOf(condition: Condition): Operand | null {
  if (condition.kind === 'compare' || condition.kind === 'exists') return condition.left;
  return condition.kind === 'not' ? leftOf(condition.item) : null;
}

function conflict(conjuncts: readonly Conjunct[]): readonly [Conjunct, Conjunct] | null {
  for (let i = 1; i < conjuncts.length; i++) {
    for (let j = 0; j < i && j < 50; j++) {
      if (exclude(conjuncts[j]!.condition, conjuncts[i]!.condition)) {
        return [conjuncts[j]!, conjuncts[i]!];
      }
    }
  }
  return null;
}

function exclude(a: Condition, b: Condition): boolean {
  if (a.kind === 'not') return b.kind !== 'not' && excludedBy(a.item, b);
  if (b.kind === 'not') return excludedBy(b.item, a);
  if (a.kind === 'exists' || b.kind === 'exists') return false;
  if (a.kind !== 'compare' || b.kind !== 'compare') return false;
  const left = allowedValues(a);
  const right = allowedValues(b);
  if (left !== null && right !== null) return left.isDisjointFrom(right);
  if (left !== null) return [...left].every((value) => refuses(b, value));
  if (right !== null) return [...right].every((value) => refuses(a, value));
  return emptyRange(a, b) || splitPrefixes(a, b);
}

/** Does the negated check rule out the other one? `not a exists` does with every comparison of `a`. */
function excludedBy(negated: Condition, positive: Condition): boolean {
  if (negated.kind === 'exists') return true;
  const none = allowedValues(negated);
  const some = allowedValues(positive);
  return none !== null && some !== null && some.isSubsetOf(none);
}

/** Is a value (as a key) surely refused by a check? */
function refuses(check: Compare, value: string): boolean {
  if (check.modifier !== null) return false;
  const [right] = check.right;
  if (right?.kind === 'string' && value.startsWith('s')) {
    const text = value.slice(1);
    switch (check.op) {
      case '!=':
        return text === right.value;
      case 'startswith':
        return !text.startsWith(right.value);
      case 'endswith':
        return !text.endsWith(right.value);
      case 'contains':
        return !text.includes(right.value);
      default:
        return false;
    }
  }
  if (right?.kind !== 'int' || !value.startsWith('i')) return false;
  const number = BigInt(value.slice(1));
  switch (check.op) {
    case '!=':
      return number === right.value;
    case '<':
      return number >= right.value;
    case '<=':
      return number > right.value;
    case '>':
      return number <= right.value;
    case '>=':
      return number < right.value;
    default:
      return false;
  }
}

function emptyRange(a: Compare, b: Compare): boolean {
  let low: bigint | null = null;
  let high: bigint | null = null;
  for (const { op, right, modifier } of [a, b]) {
    const [value] = right;
    if (value?.kind !== 'int' || modifier !== null) return false;
    if (op === '>' || op === '>=') low = op === '>' ? value.value + 1n : value.value;
    else if (op === '<' || op === '<=') high = op === '<' ? value.value - 1n : value.value;
  }
  return low !== null && high !== null && low > high;
}

function splitPrefixes(a: Compare, b: Compare): boolean {
  if (a.op !== 'startswith' || b.op !== 'startswith') return false;
  if (a.modifier !== null || b.modifier !== null) return false;
  const [first] = a.right;
  const [second] = b.right;
  if (first?.kind !== 'string' || second?.kind !== 'string') return false;
  return !first.value.startsWith(second.value) && !second.value.startsWith(first.value);
}

function short(condition: Condition): string {
  const text = printCondition(condition);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
