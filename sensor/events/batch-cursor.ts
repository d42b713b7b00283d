import type { ByteString } from '../core/index.js';
import type { RecordCursor } from './cursor.js';
import { AT, type RecordShape, RECORDS, SIZE } from './layout.generated.js';

/** Shape of each kind's records, by kind. */
export const SHAPES: readonly (RecordShape | undefined)[] = shapesByKind();

const KIND_AT = AT.header.kind - AT.header.size;
const GENERATION_AT = AT.header.generation - AT.header.size;
const TWO_32 = 4294967296;

/** `latin1Slice` is what `toString('latin1', …)` calls in the end; node's types leave it out. */
type Latin1Buffer = Buffer & { latin1Slice(start: number, end: number): ByteString };

/**
 * The cursor over batches; moved by `walk`.
 *
 * @remarks Hot path. Header words are read when it moves, everything else on demand. Machines we build for are little endian,
 * records start at multiples of 8 and members are naturally aligned, so typed arrays read them directly.
 */
export class BatchCursor implements RecordCursor {
  kind = 0;
  tgid = 0;
  tid = 0;
  uid = 0;
  arg = 0;
  flags = 0;
  cpu = 0;
  generation = 0;
  size = 0;

  #bytes = Buffer.alloc(0) as Latin1Buffer;
  #half: Uint16Array = new Uint16Array(0);
  #words: Uint32Array = new Uint32Array(0);
  #at = 0;
  /** Bit n: `#strings[n]` is the n-th string of this record. */
  #cached = 0;
  readonly #strings: (ByteString | null)[] = Array.from({ length: 8 }, () => null);

  /** Points at a batch. A batch that does not start at a multiple of 8 in its memory is copied once. */
  use(bytes: Uint8Array): void {
    if (bytes.buffer === this.#bytes.buffer && bytes.byteOffset === this.#bytes.byteOffset) {
      if (bytes.byteLength === this.#bytes.byteLength) return;
    }
    const aligned = bytes.byteOffset % 8 === 0 ? bytes : bytes.slice();
    const { buffer, byteOffset, byteLength } = aligned;
    this.#bytes = Buffer.from(buffer, byteOffset, byteLength) as Latin1Buffer;
    this.#half = new Uint16Array(buffer, byteOffset, byteLength >>> 1);
    this.#words = new Uint32Array(buffer, byteOffset, byteLength >>> 2);
  }

  /** Moves to the record at `at`, whose header lies within the batch. */
  move(at: number): void {
    const words = this.#words;
    const word = at >>> 2;
    this.#at = at;
    this.#cached = 0;
    this.tgid = words[word + AT.header.tgid / 4]!;
    this.tid = words[word + AT.header.tid / 4]!;
    this.uid = words[word + AT.header.uid / 4]!;
    this.arg = words[word + AT.header.arg / 4]!;
    const mixed = words[word + AT.header.size / 4]!;
    this.size = mixed & 0xffff;
    this.kind = (mixed >>> (KIND_AT * 8)) & 0xff;
    this.generation = (mixed >>> (GENERATION_AT * 8)) & 0xff;
    const last = words[word + AT.header.cpu / 4]!;
    this.cpu = last & 0xffff;
    this.flags = last >>> 16;
  }

  u8(offset: number): number {
    return this.#bytes[this.#at + offset]!;
  }

  u16(offset: number): number {
    return this.#half[(this.#at + offset) >>> 1]!;
  }

  u32(offset: number): number {
    return this.#words[(this.#at + offset) >>> 2]!;
  }

  i32(offset: number): number {
    return this.#words[(this.#at + offset) >>> 2]! | 0;
  }

  i64(offset: number): number {
    const word = (this.#at + offset) >>> 2;
    return (this.#words[word + 1]! | 0) * TWO_32 + this.#words[word]!;
  }

  u64(offset: number): number {
    const word = (this.#at + offset) >>> 2;
    return this.#words[word + 1]! * TWO_32 + this.#words[word]!;
  }

  big(offset: number): bigint {
    return this.#bytes.readBigUInt64LE(this.#at + offset);
  }

  string(n: number): ByteString | null {
    if ((this.#cached & (1 << n)) === 0) {
      this.#strings[n] = this.#readString(n);
      this.#cached |= 1 << n;
    }
    return this.#strings[n]!;
  }

  chars(offset: number, max: number): ByteString {
    const start = this.#at + offset;
    const nul = this.#bytes.indexOf(0, start);
    const end = nul === -1 || nul > start + max ? start + max : nul;
    return this.#bytes.latin1Slice(start, end);
  }

  copy(): Uint8Array {
    return Uint8Array.prototype.slice.call(this.#bytes, this.#at, this.#at + this.size);
  }

  /** Whether the record's lengths add up to no more than its size; `walk` skips it otherwise. */
  sound(shape: RecordShape): boolean {
    let used = shape.fixed;
    for (let i = 0; i < shape.lengthsAt.length; i++) used += this.u16(shape.lengthsAt[i]!);
    return used <= this.size;
  }

  #readString(n: number): ByteString | null {
    const shape = SHAPES[this.kind];
    const lengthAt = shape?.lengthsAt[n];
    if (shape === undefined || lengthAt === undefined) return null;
    const length = this.u16(lengthAt);
    if (length === 0) return null;
    let start = this.#at + shape.fixed;
    for (let i = 0; i < n; i++) start += this.u16(shape.lengthsAt[i]!);
    return this.#bytes.latin1Slice(start, start + length - 1);
  }
}

/** Smallest size a record can have. */
export const HEADER_SIZE = SIZE.header;

function shapesByKind(): (RecordShape | undefined)[] {
  const shapes: (RecordShape | undefined)[] = Array.from({ length: 256 }, () => undefined);
  for (const shape of RECORDS) shapes[shape.kind] = shape;
  return shapes;
}
