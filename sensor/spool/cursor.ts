import {
  closeSync,
  fdatasyncSync,
  openSync,
  readFileSync,
  readdirSync,
  renameSync,
  writeSync,
} from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { join } from 'node:path';

const SUFFIX = '.cursor';

/** How far one sink has got: every alert below `next` is delivered. */
export interface CursorState {
  readonly v: 1;
  readonly sink: string;
  readonly next: number;
}

/** One sink's cursor: in memory, and in a small file that is replaced whole. */
export class Cursor {
  readonly sink: string;
  readonly #path: string;
  #next: number;
  #saved: number;

  private constructor(path: string, sink: string, next: number, saved: number) {
    this.#path = path;
    this.sink = sink;
    this.#next = next;
    this.#saved = saved;
  }

  /**
   * Takes up a sink's cursor where it was left; one never seen before starts at `startOfNew` and is on disk before this
   * returns. A file that cannot be understood (power loss) starts at `startOfDamaged`: duplicates rather than loss.
   */
  static open(
    dir: string,
    sink: string,
    starts: { readonly startOfNew: number; readonly startOfDamaged: number },
  ): Cursor {
    const path = join(dir, sink + SUFFIX);
    const found = readCursor(path);
    if (typeof found === 'number') return new Cursor(path, sink, found, found);
    const next = found === 'absent' ? starts.startOfNew : starts.startOfDamaged;
    const cursor = new Cursor(path, sink, next, 0);
    cursor.#saveNow();
    return cursor;
  }

  get next(): number {
    return this.#next;
  }

  /** Durable position: what is below may be removed as far as this sink is concerned. */
  get saved(): number {
    return this.#saved;
  }

  advance(next: number): void {
    if (next > this.#next) this.#next = next;
  }

  /** Makes the position durable, but for the directory's fsync. @returns whether there was anything to do. */
  async save(): Promise<boolean> {
    const next = this.#next;
    if (next === this.#saved) return false;
    const temporary = `${this.#path}.tmp`;
    const file = await open(temporary, 'w');
    try {
      await file.writeFile(encode(this.sink, next));
      await file.datasync();
    } finally {
      await file.close();
    }
    await rename(temporary, this.#path);
    this.#saved = next;
    return true;
  }

  #saveNow(): void {
    const temporary = `${this.#path}.tmp`;
    const fd = openSync(temporary, 'w');
    try {
      writeSync(fd, encode(this.sink, this.#next));
      fdatasyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(temporary, this.#path);
    this.#saved = this.#next;
  }
}

/** Positions of all cursors in a directory, of sinks no longer configured too. */
export function readCursors(dir: string): Map<string, number> {
  const cursors = new Map<string, number>();
  for (const name of readdirSync(dir)) {
    if (!name.endsWith(SUFFIX)) continue;
    const next = readCursor(join(dir, name));
    if (next !== 'absent')
      cursors.set(name.slice(0, -SUFFIX.length), next === 'damaged' ? 1 : next);
  }
  return cursors;
}

function encode(sink: string, next: number): string {
  return `${JSON.stringify({ v: 1, sink, next } satisfies CursorState)}\n`;
}

function readCursor(path: string): number | 'absent' | 'damaged' {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'absent' : 'damaged';
  }
  try {
    const state = JSON.parse(text) as Partial<CursorState>;
    return state.v === 1 && Number.isSafeInteger(state.next) ? Number(state.next) : 'damaged';
  } catch {
    return 'damaged';
  }
}
