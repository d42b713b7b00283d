import type { Condition, Operand, Span } from '../ir.js';
import { printCondition } from '../render/condition.js';
import type { Compare, Conjunct } from './facts.js';
import { branchesOf, deniedParts } from './branches.js';
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
    case 'and': {
      // A group in a group is part of both.
      const found = [...checkGroup(condition), ...condition.items.flatMap(findContradictions)];
      const places = new Map(found.map((one) => [`${one.span.start} ${one.macro ?? ''}`, one]));
      return [...places.values()];
    }
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
  const conjuncts = conjunctsOf(group).flatMap(deniedParts);
  for (const conjunct of conjuncts) {
    const key = keyOf(conjunct.condition);
    if (key === null) continue;
    const list = byField.get(key);
    if (list === undefined) byField.set(key, [conjunct]);
    else list.push(conjunct);
  }
  for (const conjuncts of byField.values()) {
    const impossible = conjuncts.find(({ condition }) => isBelowZero(condition));
    if (impossible !== undefined) {
      found.push({
        message: `"${short(impossible.condition)}" never holds: the field is never negative`,
        hint: null,
        span: impossible.condition.span,
        macro: impossible.macro,
      });
      continue;
    }
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
  // Where checks rule each other out anyway, so they do all branches.
  if (found.length > 0) return found;
  const known = new Map<Condition, RuledOut | null>();
  for (const conjunct of conjuncts) {
    const branches = branchesOf(conjunct.condition);
    if (branches === null) continue;
    const ruledOut = branches.map((branch) => whyNot(branch, conjunct.macro, byField, known));
    if (ruledOut.every((one) => one !== null)) found.push(noBranch(conjunct, ruledOut));
    else if (conjunct.condition.kind === 'or')
      found.push(...ruledOut.flatMap((one) => deadBranch(one, conjunct)));
  }
  return found;
}

/** A check of a branch, and the one beside the branches that it does not hold together with. */
interface RuledOut {
  readonly inner: Conjunct;
  readonly outer: Conjunct;
}

/** Branches looked at for one group; more were not written by a person. */
const MAX_BRANCHES = 10_000;

/** What rules a branch out, of what must hold beside it: `(a or b) and c`. */
function whyNot(
  branch: Condition,
  macro: string | null,
  beside: ReadonlyMap<string, readonly Conjunct[]>,
  known: Map<Condition, RuledOut | null>,
): RuledOut | null {
  const before = known.get(branch);
  if (before !== undefined) return before;
  if (known.size > MAX_BRANCHES) return null;
  known.set(branch, null);
  let found: RuledOut | null = null;
  for (const part of conjunctsOf(branch).flatMap(deniedParts)) {
    const inner = { ...part, macro: part.macro ?? macro };
    const key = keyOf(inner.condition);
    const others = key === null ? undefined : beside.get(key)?.slice(0, 50);
    const outer = others?.find(({ condition }) => exclude(condition, inner.condition));
    if (outer !== undefined) found = { inner, outer };
    const branches = outer === undefined ? branchesOf(inner.condition) : null;
    if (branches !== null) {
      const all = branches.map((one) => whyNot(one, inner.macro, beside, known));
      if (all.every((one) => one !== null)) found = all[0] ?? null;
    }
    if (found !== null) break;
  }
  known.set(branch, found);
  return found;
}

/** All branches are ruled out: said where a person can change it, at the branches or, if a macro holds them, at what rules them out. */
function noBranch(branches: Conjunct, ruledOut: readonly RuledOut[]): Contradiction {
  const [first] = ruledOut;
  const others = new Set(ruledOut.map(({ outer }) => outer));
  const beside =
    others.size === 1 ? `"${short(first!.outer.condition)}"` : 'what must hold beside it';
  const place = branches.macro === null ? branches : first!.outer;
  return {
    message: `no part of "${short(branches.condition)}" holds together with ${beside}`,
    hint: null,
    span: place.condition.span,
    macro: place.macro,
  };
}

/**
 * One of several branches: only where all stands in one text. A macro may well hold more than this use of it needs, and so may an
 * exception, `not (a and b)`.
 */
function deadBranch(ruledOut: RuledOut | null, branches: Conjunct): readonly Contradiction[] {
  if (ruledOut === null) return [];
  const { inner, outer } = ruledOut;
  if (inner.macro !== branches.macro || outer.macro !== branches.macro) return [];
  return [
    {
      message: `"${short(inner.condition)}" and "${short(outer.condition)}" never hold together: this part of "or" never matches`,
      hint: null,
      span: inner.condition.span,
      macro: inner.macro,
    },
  ];
}

/** The field of a check that has one value; null for anything else. */
function keyOf(check: Condition): string | null {
  const operand = leftOf(check);
  if (operand === null || !isSingle(operand)) return null;
  const key = operandKey(operand);
  // The idiom of a condition that is switched off.
  return key === 'evt.num' ? null : key;
}

/** An unsigned number, asked whether it is less than zero. */
function isBelowZero(condition: Condition): boolean {
  if (condition.kind !== 'compare' || condition.op !== '<' || condition.modifier !== null)
    return false;
  const { left, right } = condition;
  if (left.kind !== 'field' || right[0]?.kind !== 'int' || right[0].value !== 0n) return false;
  return ['uint', 'port', 'abstime', 'reltime'].includes(left.use.def.type);
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
  if (isSame(negated, positive)) return true;
  const none = allowedValues(negated);
  const some = allowedValues(positive);
  if (none !== null && some !== null) return some.isSubsetOf(none);
  if (negated.kind !== 'compare' || positive.kind !== 'compare') return false;
  if (some !== null) return some.size > 0 && [...some].every((value) => satisfies(negated, value));
  return narrower(positive, negated);
}

/** The same check; long lists are not compared. */
function isSame(a: Condition, b: Condition): boolean {
  if (a.kind !== 'compare' || b.kind !== 'compare' || a.op !== b.op) return false;
  if (a.right.length !== b.right.length || a.right.length > 20) return false;
  return printCondition(a) === printCondition(b);
}

/** Does a value (as a key) surely satisfy a check? */
function satisfies(check: Compare, value: string): boolean {
  if (check.modifier !== null || !OPPOSITE_KNOWN.includes(check.op)) return false;
  return !refuses(check, value) && comparable(check, value);
}

const OPPOSITE_KNOWN = ['!=', 'startswith', 'endswith', 'contains', '<', '<=', '>', '>='];

function comparable({ right: [right] }: Compare, value: string): boolean {
  return (
    (right?.kind === 'string' && value.startsWith('s')) ||
    (right?.kind === 'int' && value.startsWith('i'))
  );
}

/** Does the first check let through only what the second one lets through? Prefixes, suffixes, parts, and bounds. */
function narrower(narrow: Compare, wide: Compare): boolean {
  if (narrow.modifier !== null || wide.modifier !== null) return false;
  const [a] = narrow.right;
  const [b] = wide.right;
  if (a?.kind === 'string' && b?.kind === 'string') {
    if (wide.op === 'contains') {
      return (
        ['contains', 'startswith', 'endswith'].includes(narrow.op) && a.value.includes(b.value)
      );
    }
    if (narrow.op !== wide.op) return false;
    if (wide.op === 'startswith') return a.value.startsWith(b.value);
    return wide.op === 'endswith' && a.value.endsWith(b.value);
  }
  if (a?.kind !== 'int' || b?.kind !== 'int') return false;
  const above = (check: Compare, value: bigint): bigint | null =>
    check.op === '>' ? value + 1n : check.op === '>=' ? value : null;
  const below = (check: Compare, value: bigint): bigint | null =>
    check.op === '<' ? value - 1n : check.op === '<=' ? value : null;
  const [lowA, lowB] = [above(narrow, a.value), above(wide, b.value)];
  if (lowA !== null && lowB !== null) return lowA >= lowB;
  const [highA, highB] = [below(narrow, a.value), below(wide, b.value)];
  return highA !== null && highB !== null && highA <= highB;
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

/** Two prefixes, or two suffixes, of which none begins (ends) with the other. `anyof`: of any of them. */
function splitPrefixes(a: Compare, b: Compare): boolean {
  if (a.op !== b.op || (a.op !== 'startswith' && a.op !== 'endswith')) return false;
  const first = needles(a);
  const second = needles(b);
  if (first === null || second === null) return false;
  const within = (long: string, part: string): boolean =>
    a.op === 'startswith' ? long.startsWith(part) : long.endsWith(part);
  return first.every((one) => second.every((two) => !within(one, two) && !within(two, one)));
}

function needles({ modifier, right }: Compare): readonly string[] | null {
  if (modifier !== null && modifier !== 'anyof') return null;
  const texts = right.flatMap((value) => (value.kind === 'string' ? [value.value] : []));
  return texts.length === right.length && texts.length > 0 ? texts : null;
}

function short(condition: Condition): string {
  const text = printCondition(condition);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
