import { readdirSync } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { RateLimited, type Logger } from '../core/index.js';
import { Cursor, readCursors } from './cursor.js';
import { listSegments } from './segment.js';
import type { SpoolShared } from './shared.js';
import { CURSOR_DIR } from './writer.js';

/** Longest time between an append or an acknowledgement and its being safe from power loss, less the disk's own time. */
const SYNC_EVERY_MS = 500;

/**
 * The delivery thread's share of the spool: makes appended alerts and cursors durable twice a second, and only then tells
 * the writer what may be removed.
 */
export class SpoolSync {
  readonly #dir: string;
  readonly #shared: SpoolShared;
  readonly #complaints: RateLimited;
  readonly #logger: Logger;
  #cursors: readonly Cursor[] = [];
  readonly #firstEver: boolean;
  /** Sizes up to which segments are known to be on the platter. */
  #synced = new Map<string, number>();
  #syncedSeq = 0;
  #syncedLayout = -1;
  #timer: NodeJS.Timeout | null = null;
  #running: Promise<void> = Promise.resolve();
  #failures = 0;
  #syncs = 0;

  constructor(options: {
    readonly dir: string;
    readonly shared: SpoolShared;
    readonly logger: Logger;
  }) {
    this.#dir = options.dir;
    this.#shared = options.shared;
    this.#logger = options.logger;
    this.#complaints = new RateLimited((message, fields) => {
      options.logger.error(message, fields);
    });
    this.#firstEver = readCursors(join(this.#dir, CURSOR_DIR)).size === 0;
  }

  /** Failed attempts at making something durable; each is repeated. */
  get failures(): number {
    return this.#failures;
  }
  get syncs(): number {
    return this.#syncs;
  }

  /**
   * Takes up a sink's cursor. Call for every configured sink before `start`.
   *
   * @remarks A sink never seen before begins with the alerts of this run: what is kept for other sinks is not its business.
   * Where no sink was ever seen it begins with the oldest alert kept, so a first start that was killed loses nothing. A
   * cursor file that cannot be understood begins with the oldest too.
   */
  openCursor(sink: string): Cursor {
    return this.#open(sink, this.#firstEver ? 1 : this.#shared.openedAt);
  }

  /**
   * Takes up the cursor of a sink that is added while the sensor runs: one never seen before begins with the next alert.
   *
   * @throws the file system's error when the cursor cannot be written down; nothing has changed then.
   */
  addCursor(sink: string): Cursor {
    return this.#open(sink, this.#shared.appended + 1);
  }

  /** Notes where a sink stands that is configured no more; from now on nothing is kept for it. */
  async dropCursor(cursor: Cursor): Promise<void> {
    // Not while a round is saving it: both would write the same temporary file.
    const saved = this.#running.then(() => cursor.save());
    this.#running = saved.then(
      () => undefined,
      () => undefined,
    );
    await this.#running;
    this.#cursors = this.#cursors.filter((one) => one !== cursor);
    this.#publishFloor();
  }

  #open(sink: string, startOfNew: number): Cursor {
    const cursor = Cursor.open(join(this.#dir, CURSOR_DIR), sink, {
      startOfNew,
      startOfDamaged: 1,
    });
    this.#cursors = [...this.#cursors, cursor];
    return cursor;
  }

  start(): void {
    const configured = new Set(this.#cursors.map((cursor) => cursor.sink));
    for (const sink of readdirSync(join(this.#dir, CURSOR_DIR))) {
      const name = sink.replace(/\.cursor(\.tmp)?$/, '');
      if (!configured.has(name)) {
        this.#logger.warn(
          'a sink seen before is no longer configured; alerts are not kept for it',
          {
            sink: name,
          },
        );
      }
    }
    this.#publishFloor();
    this.#timer ??= setInterval(() => {
      this.#running = this.#running.then(() => this.syncNow());
    }, SYNC_EVERY_MS);
  }

  /** One round; never rejects. */
  async syncNow(): Promise<void> {
    try {
      await this.#syncSegments();
      let saved = false;
      for (const cursor of this.#cursors) saved = (await cursor.save()) || saved;
      if (saved) await syncPath(join(this.#dir, CURSOR_DIR));
      this.#publishFloor();
    } catch (error) {
      this.#failures++;
      this.#complaints.say('sync', 'the spool cannot be made safe from power loss; trying again', {
        dir: this.#dir,
        error: String(error),
      });
    }
  }

  /** Stops the timer and makes everything durable a last time. */
  async close(): Promise<void> {
    if (this.#timer) clearInterval(this.#timer);
    this.#timer = null;
    await this.#running;
    await this.syncNow();
  }

  async #syncSegments(): Promise<void> {
    const { appended, layout } = this.#shared;
    if (appended === this.#syncedSeq && layout === this.#syncedLayout) return;
    const synced = new Map<string, number>();
    for (const { path } of listSegments(this.#dir)) {
      const before = this.#synced.get(path) ?? 0;
      const size = await sizeOf(path);
      if (size > before) {
        await syncPath(path);
        this.#syncs++;
      }
      if (size >= 0) synced.set(path, size);
    }
    if (layout !== this.#syncedLayout) await syncPath(this.#dir);
    this.#synced = synced;
    this.#syncedSeq = appended;
    this.#syncedLayout = layout;
  }

  #publishFloor(): void {
    const positions = this.#cursors.map((cursor) => cursor.saved);
    this.#shared.floor = positions.length > 0 ? Math.min(...positions) : this.#shared.appended + 1;
  }
}

/** -1: removed meanwhile. */
async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return -1;
    throw error;
  }
}

/** fdatasync works by inode: any descriptor of the file will do. */
async function syncPath(path: string): Promise<void> {
  let file;
  try {
    file = await open(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  try {
    await file.datasync();
  } finally {
    await file.close();
  }
}
