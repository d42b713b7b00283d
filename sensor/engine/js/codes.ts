import type { Literal } from '../../lang/ir.js';
import { domainOf, shapeOf } from '../shape.js';
import type { Leaf } from './graph.js';

/** From this many comparisons on, one look-up for all of them is cheaper than one for each. */
export const CODED_FROM = 4;

type Key = string | number;

/**
 * The values that rules compare one operand with for equality, numbered from 1; 0 is any other value, and none. One hash
 * look-up per event gives the number, and every `= x` and `in (x, y)` about the operand is then a test of a small number.
 */
export class Codes {
  readonly byValue = new Map<Key, number>();

  /** Numbers of a leaf's values. */
  add(leaf: Leaf): void {
    for (const value of keysOf(leaf) ?? []) {
      if (!this.byValue.has(value)) this.byValue.set(value, this.byValue.size + 1);
    }
  }

  /** A test of the number in the expression `code`, which is used once. */
  test(leaf: Leaf, code: string, constant: (value: unknown) => string): string {
    const numbers = [...new Set((keysOf(leaf) ?? []).map((value) => this.byValue.get(value) ?? 0))];
    if (numbers.length === 0) return 'false';
    if (numbers.length === 1) return `(${code} === ${numbers.join()})`;
    const table = new Uint8Array(this.byValue.size + 1);
    for (const number of numbers) table[number] = 1;
    return `(${constant(table)}[${code}] === 1)`;
  }
}

/** Is the leaf nothing but an equality of one value with literals? */
export function isCodable(leaf: Leaf): boolean {
  return keysOf(leaf) !== null;
}

function keysOf(leaf: Leaf): readonly Key[] | null {
  const { op, modifier, left, right } = leaf;
  if (leaf.stateful || left.kind === 'literal' || shapeOf(left) !== 'scalar') return null;
  const isEquality =
    (modifier === null && (op === '=' || op === 'in' || op === 'intersects')) ||
    (modifier === 'anyof' && op === '=');
  if (!isEquality) return null;
  const domain = domainOf(left);
  const isNumber = domain === 'int' && !(left.kind === 'field' && left.use.def.repr === 'bigint');
  if (domain !== 'string' && !isNumber) return null;
  const keys: Key[] = [];
  for (const item of right) {
    const key = keyOf(item as Literal, isNumber);
    if (key === null) return null;
    keys.push(key);
  }
  return keys;
}

function keyOf(item: Literal, isNumber: boolean): Key | null {
  if (item.kind === 'string') return isNumber ? null : item.value;
  if (item.kind !== 'int' || !isNumber) return null;
  const number = Number(item.value);
  return Number.isSafeInteger(number) ? number : null;
}
