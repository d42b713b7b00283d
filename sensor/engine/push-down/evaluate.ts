import { toBytes } from '../../core/bytes.js';
import type { FieldUse, FieldValue } from '../../lang/field-def.js';
import type { Condition, Literal } from '../../lang/ir.js';
import { Interpreter } from '../naive.js';
import { isLiteral } from '../shape.js';
import type { ClassFacts, Fact } from './facts.js';

/** `no` and `yes` hold for every event of the class. */
export type Verdict = 'no' | 'maybe' | 'yes';

/** What is known beforehand of a condition on events of one class and one `evt.type`. */
export function foresee(condition: Condition, facts: ClassFacts, type: string): Verdict {
  // Each macro once: those that double at each level would be judged without end.
  const macros = new Map<Condition, Verdict>();
  const judge = (part: Condition): Verdict => {
    switch (part.kind) {
      case 'macro': {
        const verdict = macros.get(part.body) ?? judge(part.body);
        macros.set(part.body, verdict);
        return verdict;
      }
      case 'not':
        return NEGATED[judge(part.item)];
      case 'and':
        return join(part.items, 'no', 'yes');
      case 'or':
        return join(part.items, 'yes', 'no');
      case 'exists':
      case 'compare': {
        const fact = part.left.kind === 'field' ? factOf(part.left.use, facts, type) : undefined;
        return fact === undefined ? 'maybe' : foreseeLeaf(part, fact, INTERPRETER);
      }
    }
  };
  const join = (items: readonly Condition[], decisive: Verdict, neutral: Verdict): Verdict => {
    let verdict = neutral;
    for (const item of items) {
      const one = judge(item);
      if (one === decisive) return decisive;
      if (one === 'maybe') verdict = 'maybe';
    }
    return verdict;
  };
  return judge(condition);
}

const NEGATED: Readonly<Record<Verdict, Verdict>> = { no: 'yes', maybe: 'maybe', yes: 'no' };

function factOf(use: FieldUse, facts: ClassFacts, type: string): Fact | undefined {
  if (use.def.name === 'evt.type') return { kind: 'is', value: toBytes(type) };
  return facts.of(use, type);
}

type Leaf = Extract<Condition, { kind: 'compare' | 'exists' }>;

/** Reads the value that stands in the probe, whatever the field. */
const INTERPRETER = new Interpreter<FieldValue>({ getter: () => (value) => value });

function foreseeLeaf(leaf: Leaf, fact: Fact, interpreter: Interpreter<FieldValue>): Verdict {
  const right = leaf.kind === 'compare' ? leaf.right : [];
  if (!right.every(isLiteral)) {
    const isNull = fact.kind === 'among' && fact.values.every((value) => value === null);
    return isNull ? 'no' : 'maybe';
  }
  const values = probes(leaf, fact, right);
  if (values === null) return 'maybe';
  let verdict: Verdict | null = null;
  for (const value of values) {
    const one = interpreter.test(leaf, value) ? 'yes' : 'no';
    if (verdict !== null && verdict !== one) return 'maybe';
    verdict = one;
  }
  return verdict ?? 'maybe';
}

/**
 * Values that stand for all the fact allows; null when none can. Nothing (null) is always among them: a value may be missing
 * for reasons that the class does not know.
 */
function probes(leaf: Leaf, fact: Fact, right: readonly Literal[]): readonly FieldValue[] | null {
  switch (fact.kind) {
    case 'is':
      return [fact.value];
    case 'among':
      return [null, ...fact.values];
    case 'range':
      return [null, ...turningPoints(fact.low, fact.high, right)];
    case 'except':
      return leaf.kind === 'exists' || namesOnly(leaf, fact.texts) ? [null, UNNAMED] : null;
  }
}

/** A comparison with whole numbers changes only at its literals. */
function turningPoints(low: number, high: number, right: readonly Literal[]): Set<number> {
  const values = new Set([low, high]);
  for (const literal of right) {
    if (literal.kind !== 'int') continue;
    for (const near of [-1n, 0n, 1n]) {
      const value = Number(literal.value + near);
      if (value >= low && value <= high) values.add(value);
    }
  }
  return values;
}

/** Stands for texts that no rule names. */
const UNNAMED = '\u0000';

/** Is the value compared for equality with nothing but `texts`, so that all other texts fare alike? */
function namesOnly(leaf: Extract<Leaf, { kind: 'compare' }>, texts: readonly string[]): boolean {
  if (leaf.modifier !== null || !['=', '!=', 'in'].includes(leaf.op)) return false;
  return leaf.right.every((item) => item.kind === 'string' && texts.includes(item.value));
}
