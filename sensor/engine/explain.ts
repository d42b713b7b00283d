import type { Condition, Operand } from '../lang/ir.js';
import { Interpreter } from './naive.js';
import { printCondition, printOperand, printValue } from './print.js';
import { isLiteral } from './shape.js';
import type { FieldSource } from './types.js';

/** One clause of a condition, as one event finds it. */
export interface Clause {
  readonly kind: 'and' | 'or' | 'not' | 'macro' | 'check';
  /** The check, or the macro's name; for and, or, not the word itself. */
  readonly text: string;
  readonly result: boolean;
  /** What the fields of a check hold in this event, by field. */
  readonly values: Readonly<Record<string, string>>;
  readonly clauses: readonly Clause[];
}

/**
 * Evaluates a condition clause by clause, every one of them, to say why it matched or not.
 */
export function explain<E>(condition: Condition, event: E, fields: FieldSource<E>): Clause {
  const interpreter = new Interpreter(fields);
  const visit = (part: Condition): Clause => {
    const result = interpreter.test(part, event);
    switch (part.kind) {
      case 'and':
      case 'or':
        return {
          kind: part.kind,
          text: part.kind,
          result,
          values: {},
          clauses: part.items.map(visit),
        };
      case 'not':
        return { kind: 'not', text: 'not', result, values: {}, clauses: [visit(part.item)] };
      case 'macro':
        return { kind: 'macro', text: part.name, result, values: {}, clauses: [visit(part.body)] };
      case 'exists':
      case 'compare': {
        const right = part.kind === 'compare' ? part.right : [];
        const operands = [part.left, ...right.filter((item): item is Operand => !isLiteral(item))];
        const values = operands
          .filter((operand) => operand.kind !== 'literal')
          .map((operand) => [
            printOperand(operand),
            printValue(operand, interpreter.value(operand, event)),
          ]);
        return {
          kind: 'check',
          text: printCondition(part),
          result,
          values: Object.fromEntries(values) as Record<string, string>,
          clauses: [],
        };
      }
    }
  };
  return visit(condition);
}

/**
 * The clauses as an indented tree: ✓ or ✗, the clause, and what its fields hold. What did not decide the outcome is one line:
 * the true clauses of an `and` that failed, the false ones of an `or` that held.
 */
export function formatClauses(clause: Clause): string {
  const lines: string[] = [];
  const visit = (part: Clause, depth: number, decides: boolean): void => {
    const values = Object.entries(part.values).map(([field, value]) => `${field} is ${value}`);
    const note = values.length === 0 ? '' : `   # ${values.join(', ')}`;
    lines.push(`${'  '.repeat(depth)}${part.result ? '✓' : '✗'} ${part.text}${note}`);
    if (part.kind === 'macro' && !decides) return;
    for (const child of part.clauses) {
      visit(child, depth + 1, decides && decidesIn(part, child));
    }
  };
  visit(clause, 0, true);
  return lines.join('\n');
}

function decidesIn(parent: Clause, child: Clause): boolean {
  switch (parent.kind) {
    case 'and':
      return parent.result || !child.result;
    case 'or':
      return !parent.result || child.result;
    default:
      return true;
  }
}
