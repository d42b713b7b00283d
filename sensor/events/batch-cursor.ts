import type { ByteString } from '../core/index.js';
import type { RecordCursor } from './cursor.js';
import { AT, type RecordShape, RECORDS, SIZE } from './layout.generated.js';
import { type Latin1Buffer, TextCache } from './text-cache.js';

/** Shape of each kind's records, by kind. */
export const SHAPES: readonly (RecordShape | undefined)[] = shapesByKind();

const KIND_AT = AT.header.kind - AT.header.size;
const GENERATION_AT = AT.header.generation - AT.header.size;
const TWO_32 = 4294967296;

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
  #longs: BigUint64Array = new BigUint64Array(0);
  #at = 0;
  /** Bit n: `#strings[n]` is the n-th string of this record. */
  #cached = 0;
  readonly #strings: (ByteString | null)[] = Array.from({ length: 8 }, () => null);
  readonly #texts = new TextCache();

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
    this.#longs = new BigUint64Array(buffer, byteOffset, byteLength >>> 3);
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
    return this.#longs[(this.#at + offset) >>> 3]!;
  }

  string(n: number): ByteString | null {
    if ((this.#cached & (1 << n)) === 0) {
      const start = this.start(n);
      this.#strings[n] = start < 0 ? null : this.#bytes.latin1Slice(start, this.end(n));
      this.#cached |= 1 << n;
    }
    return this.#strings[n]!;
  }

  common(n: number): ByteString | null {
    const start = this.start(n);
    return start < 0 ? null : this.#common(start, this.end(n));
  }

  head(n: number): ByteString | null {
    const start = this.start(n);
    return start < 0 ? null : this.#common(start, this.#nul(start, this.end(n)));
  }

  tail(n: number): ByteString | null {
    const start = this.start(n);
    if (start < 0) return null;
    const end = this.end(n);
    const nul = this.#nul(start, end);
    return nul === end ? null : this.#bytes.latin1Slice(nul + 1, end);
  }

  chars(offset: number, max: number): ByteString {
    const start = this.#at + offset;
    return this.#common(start, this.#nul(start, start + max));
  }

  get bytes(): Uint8Array {
    return this.#bytes;
  }

  start(n: number): number {
    const shape = SHAPES[this.kind];
    if (shape === undefined || this.#length(n) === 0) return -1;
    let start = this.#at + shape.fixed;
    for (let i = 0; i < n; i++) start += this.u16(shape.lengthsAt[i]!);
    return start;
  }

  end(n: number): number {
    return this.start(n) + this.#length(n) - 1;
  }

  get at(): number {
    return this.#at;
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

  #common(start: number, end: number): ByteString {
    return this.#texts.get(this.#bytes, this.#words, start, end - start);
  }

  /** The first NUL from `start` on; `end` if there is none before. */
  #nul(start: number, end: number): number {
    let at = start;
    while (at < end && this.#bytes[at] !== 0) at++;
    return at;
  }

  /** Length of the n-th string, its NUL included; 0 when it is absent or the kind has none such. */
  #length(n: number): number {
    const lengthAt = SHAPES[this.kind]?.lengthsAt[n];
    return lengthAt === undefined ? 0 : this.u16(lengthAt);
  }
}

/** Smallest size a record can have. */
export const HEADER_SIZE = SIZE.header;

function shapesByKind(): (RecordShape | undefined)[] {
  const shapes: (RecordShape | undefined)[] = Array.from({ length: 256 }, () => undefined);
  for (const shape of RECORDS) shapes[shape.kind] = shape;
  return shapes;
}
