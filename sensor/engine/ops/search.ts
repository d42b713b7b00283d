import type { ByteString } from '../../core/bytes.js';
import type { TextSpan } from '../types.js';

/**
 * Does a text contain one of many needles? One pass over the text, whatever their number: Aho and Corasick's automaton as a
 * table of states × byte classes (bytes in no needle share a class).
 *
 * @remarks Hot path: no allocation.
 * @param needles - None of them empty; in lower case if `foldCase`.
 * @param foldCase - ASCII capitals count as small letters.
 */
export function compileSearch(
  needles: readonly ByteString[],
  foldCase = false,
): (text: ByteString) => boolean {
  const classes = new Uint8Array(256);
  let width = 1;
  for (const needle of needles) {
    for (let i = 0; i < needle.length; i++) {
      const byte = needle.charCodeAt(i);
      if (classes[byte] === 0) classes[byte] = width++ & 255;
    }
  }
  if (foldCase) for (let c = 0x41; c <= 0x5a; c++) classes[c] = classes[c + 32]!;
  // With all 256 bytes in use the last class wraps to 0; nothing else is in class 0 then, so it is still its own.
  width = Math.min(width, 256);

  const rows: number[][] = [new Array<number>(width).fill(-1)];
  const ends: boolean[] = [false];
  for (const needle of needles) {
    let state = 0;
    for (let i = 0; i < needle.length; i++) {
      const symbol = classes[needle.charCodeAt(i)]!;
      let next = rows[state]![symbol]!;
      if (next < 0) {
        next = rows.push(new Array<number>(width).fill(-1)) - 1;
        ends.push(false);
        rows[state]![symbol] = next;
      }
      state = next;
    }
    ends[state] = true;
  }
  const table = close(rows, ends, width);
  return (text) => {
    let state = 0;
    for (let i = 0; i < text.length; i++) {
      state = table[state + classes[text.charCodeAt(i)]!]!;
      if (state < 0) return true;
    }
    return false;
  };
}

/** Fills in the failure links, breadth first. Entries are row offsets; −1: a needle ends. */
function close(rows: readonly number[][], ends: boolean[], width: number): Int32Array {
  const failure = new Array<number>(rows.length).fill(0);
  const queue: number[] = [];
  for (let symbol = 0; symbol < width; symbol++) {
    const next = rows[0]![symbol]!;
    if (next < 0) rows[0]![symbol] = 0;
    else queue.push(next);
  }
  for (let head = 0; head < queue.length; head++) {
    const state = queue[head]!;
    const back = failure[state]!;
    if (ends[back]) ends[state] = true;
    for (let symbol = 0; symbol < width; symbol++) {
      const next = rows[state]![symbol]!;
      if (next < 0) {
        rows[state]![symbol] = rows[back]![symbol]!;
      } else {
        failure[next] = rows[back]![symbol]!;
        queue.push(next);
      }
    }
  }
  const table = new Int32Array(rows.length * width);
  rows.forEach((row, state) => {
    row.forEach((next, symbol) => {
      table[state * width + symbol] = ends[next] ? -1 : next * width;
    });
  });
  return table;
}

/**
 * Does a text that lies among the bytes of an event contain `needle`? By Horspool's rule: the byte under the needle's last one
 * says how far to go on, most often by the needle's length.
 *
 * @remarks Hot path: no allocation.
 */
export function compileSpanSearch(needle: ByteString): (span: TextSpan) => boolean {
  const length = needle.length;
  if (length === 0) return () => true;
  const wanted = Uint8Array.from(needle, (char) => char.charCodeAt(0));
  const skips = new Int32Array(256).fill(length);
  for (let i = 0; i < length - 1; i++) skips[wanted[i]!] = length - 1 - i;
  const last = wanted[length - 1]!;
  return ({ bytes, start, end }) => {
    for (let at = start + length - 1; at < end;) {
      const byte = bytes[at]!;
      if (byte === last) {
        let i = length - 2;
        for (let from = at - length + 1; i >= 0 && bytes[from + i] === wanted[i];) i--;
        if (i < 0) return true;
      }
      at += skips[byte]!;
    }
    return false;
  };
}
