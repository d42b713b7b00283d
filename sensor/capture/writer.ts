import {
  closeSync,
  fdatasync,
  fdatasyncSync,
  ftruncateSync,
  openSync,
  renameSync,
  statSync,
  writeSync,
} from 'node:fs';
import { SakerError } from '../core/index.js';
import { AT, SIZE } from '../events/index.js';
import { BLOCK, sealBlock } from './block.js';
import { CaptureFile } from './file.js';
import { wholeBytes } from './reader.js';

/** Records of about this much become a block. */
const BLOCK_BYTES = 1 << 20;

/** Kept free in a file for what one batch can add: rotation happens between batches only. */
const MARGIN = 3 << 20;

/** A smaller limit leaves no room for the snapshot a capture begins with. */
export const MIN_CAPTURE_BYTES = 8 << 20;

export interface CaptureOptions {
  readonly path: string;
  /** No file becomes longer, in bytes; at least `MIN_CAPTURE_BYTES`. */
  readonly maxBytes: number;
  /** Files kept: `path`, then `path.1` … with older records. 1: no rotation, a full file is the end. */
  readonly files: number;
  /** When there is a file already: refuse, go on behind its last whole block, or begin anew. */
  readonly existing: 'refuse' | 'append' | 'overwrite';
  /** A thread that must not wait for the disk hands a closed file to it and goes on. */
  readonly syncLater?: boolean;
}

/**
 * Writes blocks to a file, whole ones only: what a crash leaves of a block is cut off when the file is appended to, and
 * reported when it is read.
 */
export class CaptureWriter {
  readonly #options: CaptureOptions;
  readonly #pending = Buffer.allocUnsafe(BLOCK_BYTES);
  #used = 0;
  #kind: number = BLOCK.records;
  #fd: number;
  #fileBytes: number;
  #totalBytes = 0;

  /** @throws SakerError `CAPTURE_EXISTS`, `CAPTURE_WRITE`, `CAPTURE_FORMAT`. */
  constructor(options: CaptureOptions) {
    this.#options = options;
    const { path, existing } = options;
    const size = sizeOf(path);
    if (size !== null && existing === 'refuse') {
      throw new SakerError('CAPTURE_EXISTS', `${path} is there already`, {
        hint: '--append goes on behind it, --overwrite begins anew',
      });
    }
    const append = size !== null && size > 0 && existing === 'append';
    if (size !== null) refuseForeign(path);
    const keep = append ? wholeBytes(path) : 0; // a torn tail goes
    this.#fd = attempt(path, () => {
      const fd = openSync(path, append ? 'r+' : size === null ? 'wx' : 'w', 0o600);
      if (append) ftruncateSync(fd, keep);
      return fd;
    });
    this.#fileBytes = keep;
  }

  /**
   * Adds whole records. Each starts at a multiple of 8.
   *
   * @param kind - Of the blocks they go into.
   */
  records(bytes: Uint8Array, length: number, kind: number = BLOCK.records): void {
    if (kind !== this.#kind) this.flush();
    this.#kind = kind;
    for (let start = 0; start < length;) {
      const end = this.#used + length - start <= BLOCK_BYTES ? length : cut(bytes, start, length);
      if (this.#used + end - start > BLOCK_BYTES) this.flush();
      this.#pending.set(bytes.subarray(start, end), this.#used);
      this.#used += end - start;
      start = end;
    }
  }

  /** Adds a block of another kind; what was added before comes before it. */
  block(kind: number, payload: Uint8Array): void {
    this.flush();
    this.#write(sealBlock(kind, payload));
  }

  /** What was added so far survives the death of this process. */
  flush(): void {
    if (this.#used === 0) return;
    const block = sealBlock(this.#kind, this.#pending.subarray(0, this.#used));
    this.#used = 0;
    this.#write(block);
  }

  /** Whether one more batch could pass the limit: time to rotate, or to end. */
  get full(): boolean {
    return this.#fileBytes + this.#used + MARGIN > this.#options.maxBytes;
  }

  /** Bytes written, all files together. */
  get totalBytes(): number {
    return this.#totalBytes;
  }

  /** Goes on in an empty file; false when only one is allowed. */
  rotate(): boolean {
    const { path, files } = this.#options;
    if (files <= 1) return false;
    this.close();
    this.#fd = attempt(path, () => {
      for (let i = files - 1; i >= 1; i--) {
        const from = i === 1 ? path : `${path}.${i - 1}`;
        if (sizeOf(from) !== null) renameSync(from, `${path}.${i}`);
      }
      return openSync(path, 'wx', 0o600);
    });
    this.#fileBytes = 0;
    return true;
  }

  /** Writes what is left, and waits until the disk has it unless told not to. Twice is fine. */
  close(): void {
    const fd = this.#fd;
    if (fd < 0) return;
    const later = this.#options.syncLater ?? false;
    try {
      this.flush();
      if (!later)
        attempt(this.#options.path, () => {
          fdatasyncSync(fd);
        });
    } finally {
      this.#fd = -1;
      if (later)
        fdatasync(fd, () => {
          closeSync(fd);
        });
      else closeSync(fd);
    }
  }

  #write(block: Buffer): void {
    attempt(this.#options.path, () => {
      try {
        for (let done = 0; done < block.length;)
          done += writeSync(this.#fd, block, done, block.length - done, this.#fileBytes + done);
      } catch (error) {
        ftruncateSync(this.#fd, this.#fileBytes); // no half of a block stays
        throw error;
      }
    });
    this.#fileBytes += block.length;
    this.#totalBytes += block.length;
  }
}

/** End of as many whole records from `start` on as a block holds; at least one. */
function cut(bytes: Uint8Array, start: number, length: number): number {
  const sizeAt = AT.header.size;
  let end = start;
  while (end + SIZE.header <= length) {
    const size = bytes[end + sizeAt]! | (bytes[end + sizeAt + 1]! << 8);
    const next = Math.min(length, end + ((Math.max(size, SIZE.header) + 7) & ~7));
    if (next - start > BLOCK_BYTES) break;
    end = next;
  }
  return end === start ? length : end;
}

/** A file that is something else is neither appended to nor overwritten: it may be there by a slip of the finger. */
function refuseForeign(path: string): void {
  const stat = statSync(path);
  if (!stat.isFile()) {
    throw new SakerError('CAPTURE_WRITE', `cannot write ${path}: it is no file`, {
      hint: 'name a file, or one that is not there yet',
    });
  }
  const file = CaptureFile.open(path);
  const isCapture = file.begins();
  file.close();
  if (stat.size > 0 && !isCapture) {
    throw new SakerError('CAPTURE_FORMAT', `${path} is no capture of saker: it is left as it is`, {
      hint: 'name another file, or remove it',
    });
  }
}

function sizeOf(path: string): number | null {
  return statSync(path, { throwIfNoEntry: false })?.size ?? null;
}

function attempt<T>(path: string, act: () => T): T {
  try {
    return act();
  } catch (cause) {
    throw new SakerError('CAPTURE_WRITE', `cannot write ${path}: ${(cause as Error).message}`, {
      hint: 'blocks written before are whole and can be read; look at the path, its rights and the room on its disk',
      cause,
    });
  }
}
