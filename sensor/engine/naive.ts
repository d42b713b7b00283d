import type { FieldUse, FieldValue } from '../lang/field-def.js';
import type { CompareOp, Condition, Literal, Modifier, Net, Operand } from '../lang/ir.js';
import { compareAny } from './ops/any.js';
import { amongValues, compareScalars } from './ops/compare.js';
import { lowerAscii } from './ops/fold.js';
import { compileGlob } from './ops/glob.js';
import { compileRegex, type Matcher } from './ops/regex.js';
import { transform } from './ops/transform.js';
import { domainOf, effectiveOp, isLiteral, shapeOf } from './shape.js';
import type { FieldSource, Getter } from './types.js';

type Scalar = string | number | bigint | boolean;
type Compare = Extract<Condition, { kind: 'compare' }>;

/**
 * Evaluates conditions by walking them: the meaning of the language, written down as plainly as possible. The generated
 * code is checked against it (property tests), benchmarks compare with it, `explain` shows its steps, and it stands in for
 * one event when generated code throws.
 */
export class Interpreter<E> {
  readonly #source: FieldSource<E>;
  /** Weak: a caller may send new conditions without end. */
  readonly #getters = new WeakMap<FieldUse, Getter<E>>();
  /** Results of macros' bodies in the event at hand; null: nobody keeps them. */
  #macros: Map<Condition, boolean> | null = null;

  constructor(source: FieldSource<E>) {
    this.#source = source;
  }

  test(condition: Condition, event: E): boolean {
    switch (condition.kind) {
      case 'and':
        return condition.items.every((item) => this.test(item, event));
      case 'or':
        return condition.items.some((item) => this.test(item, event));
      case 'not':
        return !this.test(condition.item, event);
      case 'macro':
        return this.#macro(condition.body, event);
      case 'exists':
        return existsValue(condition.left, this.value(condition.left, event));
      case 'compare':
        return this.#compare(condition, event);
    }
  }

  /** As `test`, but no macro is evaluated twice: of macros that name others twice each level would double the work. */
  testMacrosOnce(condition: Condition, event: E): boolean {
    this.#macros = new Map();
    try {
      return this.test(condition, event);
    } finally {
      this.#macros = null;
    }
  }

  #macro(body: Condition, event: E): boolean {
    const known = this.#macros?.get(body);
    if (known !== undefined) return known;
    const result = this.test(body, event);
    this.#macros?.set(body, result);
    return result;
  }

  /** What stands on one side of a comparison, in this event. */
  value(operand: Operand, event: E): FieldValue {
    switch (operand.kind) {
      case 'literal':
        return operand.value;
      case 'field':
        return this.#getter(operand.use)(event);
      case 'call':
        return transform(
          operand.name,
          operand.args.map((arg) => this.value(arg, event)),
          operand.index,
        );
    }
  }

  #getter(use: FieldUse): Getter<E> {
    let getter = this.#getters.get(use);
    if (getter === undefined) this.#getters.set(use, (getter = this.#source.getter(use)));
    return getter;
  }

  #compare(condition: Compare, event: E): boolean {
    const { modifier, left } = condition;
    const op = effectiveOp(condition.op, left);
    const value = this.value(left, event);
    if (value === null) return false;
    const { right } = condition;
    const one = (scalar: Scalar): boolean => this.#scalar(op, modifier, left, scalar, right, event);
    if (!Array.isArray(value)) return one(value as Scalar);
    const values = value as readonly Scalar[];
    if (values.length === 0) return false;
    const shape = shapeOf(left);
    const all = (shape === 'ends' && op === '!=') || (shape === 'list' && op === 'in');
    return all ? values.every(one) : values.some(one);
  }

  #scalar(
    op: CompareOp,
    modifier: Modifier | null,
    left: Operand,
    value: Scalar,
    right: readonly (Literal | Operand)[],
    event: E,
  ): boolean {
    const against = (item: Literal | Operand): boolean => {
      if (isLiteral(item)) return matchesLiteral(op, left, value, item);
      const other = this.value(item, event);
      if (other === null) return false;
      if (op === 'in' || op === 'intersects') return amongValues(value, other);
      return !Array.isArray(other) && compareScalars(op, value, other as Scalar);
    };
    const matches = right.filter(against).length;
    switch (modifier) {
      case 'oneof':
        return matches === 1;
      case 'allof':
        return matches === right.length && right.length > 0;
      case 'anyof':
      case null:
        return matches > 0;
    }
  }
}

/** Does a value count as there? */
export function existsValue(operand: Operand, value: FieldValue): boolean {
  if (value === null) return false;
  return !Array.isArray(value) || value.length > 0 || shapeOf(operand) === 'ends';
}

function matchesLiteral(op: CompareOp, left: Operand, value: Scalar, literal: Literal): boolean {
  if (domainOf(left) === 'any') return compareAny(op, value, literal);
  switch (literal.kind) {
    case 'net': {
      const inside = inNet(value, literal.value);
      return op === '!=' ? !inside : inside;
    }
    case 'regex':
      return typeof value === 'string' && regexOf(literal)(value);
    case 'int':
      return compareScalars(op, value, literal.value);
    case 'bool':
      return compareScalars(op, value, literal.value);
    case 'string':
      return typeof value === 'string' && matchesText(op, value, literal.value);
  }
}

function matchesText(op: CompareOp, value: string, literal: string): boolean {
  switch (op) {
    case 'icontains':
      return lowerAscii(value).includes(lowerAscii(literal));
    case 'bcontains':
      return value.includes(literal);
    case 'bstartswith':
      return value.startsWith(literal);
    case 'pmatch':
      return isBelow(value, literal);
    default:
      return compareScalars(op, value, literal);
  }
}

function isBelow(path: string, pattern: string): boolean {
  const components = (text: string): string[] => text.split('/').filter((part) => part !== '');
  const have = components(path);
  const want = components(pattern);
  return (
    want.length <= have.length && want.every((part, i) => compileGlob(part).test(have[i] ?? ''))
  );
}

function inNet(value: Scalar, net: Net): boolean {
  const width = typeof value === 'number' ? 32 : 128;
  if ((net.family === 4) !== (width === 32)) return false;
  const shift = BigInt(width - net.bits);
  return toBig(value) >> shift === net.address >> shift;
}

function toBig(address: Scalar): bigint {
  if (typeof address !== 'string') return BigInt(address);
  return BigInt(`0x${Buffer.from(address, 'latin1').toString('hex')}`);
}

const regexes = new WeakMap<Literal, Matcher>();

function regexOf(literal: Extract<Literal, { kind: 'regex' }>): Matcher {
  let regex = regexes.get(literal);
  if (regex === undefined) regexes.set(literal, (regex = compileRegex(literal)));
  return regex;
}
