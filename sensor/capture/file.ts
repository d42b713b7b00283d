import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from 'node:fs';
import { SakerError } from '../core/index.js';
import { BLOCK_HEADER, MAGIC, openHeader, openPayload, type BlockHeader } from './block.js';

/** A block where it lies. */
export interface FoundBlock {
  /** Byte offset in the file. */
  readonly at: number;
  readonly end: number;
  readonly kind: number;
  /** A text says why there is none. */
  readonly payload: Buffer | string;
}

const HINTS = {
  name: 'name a file that `saker record -w FILE` wrote',
  noFile: 'a capture is read back and forth: save what comes through a pipe to a file first',
};

const EMPTY = [
  'it is empty',
  'the recording ended, or was killed, before it wrote anything',
] as const;

/** Beginnings of what a person may take for a capture. */
const FOREIGN: readonly (readonly [magic: string, what: string, hint: string])[] = [
  ['1f8b', 'it is packed by gzip', 'unpack it first: gzip -d'],
  ['28b52ffd', 'it is packed by zstd', 'unpack it first: zstd -d'],
  ['fd377a58', 'it is packed by xz', 'unpack it first: xz -d'],
  ['0a0d0d0a', 'it is a capture of Falco or sysdig (scap), or of packets (pcapng)', HINTS.name],
  ['d4c3b2a1', 'it is a capture of packets (pcap)', HINTS.name],
];

function foreign(start: Buffer): readonly [what: string, hint: string] | null {
  const hex = start.toString('hex');
  const [, what, hint] = FOREIGN.find(([magic]) => hex.startsWith(magic)) ?? [];
  return what === undefined || hint === undefined ? null : [what, hint];
}

function whatIs(stat: Stats): string {
  if (stat.isDirectory()) return 'it is a folder';
  return stat.isFIFO() ? 'it is a pipe' : 'it is no file';
}

function unreadable(path: string, why: string, hint: string, cause?: unknown): SakerError {
  return new SakerError('CAPTURE_UNREADABLE', `cannot read ${path}: ${why}`, {
    hint,
    ...(cause === undefined ? {} : { cause }),
  });
}

/** Bytes looked at in one go while searching for the next block. */
const WINDOW = 64 << 10;

/** A capture opened for reading. Memory is bounded by one block whatever the file holds. */
export class CaptureFile {
  readonly #fd: number;
  readonly #size: number;

  private constructor(fd: number, size: number) {
    this.#fd = fd;
    this.#size = size;
  }

  /** @throws SakerError `CAPTURE_UNREADABLE`. */
  static open(path: string): CaptureFile {
    let fd = -1;
    try {
      fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK); // a FIFO would block
      const stat = fstatSync(fd);
      if (!stat.isFile()) throw unreadable(path, whatIs(stat), HINTS.noFile);
      return new CaptureFile(fd, stat.size);
    } catch (cause) {
      if (fd >= 0) closeSync(fd);
      if (cause instanceof SakerError) throw cause;
      const { code, message } = cause as NodeJS.ErrnoException;
      if (code === 'ENOENT' && path === '-')
        throw unreadable(path, 'standard input is not read', HINTS.noFile, cause);
      throw unreadable(
        path,
        code === 'ENOENT' ? 'there is no such file' : message,
        HINTS.name,
        cause,
      );
    }
  }

  /** @throws SakerError `CAPTURE_FORMAT` that says what it is instead, where it does not begin as a capture does. */
  mustBegin(path: string): void {
    if (this.begins()) return;
    const [what, hint] =
      this.#size === 0 ? EMPTY : (foreign(this.#read(0, 8)) ?? [null, HINTS.name]);
    throw new SakerError(
      'CAPTURE_FORMAT',
      `${path} is no capture of saker${what === null ? '' : `: ${what}`}`,
      { hint },
    );
  }

  /** Whether it begins as a capture does; half of the first block's head will do. */
  begins(): boolean {
    const start = this.#read(0, Math.min(MAGIC.length, this.#size));
    return start.length > 0 && start.equals(MAGIC.subarray(0, start.length));
  }

  /** Every block, damaged ones too. Behind bytes that are none, the next one is searched for. */
  *blocks(): Generator<FoundBlock> {
    for (let at = 0; at < this.#size;) {
      const header = this.#header(at);
      if (typeof header === 'string') {
        const next = this.#search(at + 1);
        yield { at, end: next, kind: 0, payload: header };
        at = next;
        continue;
      }
      const end = at + BLOCK_HEADER + header.storedBytes;
      const payload = openPayload(header, this.#read(at + BLOCK_HEADER, header.storedBytes));
      yield { at, end, kind: header.kind, payload };
      at = end;
    }
  }

  close(): void {
    closeSync(this.#fd);
  }

  /** The head of a block that lies in the file as a whole; a text says what is wrong. */
  #header(at: number): BlockHeader | string {
    const bytes = this.#read(at, BLOCK_HEADER);
    if (bytes.length < BLOCK_HEADER) return 'the file ends in the middle of a block';
    const header = openHeader(bytes);
    if (typeof header !== 'string' && at + BLOCK_HEADER + header.storedBytes > this.#size)
      return 'the file ends in the middle of a block';
    return header;
  }

  /** Where the next block begins; the file's end when there is none. */
  #search(from: number): number {
    for (let start = from; start < this.#size; start += WINDOW) {
      // Overlaps the next window, so that no magic lies across two.
      const window = this.#read(start, WINDOW + MAGIC.length - 1);
      for (let i = window.indexOf(MAGIC); i >= 0; i = window.indexOf(MAGIC, i + 1))
        if (typeof this.#header(start + i) !== 'string') return start + i;
    }
    return this.#size;
  }

  /** What there is of `length` bytes. */
  #read(at: number, length: number): Buffer {
    const buffer = Buffer.alloc(Math.max(0, Math.min(length, this.#size - at)));
    let used = 0;
    while (used < buffer.length) {
      const got = readSync(this.#fd, buffer, used, buffer.length - used, at + used);
      if (got === 0) break;
      used += got;
    }
    return buffer.subarray(0, used);
  }
}
