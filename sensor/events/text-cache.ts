import type { ByteString } from '../core/index.js';

/** `latin1Slice` is what `toString('latin1', …)` calls in the end; node's types leave it out. */
export type Latin1Buffer = Buffer & { latin1Slice(start: number, end: number): ByteString };

/** Longest text that is remembered, in bytes. */
const LONGEST = 124;
/** Of an entry: its length, then its bytes, the last word filled up with zeros. */
const WORDS = 1 + LONGEST / 4;
const WAYS = 4;
const SETS = 1024;
const SEEN = 8192;

/**
 * Texts of records that came before, by their bytes. Programs, their names and directories are few and repeat: to find such a
 * text again costs less than to make one, leaves nothing to the garbage collector and lets processes share it. A set-associative
 * cache of 4,096 texts in fixed memory, kept from the second time on, so that what comes once drives out nothing. Not for paths
 * of opened files: they are many, and to find one in memory that no cache holds is dearer than to make the string.
 *
 * @remarks Hot path. Equality is decided by the bytes; the hash, which anybody can collide, only says where to look.
 */
export class TextCache {
  readonly #hashes = new Uint32Array(SETS * WAYS);
  readonly #words = new Uint32Array(SETS * WAYS * WORDS);
  readonly #texts = new Array<ByteString>(SETS * WAYS).fill('');
  /** Entry of each set to be replaced next. */
  readonly #oldest = new Uint8Array(SETS);
  /** Hashes of texts met once. */
  readonly #seen = new Uint32Array(SEEN);
  /** A text that does not begin at a word. */
  readonly #aligned = new Uint32Array(WORDS);

  /**
   * @param bytes - Memory of the text, beginning at a multiple of 4; `words` is a view of the same.
   * @param start - In bytes.
   */
  get(bytes: Latin1Buffer, words: Uint32Array, start: number, length: number): ByteString {
    if (length === 0) return '';
    const count = (length + 3) >>> 2;
    let from = start >>> 2;
    // The word after the last one is read too if the text does not begin at a word.
    if (length > LONGEST || from + count >= words.length) {
      return bytes.latin1Slice(start, start + length);
    }
    let source = words;
    if ((start & 3) !== 0) {
      this.#align(words, from, count, (start & 3) << 3);
      source = this.#aligned;
      from = 0;
    }
    const last = source[from + count - 1]! & (-1 >>> ((-length & 3) * 8));
    let even = length;
    let odd = 0;
    let i = 0;
    for (; i < count - 2; i += 2) {
      even = Math.imul(even ^ source[from + i]!, 0x9e3779b1);
      odd = Math.imul(odd ^ source[from + i + 1]!, 0x85ebca6b);
      even ^= even >>> 15;
      odd = (odd << 13) | (odd >>> 19);
    }
    if (i < count - 1) even = Math.imul(even ^ source[from + i]!, 0x9e3779b1);
    let hash = Math.imul(even ^ ((odd << 7) | (odd >>> 25)) ^ last, 0xc2b2ae35);
    hash = (hash ^ (hash >>> 15)) >>> 0;
    const set = hash & (SETS - 1);
    for (let id = set * WAYS; id < (set + 1) * WAYS; id++) {
      if (this.#hashes[id] === hash && this.#equals(id, source, from, count, last, length)) {
        return this.#texts[id]!;
      }
    }
    const text = bytes.latin1Slice(start, start + length);
    const seenAt = hash >>> 19;
    if (this.#seen[seenAt] === hash) {
      const id = set * WAYS + this.#oldest[set]!;
      this.#oldest[set] = (this.#oldest[set]! + 1) % WAYS;
      this.#keep(id, hash, source, from, count, last, length);
      this.#texts[id] = text;
    } else {
      this.#seen[seenAt] = hash;
    }
    return text;
  }

  #align(words: Uint32Array, from: number, count: number, shift: number): void {
    const aligned = this.#aligned;
    let low = words[from]!;
    for (let i = 0; i < count; i++) {
      const high = words[from + i + 1]!;
      aligned[i] = (low >>> shift) | (high << (32 - shift));
      low = high;
    }
  }

  #equals(
    id: number,
    source: Uint32Array,
    from: number,
    count: number,
    last: number,
    length: number,
  ): boolean {
    const words = this.#words;
    const at = id * WORDS;
    if (words[at] !== length) return false;
    for (let i = 0; i < count - 1; i++) if (words[at + 1 + i] !== source[from + i]) return false;
    return (words[at + count]! | 0) === last;
  }

  #keep(
    id: number,
    hash: number,
    source: Uint32Array,
    from: number,
    count: number,
    last: number,
    length: number,
  ): void {
    const words = this.#words;
    const at = id * WORDS;
    this.#hashes[id] = hash;
    words[at] = length;
    for (let i = 0; i < count - 1; i++) words[at + 1 + i] = source[from + i]!;
    words[at + count] = last;
  }
}
