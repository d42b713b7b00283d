import { crc32 } from 'node:zlib';

/**
 * One record of the log on disk, little endian:
 *
 *     0  u32  magic, where a reader finds its footing again behind damaged bytes
 *     4  u32  CRC-32 (zlib's: native, 0.27 µs for 700 bytes) of everything from byte 8 to the end
 *     8  u32  length of the payload in bytes
 *    12  u64  sequence number
 *    20  u8   severity: index into PRIORITIES
 *    21  u8   version of this header
 *    22  u16  zero
 *    24       payload: the alert as JSON, UTF-8
 */
export const HEADER_BYTES = 24;

/** Longest payload; a longer one is refused by the writer, so a longer claim is damage. */
export const MAX_PAYLOAD_BYTES = 1 << 20;

const MAGIC = 0x31524b53; // "SKR1"
const MAGIC_BYTES = Buffer.from('SKR1', 'latin1');
const VERSION = 1;

/** What stands at one place of a segment. */
export type Scanned =
  | {
      readonly kind: 'record';
      readonly seq: number;
      readonly severity: number;
      readonly payloadAt: number;
      /** Where the next record starts. */
      readonly end: number;
    }
  /** The bytes so far could begin a record; whether they do needs the rest. */
  | { readonly kind: 'short' }
  | { readonly kind: 'damaged' };

/**
 * Puts the header before a payload that is already in place.
 *
 * @param buffer - Holds the payload from `HEADER_BYTES` on.
 * @returns the length of the whole record in bytes.
 */
export function sealRecord(
  buffer: Buffer,
  payloadBytes: number,
  seq: number,
  severity: number,
): number {
  const end = HEADER_BYTES + payloadBytes;
  buffer.writeUInt32LE(MAGIC, 0);
  buffer.writeUInt32LE(payloadBytes, 8);
  buffer.writeUInt32LE(seq % 0x1_0000_0000, 12);
  buffer.writeUInt32LE(Math.floor(seq / 0x1_0000_0000), 16);
  buffer.writeUInt8(severity, 20);
  buffer.writeUInt8(VERSION, 21);
  buffer.writeUInt16LE(0, 22);
  buffer.writeUInt32LE(crc32(buffer.subarray(8, end)), 4);
  return end;
}

/** Looks at what stands at `at`; bytes from `end` on do not count. */
export function scanRecord(buffer: Buffer, at: number, end: number): Scanned {
  const available = end - at;
  if (available < HEADER_BYTES) {
    const known = Math.min(available, 4);
    return MAGIC_BYTES.compare(buffer, at, at + known, 0, known) === 0
      ? { kind: 'short' }
      : { kind: 'damaged' };
  }
  if (buffer.readUInt32LE(at) !== MAGIC || buffer.readUInt8(at + 21) !== VERSION) {
    return { kind: 'damaged' };
  }
  const payloadBytes = buffer.readUInt32LE(at + 8);
  if (payloadBytes > MAX_PAYLOAD_BYTES) return { kind: 'damaged' };
  const recordEnd = at + HEADER_BYTES + payloadBytes;
  if (recordEnd > end) return { kind: 'short' };
  if (crc32(buffer.subarray(at + 8, recordEnd)) !== buffer.readUInt32LE(at + 4)) {
    return { kind: 'damaged' };
  }
  const seq = buffer.readUInt32LE(at + 12) + buffer.readUInt32LE(at + 16) * 0x1_0000_0000;
  return {
    kind: 'record',
    seq,
    severity: buffer.readUInt8(at + 20),
    payloadAt: at + HEADER_BYTES,
    end: recordEnd,
  };
}

/** Where the next record may start, from `from` on; -1: nowhere before `end`. The last bytes may be the start of a magic. */
export function findMagic(buffer: Buffer, from: number, end: number): number {
  const found = buffer.subarray(from, end).indexOf(MAGIC_BYTES);
  if (found >= 0) return from + found;
  for (let tail = Math.max(from, end - 3); tail < end; tail++) {
    if (MAGIC_BYTES.compare(buffer, tail, end, 0, end - tail) === 0) return tail;
  }
  return -1;
}
