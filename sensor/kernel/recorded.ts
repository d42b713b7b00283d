import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { SakerError } from '../core/index.js';
import { AT, SIZE } from './layout.generated.js';
import type { BatchHandler, RecordSource, SourceStats } from './record-source.js';

/** Records of an earlier run, or a test's own: delivered batch by batch, as the live source would. */
export class RecordedSource implements RecordSource {
  readonly #batches: readonly Uint8Array[];
  #onBatch: BatchHandler | null = null;
  #next = 0;
  #bytes = 0;
  #records = 0;
  #paused = false;
  #closed = false;
  #ended: (() => void) | null = null;

  constructor(batches: Iterable<Uint8Array>) {
    this.#batches = [...batches];
  }

  /** A file written by `BatchRecorder`. Throws SakerError `RECORDING_DAMAGED`. */
  static fromFile(path: string): RecordedSource {
    return new RecordedSource(readBatches(readFileSync(path), path));
  }

  start(onBatch: BatchHandler): void {
    this.#onBatch = onBatch;
    this.#schedule();
  }

  /** Settles when the last batch was delivered, or the source closed. */
  ended(): Promise<void> {
    return new Promise((resolve) => {
      this.#ended = resolve;
      if (this.#closed || this.#next >= this.#batches.length) resolve();
    });
  }

  drain(): void {
    while (this.#deliver());
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#schedule();
  }

  stats(): SourceStats {
    return { batches: this.#next, records: this.#records, bytes: this.#bytes, malformed: 0 };
  }

  close(): void {
    this.#closed = true;
    this.#ended?.();
  }

  #schedule(): void {
    setImmediate(() => {
      if (!this.#paused && this.#deliver()) this.#schedule();
    });
  }

  /** One batch; false when none is left or nobody listens. */
  #deliver(): boolean {
    const batch = this.#batches[this.#next];
    if (this.#closed || !this.#onBatch || !batch) return false;
    this.#next++;
    this.#bytes += batch.length;
    this.#records += countRecords(batch);
    this.#onBatch(batch, batch.length);
    if (this.#next === this.#batches.length) this.#ended?.();
    return true;
  }
}

function countRecords(batch: Uint8Array): number {
  const bytes = Buffer.from(batch.buffer, batch.byteOffset, batch.byteLength);
  let records = 0;
  for (let at = 0; at + SIZE.header <= bytes.length; records++) {
    const size = bytes.readUInt16LE(at + AT.header.size);
    if (size < SIZE.header) break;
    at += (size + 7) & ~7;
  }
  return records;
}

/** Writes batches to a file: each as its length (u32, little endian) and its bytes. */
export class BatchRecorder {
  #fd: number;

  constructor(path: string) {
    this.#fd = openSync(path, 'w', 0o600);
  }

  readonly write: BatchHandler = (bytes, length) => {
    const head = Buffer.alloc(4);
    head.writeUInt32LE(length);
    writeSync(this.#fd, head);
    writeSync(this.#fd, bytes, 0, length);
  };

  close(): void {
    if (this.#fd < 0) return;
    closeSync(this.#fd);
    this.#fd = -1;
  }
}

function* readBatches(file: Buffer, path: string): Generator<Uint8Array> {
  for (let at = 0; at < file.length;) {
    const length = at + 4 <= file.length ? file.readUInt32LE(at) : Infinity;
    if (at + 4 + length > file.length) {
      throw new SakerError('RECORDING_DAMAGED', `${path} ends in the middle of a batch`, {
        hint: 'record it again',
      });
    }
    // A copy of its own: records lie at multiples of 8 from the start of their memory.
    yield Uint8Array.prototype.slice.call(file, at + 4, at + 4 + length);
    at += 4 + length;
  }
}
