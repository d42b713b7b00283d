import type { ByteString } from '../../core/bytes.js';
import type { TextSpan } from '../types.js';

/** What is known of a value once it is looked up: that it equals a text, or no more than what it begins with. */
export interface TextClass {
  readonly text: ByteString;
  /** The value is `text`; else it begins with it. */
  readonly whole: boolean;
}

/**
 * Many texts to compare one value with, for equality and for beginnings, looked up at once: a trie as a table of states × byte
 * classes (bytes in no text share a class). A value that begins like none of them is left after a byte or two.
 */
export class TextTrie {
  /** By number, from 1; 0: the value equals none of the texts and begins with none of the beginnings. */
  readonly classes: readonly TextClass[];
  readonly #width: number;
  readonly #byteClasses = new Uint8Array(256);
  /** Next state by state and byte class; 0: no further. The first state is 1. */
  readonly #next: Int32Array;
  /** Class of a value that ends in a state, and of one that goes on where the trie does not. */
  readonly #ended: Int32Array;
  readonly #left: Int32Array;

  /** @param beginnings - None of them empty. */
  constructor(texts: Iterable<ByteString>, beginnings: Iterable<ByteString>) {
    const whole = [...new Set(texts)];
    const begun = [...new Set(beginnings)];
    const all = [...whole, ...begun];
    this.#width = this.#classify(all);
    const size = all.reduce((sum, text) => sum + text.length, 2);
    this.#next = new Int32Array(size * this.#width);
    const equals = new Int32Array(size);
    const begins = new Int32Array(size);
    const classes: TextClass[] = [];
    let states = 1;
    const insert = (text: ByteString): number => {
      let state = 1;
      for (let i = 0; i < text.length; i++) {
        const at = state * this.#width + this.#byteClasses[text.charCodeAt(i)]!;
        if (this.#next[at] === 0) this.#next[at] = ++states;
        state = this.#next[at]!;
      }
      return state;
    };
    for (const text of whole) equals[insert(text)] = classes.push({ text, whole: true });
    for (const text of begun) begins[insert(text)] = classes.push({ text, whole: false });
    this.classes = classes;
    this.#ended = equals;
    this.#left = begins;
    this.#inherit();
  }

  /** Looks a text up. @remarks Hot path. */
  readonly ofText = (text: ByteString | null): number => {
    if (text === null) return 0;
    const next = this.#next;
    const width = this.#width;
    const byteClasses = this.#byteClasses;
    let state = 1;
    for (let i = 0; i < text.length; i++) {
      const to = next[state * width + byteClasses[text.charCodeAt(i)]!]!;
      if (to === 0) return this.#left[state]!;
      state = to;
    }
    return this.#ended[state]!;
  };

  /** Looks bytes up where they lie. @remarks Hot path. */
  readonly ofSpan = (span: TextSpan): number => {
    const { bytes, end } = span;
    const next = this.#next;
    const width = this.#width;
    const byteClasses = this.#byteClasses;
    let state = 1;
    for (let at = span.start; at < end; at++) {
      const to = next[state * width + byteClasses[bytes[at]!]!]!;
      if (to === 0) return this.#left[state]!;
      state = to;
    }
    return this.#ended[state]!;
  };

  /** As `ofText`, from the end backwards: texts and beginnings are given in reverse. @remarks Hot path. */
  readonly ofTextBackwards = (text: ByteString | null): number => {
    if (text === null) return 0;
    const next = this.#next;
    const width = this.#width;
    const byteClasses = this.#byteClasses;
    let state = 1;
    for (let i = text.length - 1; i >= 0; i--) {
      const to = next[state * width + byteClasses[text.charCodeAt(i)]!]!;
      if (to === 0) return this.#left[state]!;
      state = to;
    }
    return this.#ended[state]!;
  };

  /** As `ofSpan`, from the end backwards. @remarks Hot path. */
  readonly ofSpanBackwards = (span: TextSpan): number => {
    const { bytes, start } = span;
    const next = this.#next;
    const width = this.#width;
    const byteClasses = this.#byteClasses;
    let state = 1;
    for (let at = span.end - 1; at >= start; at--) {
      const to = next[state * width + byteClasses[bytes[at]!]!]!;
      if (to === 0) return this.#left[state]!;
      state = to;
    }
    return this.#ended[state]!;
  };

  /** Numbers the bytes in use from 1; with all 256 in use the last one wraps to 0, where nothing else is then. */
  #classify(texts: readonly ByteString[]): number {
    let width = 1;
    for (const text of texts) {
      for (let i = 0; i < text.length; i++) {
        const byte = text.charCodeAt(i);
        if (this.#byteClasses[byte] === 0) this.#byteClasses[byte] = width++ & 255;
      }
    }
    return Math.min(width, 256);
  }

  /** A state below a beginning has begun with it, too; states are numbered from the root down. */
  #inherit(): void {
    const width = this.#width;
    for (let state = 1; state < this.#left.length; state++) {
      const inherited = this.#left[state]!;
      for (let at = state * width; at < (state + 1) * width; at++) {
        const child = this.#next[at]!;
        if (child !== 0 && this.#left[child] === 0) this.#left[child] = inherited;
      }
      if (this.#ended[state] === 0) this.#ended[state] = inherited;
    }
  }
}
