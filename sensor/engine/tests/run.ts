import { resolve } from 'node:path';
import { EVENT_NAMES, eventTypeId } from '../../lang/events/index.js';
import type { Rule, RuleSet } from '../../lang/ir.js';
import { compileRules } from '../compile.js';
import { explain, formatClauses } from '../explain.js';
import { PLAIN_FIELDS, type PlainEvent } from './plain-event.js';
import type { RuleTestCase } from './parse.js';

/** How one event of a rule test went. */
export interface RuleTestResult {
  readonly test: RuleTestCase;
  /** The rule it is about; null when there is none of that name. */
  readonly rule: Rule | null;
  readonly passed: boolean;
  /** Why it failed: what was wanted, what came, and the clause tree. Null when it passed. */
  readonly failure: string | null;
}

export interface RuleTestReport {
  readonly results: readonly RuleTestResult[];
  readonly passed: number;
  readonly failed: number;
  /** Rules that no test is about. */
  readonly untested: readonly Rule[];
  readonly durationMs: number;
}

/**
 * Judges the events of rule tests by the very engine that judges live ones. Every rule of the set is compiled, also those
 * that are off or act, and every match is looked at: a rule is tested by itself, not by what stands before it.
 */
export function runRuleTests(rules: RuleSet, tests: readonly RuleTestCase[]): RuleTestReport {
  const startedMs = performance.now();
  const observing = rules.rules.map((rule): Rule => ({ ...rule, enabled: true, action: null }));
  const original = new Map(observing.map((rule, i) => [rule, rules.rules[i]!]));
  const engine = compileRules<PlainEvent>(
    { rules: observing },
    { fields: PLAIN_FIELDS, types: { names: EVENT_NAMES }, matching: 'all' },
  );
  const find = ruleFinder(observing);
  const tested = new Set<Rule>();

  const results = tests.map((test): RuleTestResult => {
    const found = find(test);
    if (typeof found === 'string') return { test, rule: null, passed: false, failure: found };
    tested.add(found);
    const matches = engine.match(eventTypeId(String(test.event.get('evt.type') ?? '')), test.event);
    const match = matches.find((one) => one.rule === found);
    const others = matches.filter((one) => one !== match).map((one) => one.rule.name);
    const failure = failureOf(test, found, match?.message(test.event) ?? null, others);
    return { test, rule: original.get(found) ?? null, passed: failure === null, failure };
  });

  const passed = results.filter((result) => result.passed).length;
  return {
    results,
    passed,
    failed: results.length - passed,
    untested: observing.filter((rule) => !tested.has(rule)).map((rule) => original.get(rule)!),
    durationMs: performance.now() - startedMs,
  };
}

function failureOf(
  test: RuleTestCase,
  rule: Rule,
  message: string | null,
  others: readonly string[],
): string | null {
  const fired = message !== null;
  if (fired === (test.expect === 'fires')) {
    if (!fired || test.message === null || test.message === message) return null;
    return `- message: ${test.message}\n+ message: ${message}`;
  }
  const lines = [
    `- ${test.expect === 'fires' ? 'fires' : 'is quiet'}`,
    `+ ${fired ? 'fires' : 'is quiet'}${others.length === 0 ? '' : `; what fires: ${others.join(', ')}`}`,
  ];
  if (!test.event.has('evt.type')) lines.push('  the event has no evt.type');
  else if (!isLookedAt(rule, test)) {
    lines.push(`  the rule never looks at events of type ${String(test.event.get('evt.type'))}`);
  }
  lines.push(formatClauses(explain(rule.condition, test.event, PLAIN_FIELDS)));
  return lines.join('\n');
}

function isLookedAt(rule: Rule, test: RuleTestCase): boolean {
  return rule.events === 'all' || rule.events.has(String(test.event.get('evt.type')));
}

/** The rule a test is about, or why there is none. */
function ruleFinder(rules: readonly Rule[]): (test: RuleTestCase) => Rule | string {
  const byName = new Map(rules.map((rule) => [rule.name, rule]));
  const byFile = new Map<string, Rule[]>();
  for (const rule of rules) {
    const file = resolve(rule.file);
    const there = byFile.get(file);
    if (there === undefined) byFile.set(file, [rule]);
    else there.push(rule);
  }
  return (test) => {
    if (test.rule !== null) return byName.get(test.rule) ?? `no rule is called "${test.rule}"`;
    const beside = resolve(test.file.replace(/\.test\.ya?ml$/, '.yaml'));
    const there = byFile.get(beside) ?? [];
    const [only] = there;
    if (only !== undefined && there.length === 1) return only;
    return there.length === 0
      ? `no rule in ${beside}: write "rule: NAME" at the top`
      : `${there.length} rules in ${beside}: write "rule: NAME" at the top`;
  };
}
