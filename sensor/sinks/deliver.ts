import { invariant, type Logger } from '../core/index.js';
import { SpoolReader, SpoolSync, type Cursor, type SpoolShared } from '../spool/index.js';
import type { DeadLetters } from './dead-letters.js';
import type { Sink } from './sink.js';
import { SinkLoop, type Route, type SinkStatus } from './sink-loop.js';

const DEFAULT_DEADLINE_MS = 30_000;

/** A sink to be served. The same object again means: leave it as it is. */
export interface SinkSpec {
  readonly sink: Sink;
  readonly route: Route;
  /** Longest that one `deliver` may take. */
  readonly deadlineMs?: number;
}

/** What became of the sinks, by name. */
export interface SinkChanges {
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly removed: readonly string[];
}

/** A change of the sinks that can still be given up. */
export interface SinkUpdate extends SinkChanges {
  /** Resolves when the sinks are served as asked. */
  commit(): Promise<void>;
  /** Leaves everything as it was. */
  abort(): Promise<void>;
}

/** All sinks' loops, and the spool's durability. Lives on the delivery thread. */
export class Delivery {
  readonly #options: DeliveryOptions;
  readonly #sync: SpoolSync;
  #served: readonly Served[] = [];

  constructor(options: DeliveryOptions) {
    this.#options = options;
    const { spoolDir: dir, shared, logger } = options;
    this.#sync = new SpoolSync({ dir, shared, logger });
    for (const spec of options.sinks) this.#serve(spec, this.#sync.openCursor(spec.sink.name));
    this.#sync.start();
  }

  status(): readonly SinkStatus[] {
    return this.#served.map(({ loop }) => loop.status());
  }

  /** Rounds of making the spool durable that failed (and were repeated). */
  get syncFailures(): number {
    return this.#sync.failures;
  }

  /**
   * Prepares to serve these sinks instead. Those whose spec is the same object go on undisturbed; one of the same name as
   * before continues where that one was; an added one begins with the next alert, or where it was when it was last seen.
   * One update at a time.
   *
   * @throws the file system's error when a cursor cannot be written down; nothing has changed then.
   */
  async update(specs: readonly SinkSpec[]): Promise<SinkUpdate> {
    const before = new Map(this.#served.map((served) => [served.spec.sink.name, served]));
    const names = new Set(specs.map(({ sink }) => sink.name));
    const removed = this.#served.filter(({ spec }) => !names.has(spec.sink.name));
    const changed = specs.filter((spec) => {
      const served = before.get(spec.sink.name);
      return served !== undefined && served.spec !== spec;
    });
    const added = new Map<string, Cursor>();
    const abort = async (): Promise<void> => {
      for (const cursor of added.values()) await this.#sync.dropCursor(cursor);
    };
    try {
      for (const { sink } of specs)
        if (!before.has(sink.name)) added.set(sink.name, this.#sync.addCursor(sink.name));
    } catch (error) {
      await abort();
      throw error;
    }
    const commit = async (): Promise<void> => {
      const leaving = [...removed, ...changed.flatMap(({ sink }) => before.get(sink.name) ?? [])];
      await Promise.all(leaving.map(({ loop }) => loop.halt()));
      this.#served = this.#served.filter(({ spec }) => specs.includes(spec));
      for (const spec of specs) {
        const old = before.get(spec.sink.name);
        const cursor = old?.cursor ?? added.get(spec.sink.name);
        invariant(cursor, 'a sink that is neither old nor added');
        if (old?.spec !== spec) this.#serve(spec, cursor);
      }
      // As they are configured.
      const order = specs.map((spec) => spec.sink.name);
      this.#served = this.#served.toSorted(
        (a, b) => order.indexOf(a.spec.sink.name) - order.indexOf(b.spec.sink.name),
      );
      for (const { cursor } of removed) await this.#sync.dropCursor(cursor);
    };
    return {
      added: [...added.keys()],
      changed: changed.map(({ sink }) => sink.name),
      removed: removed.map(({ spec }) => spec.sink.name),
      commit,
      abort,
    };
  }

  /** Delivers what is on disk for at most `deadlineMs`; the rest waits for the next start. Ends within 2 s after that. */
  async close(deadlineMs: number): Promise<void> {
    const signal = AbortSignal.timeout(deadlineMs);
    await Promise.all(this.#served.map(({ loop }) => loop.drain(signal)));
    await this.#sync.close();
  }

  #serve(spec: SinkSpec, cursor: Cursor): void {
    const { spoolDir, shared, deadLetters, logger } = this.#options;
    const { sink, route, deadlineMs = DEFAULT_DEADLINE_MS } = spec;
    const reader = new SpoolReader(spoolDir, shared, cursor.next);
    const taken = new Set(this.#served.map((one) => one.slot));
    let slot = 0;
    while (taken.has(slot)) slot++;
    const loop = new SinkLoop({
      sink,
      route,
      reader,
      cursor,
      shared,
      deadLetters,
      logger,
      deadlineMs,
      slot,
    });
    this.#served = [...this.#served, { spec, cursor, loop, slot }];
  }
}

export interface DeliveryOptions {
  readonly spoolDir: string;
  readonly shared: SpoolShared;
  readonly sinks: readonly SinkSpec[];
  readonly deadLetters: DeadLetters;
  readonly logger: Logger;
}

interface Served {
  readonly spec: SinkSpec;
  readonly cursor: Cursor;
  readonly loop: SinkLoop;
  readonly slot: number;
}
