import { MAX_CLAUSES } from './bodies.js';

/** 64-bit words of a row: one bit for each clause. */
export const ROW_WORDS = MAX_CLAUSES / 64;
export const ROW_BYTES = ROW_WORDS * 8;

/** Distinct rows a set can hold; as `SAKER_ROWS` in bpf/enforce/layout.h. */
export const MAX_ROWS = 16384;

/** The set needs more distinct rows than the kernel's table has. */
export class TooManyRows extends Error {
  constructor() {
    super(`more than ${MAX_ROWS} distinct rows`);
  }
}

/** Rows of bits, each kept once: dimensions point at them by number. */
export class RowTable {
  readonly #words: number[][] = [];
  readonly #numbers = new Map<string, number>();

  /** The number of the row with exactly these clauses. @throws TooManyRows */
  number(clauses: Iterable<number>): number {
    const words = new Array<number>(ROW_WORDS * 2).fill(0);
    for (const clause of clauses) words[clause >> 5]! |= 1 << (clause & 31);
    const key = words.join();
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    if (this.#words.length === MAX_ROWS) throw new TooManyRows();
    const number = this.#words.push(words) - 1;
    this.#numbers.set(key, number);
    return number;
  }

  /** A row at a fixed place, whether or not an equal one exists. */
  append(clauses: Iterable<number>): number {
    const words = new Array<number>(ROW_WORDS * 2).fill(0);
    for (const clause of clauses) words[clause >> 5]! |= 1 << (clause & 31);
    const number = this.#words.push(words) - 1;
    const key = words.join();
    if (!this.#numbers.has(key)) this.#numbers.set(key, number);
    return number;
  }

  get count(): number {
    return this.#words.length;
  }

  /** 32-bit words of a row, lowest clauses first. */
  words(row: number): readonly number[] {
    return this.#words[row]!;
  }

  /** The rows as the kernel's array values. */
  bytes(): Uint8Array {
    const words = new Uint32Array(this.#words.length * ROW_WORDS * 2);
    this.#words.forEach((row, at) => words.set(row, at * ROW_WORDS * 2));
    return new Uint8Array(words.buffer);
  }
}
