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
  /** A macro whose clauses were shown before, so not again (`withoutRepeats`). */
  readonly repeated?: true;
}

/**
 * Evaluates a condition clause by clause, every one of them, to say why it matched or not.
 */
export function explain<E>(condition: Condition, event: E, fields: FieldSource<E>): Clause {
  const interpreter = new Interpreter(fields);
  const macros = new Map<Condition, Clause>();
  const once = (body: Condition): Clause => {
    let clause = macros.get(body);
    if (clause === undefined) macros.set(body, (clause = visit(body)));
    return clause;
  };
  const visit = (part: Condition): Clause => {
    switch (part.kind) {
      case 'and':
      case 'or': {
        const clauses = part.items.map(visit);
        const result =
          part.kind === 'and'
            ? clauses.every((clause) => clause.result)
            : clauses.some((clause) => clause.result);
        return { kind: part.kind, text: part.kind, result, values: {}, clauses };
      }
      case 'not': {
        const item = visit(part.item);
        return { kind: 'not', text: 'not', result: !item.result, values: {}, clauses: [item] };
      }
      case 'macro': {
        const body = once(part.body);
        return {
          kind: 'macro',
          text: part.name,
          result: body.result,
          values: {},
          clauses: [body],
        };
      }
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
          result: interpreter.test(part, event),
          values: Object.fromEntries(values) as Record<string, string>,
          clauses: [],
        };
      }
    }
  };
  return visit(condition);
}

/** The clauses as a tree in which each macro is unfolded once: macros that name others twice double at each level. */
export function withoutRepeats(clause: Clause): Clause {
  const seen = new Set<Clause>();
  const visit = (part: Clause): Clause => {
    const [body] = part.clauses;
    if (part.kind === 'macro' && body !== undefined) {
      if (seen.has(body)) return { ...part, clauses: [], repeated: true };
      seen.add(body);
    }
    return part.clauses.length === 0 ? part : { ...part, clauses: part.clauses.map(visit) };
  };
  return visit(clause);
}

/**
 * The clauses as an indented tree: ✓ or ✗, the clause, and what its fields hold. What did not decide the outcome is one line:
 * the true clauses of an `and` that failed, the false ones of an `or` that held; a macro that stands above already, too.
 */
export function formatClauses(clause: Clause): string {
  const lines: string[] = [];
  const shown = new Set<Clause>();
  const visit = (part: Clause, depth: number, decides: boolean): void => {
    const [body] = part.clauses;
    const isMacro = part.kind === 'macro' && body !== undefined;
    const repeated = isMacro && decides && shown.has(body);
    const notes = Object.entries(part.values).map(([field, value]) => `${field} is ${value}`);
    if (repeated) notes.push('see above');
    const note = notes.length === 0 ? '' : `   # ${notes.join(', ')}`;
    lines.push(`${'  '.repeat(depth)}${part.result ? '✓' : '✗'} ${part.text}${note}`);
    if (isMacro) {
      if (!decides || repeated) return;
      shown.add(body);
    }
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
