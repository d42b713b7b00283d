import { AT, SIZE } from './layout.generated.js';

/**
 * Brings records as an iterator wrote them, one right behind the other, to the form of a batch, where each starts at a multiple
 * of 8. A record with an impossible size ends it: nothing behind it can be found.
 */
export function batchOf(written: Uint8Array): Uint8Array {
  const from = Buffer.from(written.buffer, written.byteOffset, written.byteLength);
  const sizes: number[] = [];
  let total = 0;
  for (let at = 0; at + SIZE.header <= from.length;) {
    const size = from.readUInt16LE(at + AT.header.size);
    if (size < SIZE.header || at + size > from.length) break;
    sizes.push(size);
    total += (size + 7) & ~7;
    at += size;
  }
  const batch = new Uint8Array(total);
  let at = 0;
  let to = 0;
  for (const size of sizes) {
    batch.set(from.subarray(at, at + size), to);
    at += size;
    to += (size + 7) & ~7;
  }
  return batch;
}
