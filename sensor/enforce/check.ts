import type { Condition, Rule, Span } from '../lang/ir.js';
import { compileBodies, MAX_CLAUSES, TooManyClauses } from './bodies.js';
import { readLeaf } from './predicates.js';

/** A finding about a rule with an action; `span` is an offset range in the rule's `conditionText`. */
export interface ActionFinding {
  readonly severity: 'error' | 'note';
  readonly span: Span;
  /** Stable: `not-enforceable`, `no-direction`, `too-many-clauses`, `folded`, `reports-only`. */
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
        span: whole,
        code: 'not-enforceable',
        message: `action: ${rule.action.action} is not enforceable yet`,
        hint: 'use action: block, or leave the action out to be alerted',
      },
    ];
  }
  const findings: ActionFinding[] = [];
  walk(rule.condition, false, findings);
  if (!findings.some((finding) => finding.severity === 'error')) {
    if (!namesEgress(rule.condition, false)) {
      findings.push({
        severity: 'error',
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
        span: rule.condition.span,
        code: 'too-many-clauses',
        message: `the condition needs more than ${MAX_CLAUSES} clauses (${error.count} so far)`,
        hint: 'name values in lists instead of joining comparisons of different fields by or',
      },
    ];
  }
}

/** Visits every comparison, macros in place; the same macro used twice is reported where it first stands. */
function walk(condition: Condition, negated: boolean, findings: ActionFinding[]): void {
  switch (condition.kind) {
    case 'and':
    case 'or':
      for (const item of condition.items) walk(item, negated, findings);
      return;
    case 'not':
      return walk(condition.item, !negated, findings);
    case 'macro': {
      // Spans inside a macro's body refer to the macro's own text: findings are put where the macro is used.
      const inner: ActionFinding[] = [];
      walk(condition.body, negated, inner);
      for (const finding of inner) {
        findings.push({
          ...finding,
          span: condition.span,
          message: `in macro ${condition.name}: ${finding.message}`,
        });
      }
      return;
    }
    case 'exists':
    case 'compare': {
      const reading = readLeaf(condition);
      switch (reading.kind) {
        case 'refused':
          findings.push({ severity: 'error', ...finding(reading) });
          return;
        case 'folded':
          findings.push({
            severity: 'note',
            span: condition.span,
            code: 'folded',
            message: reading.note,
          });
          return;
        case 'egress':
          if (negated) {
            findings.push({
              severity: 'error',
              span: condition.span,
              code: 'not-enforceable',
              message: 'every event but these is no network flow',
              hint: 'use evt.type in (connect, sendto, sendmsg) without not',
            });
          }
          return;
        case 'test':
          if (reading.note !== undefined) {
            findings.push({
              severity: 'note',
              span: condition.span,
              code: 'folded',
              message: reading.note,
            });
          }
          return;
      }
    }
  }
}

function finding(refusal: {
  span: Span;
  code: string;
  message: string;
  hint?: string;
}): Omit<ActionFinding, 'severity'> {
  const { span, code, message, hint } = refusal;
  return { span, code, message, ...(hint === undefined ? {} : { hint }) };
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
