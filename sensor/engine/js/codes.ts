import type { ByteString } from '../../core/bytes.js';
import type { Literal } from '../../lang/ir.js';
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

/** Numbers for these comparisons of one operand. */
export function makeCodes(leaves: readonly Leaf[]): NumberCodes | TextCodes {
  return leaves.some((leaf) => domainOf(leaf.left) === 'string')
    ? new TextCodes(leaves)
    : new NumberCodes(leaves);
}

/** Equality with whole numbers. */
export class NumberCodes implements Codes {
  readonly byValue = new Map<number, number>();

  constructor(leaves: readonly Leaf[]) {
    for (const leaf of leaves) {
      for (const value of numbersOf(leaf) ?? [])
        if (!this.byValue.has(value)) this.byValue.set(value, this.byValue.size + 1);
    }
  }

  has(leaf: Leaf): boolean {
    return numbersOf(leaf) !== null;
  }

  test(leaf: Leaf, code: string, constant: (value: unknown) => string): string {
    const numbers = (numbersOf(leaf) ?? []).map((value) => this.byValue.get(value) ?? 0);
    return testNumber(numbers, this.byValue.size, code, constant);
  }
}

/** Equality with texts, and beginnings: the value is looked up in a trie, as a string or as bytes where they lie. */
export class TextCodes implements Codes {
  readonly trie: TextTrie;
  /** Those whose texts found room in the trie; the others keep tests of their own. */
  readonly #coded = new Set<Leaf>();

  constructor(leaves: readonly Leaf[]) {
    const texts: ByteString[] = [];
    const beginnings: ByteString[] = [];
    let bytes = 0;
    for (const leaf of leaves) {
      const values = textsOf(leaf) ?? [];
      const size = values.reduce((sum, value) => sum + value.length, 0);
      if (bytes + size > TRIE_BYTES) continue;
      bytes += size;
      this.#coded.add(leaf);
      (isBeginning(leaf) ? beginnings : texts).push(...values);
    }
    this.trie = new TextTrie(texts, beginnings);
  }

  has(leaf: Leaf): boolean {
    return this.#coded.has(leaf);
  }

  test(leaf: Leaf, code: string, constant: (value: unknown) => string): string {
    const values = textsOf(leaf) ?? [];
    const equal = new Set(values);
    const holds = isBeginning(leaf)
      ? ({ text }: TextClass) => values.some((value) => text.startsWith(value))
      : ({ text, whole }: TextClass) => whole && equal.has(text);
    const { classes } = this.trie;
    const numbers = classes.flatMap((one, i) => (holds(one) ? [i + 1] : []));
    return testNumber(numbers, classes.length, code, constant);
  }
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

/** Is the leaf nothing but a comparison of one value with literals that a look-up decides? */
export function isCodable(leaf: Leaf): boolean {
  return textsOf(leaf) !== null || numbersOf(leaf) !== null;
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

function isComparable(leaf: Leaf): boolean {
  return !leaf.stateful && leaf.left.kind !== 'literal' && shapeOf(leaf.left) === 'scalar';
}

/** Texts that the leaf compares with; null if that is not all it does. */
function textsOf(leaf: Leaf): ByteString[] | null {
  if (!isComparable(leaf) || domainOf(leaf.left) !== 'string') return null;
  const begins = isBeginning(leaf);
  if (!begins && !isEquality(leaf)) return null;
  const texts: ByteString[] = [];
  for (const item of leaf.right) {
    if (item.kind !== 'string' || (begins && item.value === '')) return null;
    texts.push(item.value);
  }
  return texts;
}

/** Numbers that the leaf compares with; null if that is not all it does. */
function numbersOf(leaf: Leaf): number[] | null {
  const { left } = leaf;
  if (!isComparable(leaf) || domainOf(left) !== 'int' || !isEquality(leaf)) return null;
  if (left.kind === 'field' && left.use.def.repr === 'bigint') return null;
  const numbers: number[] = [];
  for (const item of leaf.right as readonly Literal[]) {
    const number = item.kind === 'int' ? Number(item.value) : NaN;
    if (!Number.isSafeInteger(number)) return null;
    numbers.push(number);
  }
  return numbers;
}
