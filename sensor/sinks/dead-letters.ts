import { open, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder } from '../core/index.js';
import type { Alert } from '../spool/index.js';

const DEFAULT_MAX_BYTES = 64 * 1024 * 1024;

/**
 * Alerts that a peer refused for good, with its words: one file of JSON lines for each sink (`<dir>/<sink>.jsonl`). A full
 * file becomes `<sink>.jsonl.1`, in place of the one before.
 */
export class DeadLetters {
  readonly #dir: string;
  readonly #maxBytes: number;

  constructor(dir: string, maxBytes: number = DEFAULT_MAX_BYTES) {
    this.#dir = dir;
    this.#maxBytes = maxBytes;
  }

  /** On disk when it resolves. */
  async put(
    sink: string,
    letters: readonly { readonly alert: Alert; readonly reason: string }[],
  ): Promise<void> {
    makeFolder(this.#dir, 0o700);
    const path = join(this.#dir, `${sink}.jsonl`);
    const size = await stat(path).then(
      (found) => found.size,
      () => 0,
    );
    if (size >= this.#maxBytes) await rename(path, `${path}.1`);
    const file = await open(path, 'a', 0o600);
    try {
      const time = new Date().toISOString();
      const lines = letters.map(
        ({ alert, reason }) => `${JSON.stringify({ time, reason, alert })}\n`,
      );
      await file.appendFile(lines.join(''));
      await file.datasync();
    } finally {
      await file.close();
    }
  }
}
