import type { Condition, Rule, Span } from '../lang/ir.js';
import { compileBodies, MAX_CLAUSES, TooManyClauses } from './bodies.js';
import { compileSet } from './clauses.js';
import { readLeaf, type Test } from './predicates.js';
import { TooManyRows } from './row-table.js';

/** A finding about a rule with an action. */
export interface ActionFinding {
  readonly severity: 'error' | 'note';
  /** In the rule's `conditionText`, or in the text of `macro`. */
  readonly span: Span;
  /** The innermost macro it is found in; null: the condition itself. */
  readonly macro: string | null;
  /** Stable: `not-enforceable`, `no-direction`, `too-many-clauses`, `folded`, `empty-list`, `reports-only`. */
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
}

/**
 * Checks a rule with an action against what the kernel can decide. Needs no kernel.
 *
 * @returns every finding; the rule may be loaded when none is an error. Rules without action have none.
 */
export function checkAction(rule: Rule): ActionFinding[] {
  if (rule.action === null) return [];
  const whole = rule.condition.span;
  if (rule.action.action !== 'block') {
    return [
      {
        severity: 'error',
        macro: null,
        span: whole,
        code: 'not-enforceable',
        message: `action: ${rule.action.action} is not enforceable yet`,
        hint: 'use action: block, or leave the action out to be alerted',
      },
    ];
  }
  const findings: ActionFinding[] = [];
  walk(rule.condition, false, null, findings);
  if (!findings.some((finding) => finding.severity === 'error')) {
    if (!namesEgress(rule.condition, false)) {
      findings.push({
        severity: 'error',
        macro: null,
        span: whole,
        code: 'no-direction',
        message: 'a block rule must say in every branch that it means flows that go out',
        hint: 'begin with evt.type in (connect, sendto, sendmsg) and ...',
      });
    } else {
      findings.push(...countFindings(rule));
    }
  }
  if (rule.action.mode === 'audit') {
    findings.push({
      severity: 'note',
      macro: null,
      span: whole,
      code: 'reports-only',
      message: 'mode: audit reports only, nothing is blocked',
      hint: 'mode: enforce blocks',
    });
  }
  return findings;
}

function countFindings(rule: Rule): ActionFinding[] {
  try {
    compileBodies(rule.condition);
    return [];
  } catch (error) {
    if (!(error instanceof TooManyClauses)) throw error;
    return [
      {
        severity: 'error',
        macro: null,
        span: rule.condition.span,
        code: 'too-many-clauses',
        message: `the condition needs more than ${MAX_CLAUSES} clauses (${error.count} so far)`,
        hint: 'name values in lists instead of joining comparisons of different fields by or',
      },
    ];
  }
}

/** What a set of checked rules needs more of than there is, and the rule from which on it does. */
export interface SetFinding {
  readonly rule: Rule;
  readonly code: 'too-many-clauses';
  readonly message: string;
  readonly hint: string;
}

/** Checks rules with an action together: the kernel's tables have room for so much. Null: they fit. */
export function checkActions(rules: readonly Rule[]): SetFinding | null {
  const hint = 'join rules that differ only in lists of paths, addresses or ports';
  const blocks = rules.filter(({ enabled, action }) => enabled && action?.action === 'block');
  let clauses = 0;
  for (const rule of blocks) {
    clauses += compileBodies(rule.condition).length;
    if (clauses <= MAX_CLAUSES) continue;
    const message = `the rules with an action need more than ${MAX_CLAUSES} clauses together (${clauses} up to this one)`;
    return { rule, code: 'too-many-clauses', message, hint };
  }
  try {
    compileSet(blocks);
    return null;
  } catch (error) {
    if (!(error instanceof TooManyRows)) throw error;
    const message = `the rules with an action need ${error.message} together`;
    return { rule: blocks.at(-1)!, code: 'too-many-clauses', message, hint };
  }
}

/** Visits every comparison, macros in place. */
function walk(
  condition: Condition,
  negated: boolean,
  macro: string | null,
  findings: ActionFinding[],
): void {
  switch (condition.kind) {
    case 'and':
    case 'or':
      for (const item of condition.items) walk(item, negated, macro, findings);
      return;
    case 'not':
      return walk(condition.item, !negated, macro, findings);
    case 'macro':
      return walk(condition.body, negated, condition.name, findings);
    case 'exists':
    case 'compare':
      return read(condition, negated, (finding) => {
        findings.push({ span: condition.span, macro, ...finding });
      });
  }
}

function read(
  leaf: Extract<Condition, { kind: 'exists' | 'compare' }>,
  negated: boolean,
  found: (finding: Omit<ActionFinding, 'span' | 'macro'> & { readonly span?: Span }) => void,
): void {
  const reading = readLeaf(leaf);
  switch (reading.kind) {
    case 'refused':
      return found({
        severity: 'error',
        code: reading.code,
        message: reading.message,
        span: reading.span,
        ...(reading.hint === undefined ? {} : { hint: reading.hint }),
      });
    case 'folded':
      return found({ severity: 'note', code: 'folded', message: reading.note });
    case 'always':
      if (!negated) return found({ severity: 'note', code: 'folded', message: reading.note });
      return found({
        severity: 'error',
        code: 'not-enforceable',
        message: `${reading.note}: the opposite is true of none`,
        hint: 'leave this part out',
      });
    case 'egress':
      if (!negated) return;
      return found({
        severity: 'error',
        code: 'not-enforceable',
        message: 'every event but these is no network flow',
        hint: 'use evt.type in (connect, sendto, sendmsg) without not',
      });
    case 'test':
      if (isEmpty(reading.test))
        found({
          severity: 'note',
          code: 'empty-list',
          message: 'the list is empty: nothing is in it',
        });
      if (reading.note === undefined) return;
      return found({ severity: 'note', code: 'folded', message: reading.note });
  }
}

/** An allow list that is empty allows nothing: worth a word. */
function isEmpty(test: Test): boolean {
  switch (test.dimension) {
    case 'subject':
      return test.exact.length + test.prefixes.length === 0;
    case 'group':
      return test.ids.length === 0;
    case 'remote':
      return test.nets.length === 0;
    case 'port':
      return test.protocols.length === 0 || test.ranges.length === 0;
  }
}

/** Whether every way to fulfil the condition passes an egress `evt.type`. */
function namesEgress(condition: Condition, negated: boolean): boolean {
  switch (condition.kind) {
    case 'macro':
      return namesEgress(condition.body, negated);
    case 'not':
      return namesEgress(condition.item, !negated);
    case 'and':
    case 'or': {
      const all = (condition.kind === 'or') !== negated;
      return all
        ? condition.items.every((item) => namesEgress(item, negated))
        : condition.items.some((item) => namesEgress(item, negated));
    }
    case 'exists':
    case 'compare':
      return !negated && readLeaf(condition).kind === 'egress';
  }
}
