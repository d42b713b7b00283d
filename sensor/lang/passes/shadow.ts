import type { Condition, Rule } from '../ir.js';
import type { Compare } from './facts.js';
import { ConditionIds, allowedValues, conjunctsOf, operandKey } from './facts.js';

/** A rule that never alerts because an earlier one matches whatever it matches. */
export interface Shadowed {
  readonly shadowed: Rule;
  readonly by: Rule;
}

/** What must hold for a rule to match, ready to be asked what follows from it. */
interface Facts {
  readonly rule: Rule;
  /** Single checks first: most rules differ in one of them. */
  readonly conjuncts: readonly Condition[];
  readonly ids: ReadonlySet<number>;
  readonly byField: ReadonlyMap<string, readonly Compare[]>;
  /** What was asked before: rules share macros. */
  readonly known: Map<Condition, boolean>;
}

/**
 * Finds rules behind a broader one (`rule_matching: first` stops at the first match). Only what surely follows counts: each
 * condition of the earlier rule must be one of the later rule's, or weaker than one.
 */
export function findShadowed(rules: readonly Rule[]): readonly Shadowed[] {
  const ids = new ConditionIds();
  const observing = rules.filter((rule) => rule.action === null);
  const all = observing.map((rule) => factsOf(rule, ids));
  const found: Shadowed[] = [];
  const index = new Index();
  all.forEach((later, i) => {
    const candidates = index.before(later);
    index.add(later, i);
    for (const j of candidates) {
      const earlier = all[j]!;
      if (earlier.rule.source !== later.rule.source || !overlap(earlier.rule, later.rule)) continue;
      if (!earlier.conjuncts.every((conjunct) => follows(conjunct, later, ids))) continue;
      found.push({ shadowed: later.rule, by: earlier.rule });
      return;
    }
  });
  return found;
}

/**
 * Earlier rules by what they surely ask for. A rule that asks for one of a few values of a field can only hide one that asks for
 * some of them too, so thousands of rules, each with its own value, need not be compared with each other.
 */
class Index {
  readonly #byValue = new Map<string, number[]>();
  /** Rules that ask for no value of a field but evt.type. */
  readonly #others: number[] = [];

  /** Rules that may hide this one, in order. */
  before(later: Facts): readonly number[] {
    const found = new Set(this.#others);
    for (const [field, checks] of later.byField) {
      for (const check of checks) {
        const [value] = allowedValues(check) ?? [];
        if (value === undefined) continue;
        for (const j of this.#byValue.get(`${field} ${value}`) ?? []) found.add(j);
      }
    }
    return [...found].sort((a, b) => a - b);
  }

  add(facts: Facts, number: number): void {
    let field: string | null = null;
    let values: ReadonlySet<string> | null = null;
    for (const [key, checks] of facts.byField) {
      if (key === 'evt.type') continue;
      for (const check of checks) {
        const allowed = allowedValues(check);
        if (allowed === null || allowed.size >= (values?.size ?? Infinity)) continue;
        field = key;
        values = allowed;
      }
    }
    if (field === null || values === null) {
      this.#others.push(number);
      return;
    }
    for (const value of values) {
      const key = `${field} ${value}`;
      const list = this.#byValue.get(key);
      if (list === undefined) this.#byValue.set(key, [number]);
      else list.push(number);
    }
  }
}

function overlap(a: Rule, b: Rule): boolean {
  if (a.events === 'all' || b.events === 'all') return true;
  return a.events.size > 0 && !a.events.isDisjointFrom(b.events);
}

function factsOf(rule: Rule, ids: ConditionIds): Facts {
  const own = new Set<number>();
  const byField = new Map<string, Compare[]>();
  const conjuncts = conjunctsOf(rule.condition).map(({ condition }) => condition);
  for (const condition of conjuncts) {
    own.add(ids.of(condition));
    if (condition.kind !== 'compare') continue;
    const key = operandKey(condition.left);
    const list = byField.get(key);
    if (list === undefined) byField.set(key, [condition]);
    else list.push(condition);
  }
  conjuncts.sort((a, b) => Number(isGroup(a)) - Number(isGroup(b)));
  return { rule, conjuncts, ids: own, byField, known: new Map() };
}

const isGroup = ({ kind }: Condition): boolean =>
  kind === 'or' || kind === 'macro' || kind === 'not';

function follows(condition: Condition, facts: Facts, ids: ConditionIds): boolean {
  let known = facts.known.get(condition);
  if (known === undefined) {
    known = facts.ids.has(ids.of(condition)) || followsFromParts(condition, facts, ids);
    facts.known.set(condition, known);
  }
  return known;
}

function followsFromParts(condition: Condition, facts: Facts, ids: ConditionIds): boolean {
  switch (condition.kind) {
    case 'and':
      return condition.items.every((item) => follows(item, facts, ids));
    case 'or':
      return condition.items.some((item) => follows(item, facts, ids));
    case 'macro':
      return follows(condition.body, facts, ids);
    case 'not':
    case 'exists':
      return false;
    case 'compare':
      return (facts.byField.get(operandKey(condition.left)) ?? []).some((fact) =>
        implies(fact, condition),
      );
  }
}

function implies(fact: Compare, weaker: Compare): boolean {
  if (fact.modifier !== null || weaker.modifier !== null) return false;
  const some = allowedValues(fact);
  const more = allowedValues(weaker);
  if (some !== null && more !== null) return some.size > 0 && some.isSubsetOf(more);
  const [prefix] = weaker.right;
  if (weaker.op !== 'startswith' || prefix?.kind !== 'string') return false;
  if (some !== null) {
    return some.size > 0 && [...some].every((value) => value.startsWith(`s${prefix.value}`));
  }
  const [longer] = fact.right;
  return (
    fact.op === 'startswith' && longer?.kind === 'string' && longer.value.startsWith(prefix.value)
  );
}
