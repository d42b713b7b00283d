import { constants, crc32, zstdCompressSync, zstdDecompressSync } from 'node:zlib';

/**
 * A capture is a row of blocks, nothing before and nothing between them; little endian:
 *
 *     0  u32  magic "SKRC": where a reader finds its footing again behind damaged bytes
 *     4  u16  version of the format
 *     6  u8   kind of the block, `BLOCK`
 *     7  u8   how the payload is stored: 0 as it is, 1 zstd
 *     8  u32  length of the payload as stored, in bytes
 *    12  u32  length of the payload, in bytes
 *    16  u32  CRC-32 of the payload as stored (zlib's, native: as in the spool)
 *    20  u32  CRC-32 of the 20 bytes before
 *    24       payload
 *
 * The first block is a header. Another header begins another session: captures can be appended to, and joined with `cat`.
 */
export const BLOCK_HEADER = 24;
export const MAGIC = Buffer.from('SKRC', 'latin1');
const VERSION = 1;

/** What a block holds. A reader skips kinds it does not know. */
export const BLOCK = {
  /** JSON: `CaptureHeader`. */
  header: 1,
  /** Records, one after the other, each at a multiple of 8: one batch or several. */
  records: 2,
  /** i64: nanoseconds since the epoch minus nanoseconds since boot, from here on. */
  clock: 3,
  /** JSON: `CaptureLoss`, of the session so far. */
  loss: 4,
  /** JSON: `CapturedRules`: which rules the verdicts of a generation name. */
  rules: 5,
  /** Records of the snapshot, of processes that are not what they seem until `relations` says so: `shadowRecords`. */
  shadows: 6,
  /** Who was born of whom, and who has ended: `relationsBytes`. */
  relations: 7,
  /** What is remembered of sockets: `socketBytes`. */
  sockets: 8,
  /** JSON: users and groups, after their files changed. */
  names: 9,
} as const;

/** No payload is longer: what claims to be is damage, and is not decompressed. */
export const MAX_PAYLOAD = 8 << 20;

/** Compressed frames that want more history than this are refused: 2^23 bytes. */
const WINDOW_LOG = 23;

const STORED = 0;
const ZSTD = 1;

/** What a block's header says. */
export interface BlockHeader {
  readonly kind: number;
  readonly compressed: boolean;
  readonly storedBytes: number;
  readonly payloadBytes: number;
  readonly crc: number;
}

/** One whole block. Cheap compression: a recorder shares the machine with what it records. */
export function sealBlock(kind: number, payload: Uint8Array): Buffer {
  const packed = zstdCompressSync(payload, { params: { [constants.ZSTD_c_compressionLevel]: 1 } });
  const stored = packed.length < payload.length ? packed : payload;
  const block = Buffer.allocUnsafe(BLOCK_HEADER + stored.length);
  MAGIC.copy(block);
  block.writeUInt16LE(VERSION, 4);
  block.writeUInt8(kind, 6);
  block.writeUInt8(stored === packed ? ZSTD : STORED, 7);
  block.writeUInt32LE(stored.length, 8);
  block.writeUInt32LE(payload.length, 12);
  block.writeUInt32LE(crc32(stored), 16);
  block.writeUInt32LE(crc32(block.subarray(0, 20)), 20);
  block.set(stored, BLOCK_HEADER);
  return block;
}

/** Reads a block's header; a text says what is wrong with it. */
export function openHeader(bytes: Buffer): BlockHeader | string {
  if (MAGIC.compare(bytes, 0, MAGIC.length) !== 0) return 'no block begins here';
  if (crc32(bytes.subarray(0, 20)) !== bytes.readUInt32LE(20))
    return 'the head of the block is damaged';
  const version = bytes.readUInt16LE(4);
  if (version !== VERSION) return `format ${version} is not known to this build`;
  const packing = bytes.readUInt8(7);
  if (packing !== STORED && packing !== ZSTD) return `compression ${packing} is not known`;
  const storedBytes = bytes.readUInt32LE(8);
  const payloadBytes = bytes.readUInt32LE(12);
  if (payloadBytes > MAX_PAYLOAD || storedBytes > payloadBytes)
    return 'the lengths of the block are impossible';
  return {
    kind: bytes.readUInt8(6),
    compressed: packing === ZSTD,
    storedBytes,
    payloadBytes,
    crc: bytes.readUInt32LE(16),
  };
}

/** The payload of a block; a text says why there is none. Memory is bounded by `MAX_PAYLOAD` whatever the bytes say. */
export function openPayload(header: BlockHeader, stored: Buffer): Buffer | string {
  if (crc32(stored) !== header.crc) return 'the checksum of the block is wrong';
  if (!header.compressed)
    return stored.length === header.payloadBytes ? stored : 'the lengths of the block differ';
  try {
    const payload = zstdDecompressSync(stored, {
      maxOutputLength: Math.max(header.payloadBytes, 1),
      params: { [constants.ZSTD_d_windowLogMax]: WINDOW_LOG },
    });
    return payload.length === header.payloadBytes ? payload : 'the lengths of the block differ';
  } catch (error) {
    return `the block cannot be decompressed: ${(error as Error).message}`;
  }
}
