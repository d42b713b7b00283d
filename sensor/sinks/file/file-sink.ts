import { open, stat, type FileHandle } from 'node:fs/promises';
import type { Alert } from '../../spool/index.js';
import type { DeliveryResult, Sink } from '../sink.js';

/** How often the path is compared with the open file, to notice that it was renamed away. */
const CHECK_EVERY_MS = 1_000;

/**
 * Lines appended to a file. Follows rotation: a file renamed or removed is left and the path opened anew, within a second
 * or at once by `reopen` (SIGUSR1).
 */
export class FileSink implements Sink {
  readonly name: string;
  readonly type = 'file';
  readonly #path: string;
  readonly #format: (alert: Alert) => string;
  readonly #fsync: boolean;
  #file: FileHandle | null = null;
  #reopen = false;
  #checkedAt = 0;

  constructor(options: {
    readonly name: string;
    readonly path: string;
    /** One line without its newline. */
    readonly format: (alert: Alert) => string;
    /** fdatasync after each batch. */
    readonly fsync: boolean;
  }) {
    this.name = options.name;
    this.#path = options.path;
    this.#format = options.format;
    this.#fsync = options.fsync;
  }

  /** The path is opened anew before the next batch. */
  reopen(): void {
    this.#reopen = true;
  }

  async deliver(batch: readonly Alert[]): Promise<DeliveryResult> {
    let file: FileHandle;
    let before: number;
    try {
      file = await this.#current();
      before = (await file.stat()).size;
    } catch (error) {
      return { kind: 'retry', reason: String(error) };
    }
    try {
      await file.appendFile(batch.map((alert) => `${this.#format(alert)}\n`).join(''));
      if (this.#fsync) await file.datasync();
      return { kind: 'delivered' };
    } catch (error) {
      // Disk full: half of the batch may be there, and the whole of it will come again.
      await file.truncate(before).catch(() => undefined);
      await this.close();
      return { kind: 'retry', reason: String(error) };
    }
  }

  async close(): Promise<void> {
    const file = this.#file;
    this.#file = null;
    await file?.close().catch(() => undefined);
  }

  async #current(): Promise<FileHandle> {
    if (this.#file && (this.#reopen || (await this.#movedAway(this.#file)))) await this.close();
    this.#reopen = false;
    this.#file ??= await openAtLineStart(this.#path);
    return this.#file;
  }

  async #movedAway(file: FileHandle): Promise<boolean> {
    const now = Date.now();
    if (now - this.#checkedAt < CHECK_EVERY_MS) return false;
    this.#checkedAt = now;
    const ours = await file.stat();
    const named = await stat(this.#path).catch(() => null);
    return named?.ino !== ours.ino || named.dev !== ours.dev;
  }
}

/** Opens for append; a line that a kill cut short is ended first, so that the next one stands alone. */
async function openAtLineStart(path: string): Promise<FileHandle> {
  const file = await open(path, 'a+', 0o640);
  try {
    const { size } = await file.stat();
    if (size > 0) {
      const last = await file.read(Buffer.alloc(1), 0, 1, size - 1);
      if (last.buffer[0] !== 0x0a) await file.appendFile('\n');
    }
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}
