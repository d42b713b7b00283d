import type { Condition, Rule } from '../ir.js';
import type { Compare } from './facts.js';
import { allowedValues, conditionKey, conjunctsOf, operandKey } from './facts.js';

/** A rule that never alerts because an earlier one matches whatever it matches. */
export interface Shadowed {
  readonly shadowed: Rule;
  readonly by: Rule;
}

/** What must hold for a rule to match, ready to be asked what follows from it. */
interface Facts {
  readonly rule: Rule;
  readonly keys: ReadonlySet<string>;
  readonly byField: ReadonlyMap<string, readonly Compare[]>;
}

/**
 * Finds rules behind a broader one (`rule_matching: first` stops at the first match). Only what surely follows counts: each
 * condition of the earlier rule must be one of the later rule's, or weaker than one.
 */
export function findShadowed(rules: readonly Rule[]): readonly Shadowed[] {
  const observing = rules.filter((rule) => rule.action === null);
  const facts = observing.map(factsOf);
  const found: Shadowed[] = [];
  facts.forEach((later, i) => {
    for (let j = 0; j < i; j++) {
      const earlier = observing[j]!;
      if (earlier.source !== later.rule.source || !overlap(earlier, later.rule)) continue;
      if (follows(earlier.condition, later, new Set())) {
        found.push({ shadowed: later.rule, by: earlier });
        return;
      }
    }
  });
  return found;
}

function overlap(a: Rule, b: Rule): boolean {
  if (a.events === 'all' || b.events === 'all') return true;
  return a.events.size > 0 && !a.events.isDisjointFrom(b.events);
}

function factsOf(rule: Rule): Facts {
  const keys = new Set<string>();
  const byField = new Map<string, Compare[]>();
  for (const { condition } of conjunctsOf(rule.condition)) {
    keys.add(conditionKey(condition));
    if (condition.kind !== 'compare') continue;
    const key = operandKey(condition.left);
    const list = byField.get(key);
    if (list === undefined) byField.set(key, [condition]);
    else list.push(condition);
  }
  return { rule, keys, byField };
}

function follows(condition: Condition, facts: Facts, open: Set<Condition>): boolean {
  // A macro that doubles at each level would be walked for ever.
  if (open.size > 10_000) return false;
  open.add(condition);
  switch (condition.kind) {
    case 'and':
      return condition.items.every((item) => follows(item, facts, open));
    case 'or':
      return (
        facts.keys.has(conditionKey(condition)) ||
        condition.items.some((item) => follows(item, facts, open))
      );
    case 'macro':
      return follows(condition.body, facts, open);
    case 'not':
    case 'exists':
      return facts.keys.has(conditionKey(condition));
    case 'compare':
      if (facts.keys.has(conditionKey(condition))) return true;
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
