import type { ByteString } from '../../core/bytes.js';
import type { Literal, Net } from '../../lang/ir.js';
import { addressOf } from '../ops/net.js';
import { TextTrie, type TextClass } from '../ops/text-trie.js';
import { domainOf, shapeOf } from '../shape.js';
import type { Leaf } from './graph.js';

/** From this many comparisons on, one look-up for all of them is cheaper than one for each. */
export const CODED_FROM = 4;

/** More bytes of literals than this make a table that no cache holds. */
const TRIE_BYTES = 16_384;

/**
 * What rules compare one operand with, numbered from 1; 0 is any other value, and none. One look-up per event gives the
 * number, and every comparison with literals is then a test of a small number.
 */
export interface Codes {
  /** Does it decide this leaf? */
  has(leaf: Leaf): boolean;
  /** A test of the number in the expression `code`, which is used once. */
  test(leaf: Leaf, code: string, constant: (value: unknown) => string): string;
}

/** Numbers for these comparisons of one operand, all with the same `codesOf`. */
export function makeCodes(leaves: readonly Leaf[]): ValueCodes | TextCodes {
  const [first] = leaves;
  return first !== undefined && textsOf(first) !== null
    ? new TextCodes(leaves, isEnding(first))
    : new ValueCodes(leaves);
}

type Value = number | string;

/** Equality with whole numbers or addresses. */
export class ValueCodes implements Codes {
  readonly byValue = new Map<Value, number>();

  constructor(leaves: readonly Leaf[]) {
    for (const leaf of leaves) {
      for (const value of valuesOf(leaf) ?? [])
        if (!this.byValue.has(value)) this.byValue.set(value, this.byValue.size + 1);
    }
  }

  has(leaf: Leaf): boolean {
    return valuesOf(leaf) !== null;
  }

  test(leaf: Leaf, code: string, constant: (value: unknown) => string): string {
    const numbers = (valuesOf(leaf) ?? []).map((value) => this.byValue.get(value) ?? 0);
    return testNumber(numbers, this.byValue.size, code, constant);
  }
}

/** Equality with texts and beginnings, or endings: looked up in a trie, as a string or as bytes where they lie. */
export class TextCodes implements Codes {
  readonly trie: TextTrie;
  readonly backwards: boolean;
  /** Those whose texts found room in the trie; the others keep tests of their own. */
  readonly #coded = new Set<Leaf>();

  constructor(leaves: readonly Leaf[], backwards: boolean) {
    this.backwards = backwards;
    const texts: ByteString[] = [];
    const beginnings: ByteString[] = [];
    let bytes = 0;
    for (const leaf of leaves) {
      const values = this.#values(leaf);
      const size = values.reduce((sum, value) => sum + value.length, 0);
      if (bytes + size > TRIE_BYTES) continue;
      bytes += size;
      this.#coded.add(leaf);
      (isEquality(leaf) ? texts : beginnings).push(...values);
    }
    this.trie = new TextTrie(texts, beginnings);
  }

  has(leaf: Leaf): boolean {
    return this.#coded.has(leaf);
  }

  test(leaf: Leaf, code: string, constant: (value: unknown) => string): string {
    const values = this.#values(leaf);
    const equal = new Set(values);
    const holds = isEquality(leaf)
      ? ({ text, whole }: TextClass) => whole && equal.has(text)
      : ({ text }: TextClass) => values.some((value) => text.startsWith(value));
    const { classes } = this.trie;
    const numbers = classes.flatMap((one, i) => (holds(one) ? [i + 1] : []));
    return testNumber(numbers, classes.length, code, constant);
  }

  #values(leaf: Leaf): readonly ByteString[] {
    const values = textsOf(leaf) ?? [];
    return this.backwards ? values.map(reversed) : values;
  }
}

function reversed(text: ByteString): ByteString {
  return [...text].reverse().join('');
}

function testNumber(
  numbers: readonly number[],
  most: number,
  code: string,
  constant: (value: unknown) => string,
): string {
  const wanted = new Set(numbers);
  if (wanted.size === 0) return 'false';
  if (wanted.size === 1) return `(${code} === ${[...wanted].join()})`;
  const table = new Uint8Array(most + 1);
  for (const number of wanted) table[number] = 1;
  return `(${constant(table)}[${code}] === 1)`;
}

/**
 * Which look-up of its operand decides the leaf, which is nothing but a comparison of one value with literals: leaves of one
 * operand and one look-up share their numbers. Null: none does.
 */
export function codesOf(leaf: Leaf): 'value' | 'ending' | null {
  if (textsOf(leaf) !== null) return isEnding(leaf) ? 'ending' : 'value';
  return valuesOf(leaf) === null ? null : 'value';
}

function isEquality({ op, modifier }: Leaf): boolean {
  if (modifier === 'anyof') return op === '=';
  return modifier === null && (op === '=' || op === 'in' || op === 'intersects');
}

function isBeginning({ op, modifier }: Leaf): boolean {
  return (
    (op === 'startswith' || op === 'bstartswith') && (modifier === null || modifier === 'anyof')
  );
}

function isEnding({ op, modifier }: Leaf): boolean {
  return op === 'endswith' && (modifier === null || modifier === 'anyof');
}

function isComparable(leaf: Leaf): boolean {
  return !leaf.stateful && leaf.left.kind !== 'literal' && shapeOf(leaf.left) === 'scalar';
}

/** Texts that the leaf compares with; null if that is not all it does. */
function textsOf(leaf: Leaf): ByteString[] | null {
  if (!isComparable(leaf) || domainOf(leaf.left) !== 'string') return null;
  const isEqual = isEquality(leaf);
  if (!isEqual && !isBeginning(leaf) && !isEnding(leaf)) return null;
  const texts: ByteString[] = [];
  for (const item of leaf.right) {
    if (item.kind !== 'string' || (!isEqual && item.value === '')) return null;
    texts.push(item.value);
  }
  return texts;
}

/** Numbers or addresses that the leaf compares with; null if that is not all it does. */
function valuesOf(leaf: Leaf): Value[] | null {
  const { left } = leaf;
  const domain = domainOf(left);
  if (!isComparable(leaf) || !isEquality(leaf)) return null;
  if (left.kind === 'field' && left.use.def.repr === 'bigint') return null;
  const values: Value[] = [];
  for (const item of leaf.right as readonly Literal[]) {
    const value =
      domain === 'int' && item.kind === 'int'
        ? safeNumber(item.value)
        : domain === 'net' && item.kind === 'net'
          ? hostAddress(item.value)
          : null;
    if (value === null) return null;
    values.push(value);
  }
  return values;
}

function safeNumber(value: bigint): number | null {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : null;
}

/** A network of one address, as fields hold it. */
function hostAddress(net: Net): Value | null {
  return net.bits === (net.family === 4 ? 32 : 128) ? addressOf(net) : null;
}
