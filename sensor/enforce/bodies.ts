import { createHash } from 'node:crypto';
import type { Condition } from '../lang/ir.js';
import { DIMENSIONS, readLeaf, type Dimension, type Test } from './predicates.js';

/** A boolean formula over tests of one dimension. `key`: equal formulas have equal keys. */
export type Formula =
  | { readonly op: 'test'; readonly test: Test; readonly key: string }
  | { readonly op: 'not'; readonly item: Formula; readonly key: string }
  | { readonly op: 'and' | 'or'; readonly items: readonly Formula[]; readonly key: string };

/** One clause of a condition: a conjunction with at most one formula for each dimension; null: any value will do. */
export type Body = Readonly<Record<Dimension, Formula | null>>;

/** What the kernel's rows of bits can hold. */
export const MAX_CLAUSES = 1024;

/** The condition needs more clauses than there is room for; `count` is where counting stopped. */
export class TooManyClauses extends Error {
  constructor(readonly count: number) {
    super(`more than ${MAX_CLAUSES} clauses`);
  }
}

const ANY: Body = { subject: null, group: null, remote: null, port: null };

/**
 * A checked condition as a disjunction of clauses. Only what joins different dimensions by `or` makes more clauses: lists,
 * ranges and negations within one dimension stay one formula.
 *
 * @throws TooManyClauses
 */
export function compileBodies(condition: Condition): readonly Body[] {
  return expand(condition, false);
}

function expand(condition: Condition, negated: boolean): readonly Body[] {
  switch (condition.kind) {
    case 'macro':
      return expand(condition.body, negated);
    case 'not':
      return expand(condition.item, !negated);
    case 'and':
    case 'or': {
      const parts = condition.items.map((item) => expand(item, negated));
      return (condition.kind === 'and') !== negated
        ? parts.reduce(product, [ANY])
        : merge(parts.flat());
    }
    case 'exists':
    case 'compare': {
      const reading = readLeaf(condition);
      if (reading.kind !== 'test') return [ANY];
      const formula = testOf(reading.test);
      const meant = reading.negated !== negated ? negate(formula) : formula;
      return [{ ...ANY, [reading.test.dimension]: meant }];
    }
  }
}

function product(left: readonly Body[], right: readonly Body[]): readonly Body[] {
  if (left.length * right.length > 4 * MAX_CLAUSES)
    throw new TooManyClauses(left.length * right.length);
  const bodies: Body[] = [];
  for (const a of left) {
    for (const b of right) {
      bodies.push({
        subject: join('and', a.subject, b.subject),
        group: join('and', a.group, b.group),
        remote: join('and', a.remote, b.remote),
        port: join('and', a.port, b.port),
      });
    }
  }
  return merge(bodies);
}

/** Bodies that differ in one dimension only become one. */
function merge(bodies: readonly Body[]): readonly Body[] {
  let merged = bodies;
  for (const dimension of DIMENSIONS) {
    const others = DIMENSIONS.filter((other) => other !== dimension);
    const byRest = new Map<string, Body>();
    for (const body of merged) {
      const rest = others.map((other) => body[other]?.key ?? '').join('|');
      const known = byRest.get(rest);
      byRest.set(
        rest,
        known ? { ...known, [dimension]: join('or', known[dimension], body[dimension]) } : body,
      );
    }
    merged = [...byRest.values()];
  }
  if (merged.length > MAX_CLAUSES) throw new TooManyClauses(merged.length);
  return merged;
}

/** `null` is true: it vanishes from a conjunction and swallows a disjunction. */
function join(op: 'and' | 'or', left: Formula | null, right: Formula | null): Formula | null {
  if (left === null || right === null) return op === 'or' ? null : (left ?? right);
  if (left.key === right.key) return left;
  const items = [
    ...(left.op === op ? left.items : [left]),
    ...(right.op === op ? right.items : [right]),
  ];
  const unique = [...new Map(items.map((item) => [item.key, item])).values()];
  return { op, items: unique, key: `${op}(${unique.map((item) => item.key).join()})` };
}

function negate(item: Formula): Formula {
  return item.op === 'not' ? item.item : { op: 'not', item, key: `!${item.key}` };
}

const keys = new WeakMap<object, string>();

function testOf(test: Test): Formula {
  return { op: 'test', test, key: keyOf(test) };
}

/** Short even for a list of 100,000 networks: keys are compared, joined and kept. */
function keyOf(test: Test): string {
  const known = keys.get(test);
  if (known !== undefined) return known;
  const text = JSON.stringify(test, (_name, value: unknown) =>
    typeof value === 'bigint' ? value.toString(36) : value,
  );
  const key = text.length < 64 ? text : createHash('sha256').update(text).digest('base64url');
  keys.set(test, key);
  return key;
}

/** The formula's value, given the value of each test; null: not known. */
export function evaluate<V extends boolean | null>(
  formula: Formula,
  valueOf: (test: Test, key: string) => V,
): V | boolean {
  switch (formula.op) {
    case 'test':
      return valueOf(formula.test, formula.key);
    case 'not': {
      const value = evaluate(formula.item, valueOf);
      return value === null ? value : !value;
    }
    case 'and':
    case 'or': {
      const decisive = formula.op === 'or';
      let value: V | boolean = !decisive;
      for (const item of formula.items) {
        const one = evaluate(item, valueOf);
        if (one === decisive) return decisive;
        if (one === null) value = one;
      }
      return value;
    }
  }
}

/** Every test in a formula. */
export function testsOf(formula: Formula): readonly (Formula & { op: 'test' })[] {
  switch (formula.op) {
    case 'test':
      return [formula];
    case 'not':
      return testsOf(formula.item);
    case 'and':
    case 'or':
      return formula.items.flatMap(testsOf);
  }
}
