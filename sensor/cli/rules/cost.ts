import { printCondition, type Condition, type Operand, type Rule } from '../../lang/index.js';

/** What judging an event costs, by the dearest check that may be reached; cheapest first. */
export const COST_CLASSES = ['integers only', 'one set look-up', 'text', 'pattern'] as const;
export type CostClass = (typeof COST_CLASSES)[number] | 'any event';

/** The cost class of a rule, and why. */
export interface Cost {
  readonly class: CostClass;
  /** One sentence. */
  readonly why: string;
  /** Different checks by class; those of `evt.type` are settled by the index over event types and cost nothing. */
  readonly checks: Readonly<Record<(typeof COST_CLASSES)[number] | 'event type', number>>;
}

/** Operators whose cost grows with the length of the text. */
const PATTERNS: ReadonlySet<string> = new Set(['glob', 'iglob', 'regex']);
const SET_OPERATORS: ReadonlySet<string> = new Set(['=', '!=', 'in', 'intersects']);

type Check = Extract<Condition, { kind: 'exists' | 'compare' }>;

/**
 * Classes a rule by what it asks. `integers only`: no text is ever made of the record's bytes; `one set look-up`: texts are
 * compared as wholes, by one hash whatever the number of values; `text`: they are searched; `pattern`: matched.
 */
export function costOf(rule: Rule): Cost {
  const checks = { 'event type': 0, 'integers only': 0, 'one set look-up': 0, text: 0, pattern: 0 };
  const dearest: Partial<Record<string, string>> = {};
  for (const check of checksOf(rule.condition)) {
    const kind = isEventType(check.left) ? 'event type' : classOf(check);
    checks[kind]++;
    dearest[kind] ??= shortened(printCondition(check));
  }
  if (rule.events === 'all') {
    return {
      class: 'any event',
      why: 'no event type is named: it is judged for every event, and no kind can be left in the kernel for it',
      checks,
    };
  }
  const found = COST_CLASSES.findLast((kind) => checks[kind] > 0) ?? 'integers only';
  return { class: found, why: whyOf(found, dearest[found]), checks };
}

function whyOf(kind: (typeof COST_CLASSES)[number], check: string | undefined): string {
  if (check === undefined) return 'the index over event types settles it';
  switch (kind) {
    case 'integers only':
      return `numbers, flags and addresses only, as in: ${check}`;
    case 'one set look-up':
      return `texts are compared as a whole, by one hash however many values there are: ${check}`;
    case 'text':
      return `a text is searched: ${check}`;
    case 'pattern':
      return `a text is matched against a pattern: ${check}`;
  }
}

function classOf(check: Check): (typeof COST_CLASSES)[number] {
  if (check.left.kind === 'call' && check.left.name !== 'len') return 'text';
  if (!holdsText(check.left) || check.kind === 'exists') return 'integers only';
  if (PATTERNS.has(check.op)) return 'pattern';
  const fixed = check.right.every((value) => value.kind !== 'field' && value.kind !== 'call');
  return SET_OPERATORS.has(check.op) && check.modifier === null && fixed ? 'one set look-up' : 'text';
}

function holdsText(operand: Operand): boolean {
  switch (operand.kind) {
    case 'field':
      return operand.use.def.repr === 'string' || operand.use.def.repr === 'any';
    case 'literal':
      return true;
    case 'call':
      return operand.name !== 'len';
  }
}

const isEventType = (operand: Operand): boolean =>
  operand.kind === 'field' && operand.use.def.name === 'evt.type';

/** The checks of a condition, macros included, each macro once: it is evaluated once per event. */
export function* checksOf(
  condition: Condition,
  seen = new Set<Condition>(),
): Generator<Check, void> {
  switch (condition.kind) {
    case 'and':
    case 'or':
      for (const item of condition.items) yield* checksOf(item, seen);
      return;
    case 'not':
      yield* checksOf(condition.item, seen);
      return;
    case 'macro':
      if (seen.has(condition.body)) return;
      seen.add(condition.body);
      yield* checksOf(condition.body, seen);
      return;
    case 'exists':
    case 'compare':
      yield condition;
  }
}

const shortened = (text: string): string => (text.length > 90 ? `${text.slice(0, 89)}…` : text);
