import { printCondition, printOperand } from '../render/condition.js';
import type { Condition, Literal, Operand } from '../ir.js';

export type Compare = Extract<Condition, { kind: 'compare' }>;

/** A check that must hold, and the macro it is written in. */
export interface Conjunct {
  readonly condition: Condition;
  readonly macro: string | null;
}

/** Groups bigger than this are left alone: no person wrote them. */
const MAX_CONJUNCTS = 2000;

/** What must all hold for a condition to hold: `and` groups and macros opened, each part once. */
export function conjunctsOf(condition: Condition): readonly Conjunct[] {
  const found = new Map<Condition, Conjunct>();
  // Macros that double at each level would be opened without end.
  const opened = new Set<Condition>();
  const walk = (part: Condition, macro: string | null): void => {
    if (found.size > MAX_CONJUNCTS || opened.has(part)) return;
    opened.add(part);
    if (part.kind === 'macro') {
      const { body, name } = part;
      if (body.kind === 'and' || body.kind === 'macro') walk(body, name);
      else if (!opened.has(body)) {
        opened.add(body);
        found.set(body, { condition: body, macro: name });
      }
    } else if (part.kind === 'and') for (const item of part.items) walk(item, macro);
    else found.set(part, { condition: part, macro });
  };
  walk(condition, null);
  return [...found.values()];
}

/** Values an `=` or `in` check allows, each as a comparable text; null for any other check. */
export function allowedValues(check: Condition): ReadonlySet<string> | null {
  let values = allowed.get(check);
  if (values === undefined) allowed.set(check, (values = findAllowed(check)));
  return values;
}

const allowed = new WeakMap<Condition, ReadonlySet<string> | null>();

function findAllowed(check: Condition): ReadonlySet<string> | null {
  if (check.kind !== 'compare' || check.modifier !== null) return null;
  if (check.op !== '=' && check.op !== 'in') return null;
  // Within a distance, not equal to it: two such checks hold together.
  if (check.left.kind === 'field' && check.left.use.def.name === 'evt.around') return null;
  const values = new Set<string>();
  for (const value of check.right) {
    const text = valueKey(value);
    if (text === null) return null;
    values.add(text);
  }
  return values;
}

/** A literal as a text that is equal exactly when the literal is; null for what is no plain value. */
export function valueKey(value: Literal | Operand): string | null {
  switch (value.kind) {
    case 'string':
      return `s${value.value}`;
    case 'int':
    case 'bool':
      return `i${value.value}`;
    case 'net':
      return `n${value.value.family}/${value.value.address}/${value.value.bits}`;
    default:
      return null;
  }
}

/** The left-hand side as a key. */
export const operandKey = (operand: Operand): string => printOperand(operand);

/** Numbers conditions: equal numbers mean the same. A macro's body is numbered once, however often it is used. */
export class ConditionIds {
  readonly #byText = new Map<string, number>();
  readonly #ids = new Map<Condition, number>();

  of(condition: Condition): number {
    let id = this.#ids.get(condition);
    if (id !== undefined) return id;
    const text = this.#text(condition);
    id = this.#byText.get(text);
    if (id === undefined) this.#byText.set(text, (id = this.#byText.size));
    this.#ids.set(condition, id);
    return id;
  }

  #text(condition: Condition): string {
    switch (condition.kind) {
      case 'and':
      case 'or':
        return `${condition.kind} ${condition.items.map((item) => this.of(item)).join(' ')}`;
      case 'not':
        return `not ${this.of(condition.item)}`;
      case 'macro':
        return `same ${this.of(condition.body)}`;
      case 'exists':
      case 'compare':
        return printCondition(condition);
    }
  }
}
