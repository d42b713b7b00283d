import { PRIORITIES } from '../lang/ir.js';
import type { NewAlert } from './alert.js';
import { internalAlert, LOSS_RULE } from './internal-alert.js';
import type { DropCause, SpoolShared } from './shared.js';

/** After a first alert about losses, the next tells of all that came in this long. */
const QUIET_MS = 5_000;

/** Losses on their way into the log. */
export interface Telling {
  readonly alert: NewAlert;
  readonly byCause: ReadonlyMap<DropCause, number>;
  readonly byLane: ReadonlyMap<number, number>;
}

/** Counts dropped alerts and words the alert that tells of them. */
export class SpoolLosses {
  readonly #shared: SpoolShared;
  #byCause = new Map<DropCause, number>();
  #byLane = new Map<number, number>();
  #quietUntil = 0;

  constructor(shared: SpoolShared) {
    this.#shared = shared;
  }

  add(cause: DropCause, lane: number, count: number): void {
    this.#shared.addDropped(cause, lane, count);
    increase(this.#byCause, cause, count);
    increase(this.#byLane, lane, count);
  }

  /** Whether there is something to tell and the time to tell it has come. */
  due(nowMs: number): boolean {
    return this.#byCause.size > 0 && nowMs >= this.#quietUntil;
  }

  /** The alert about everything dropped since the last one; what is dropped from here on belongs to the next. */
  take(nowMs: number): Telling | null {
    if (this.#byCause.size === 0) return null;
    const byCause = this.#byCause;
    const byLane = this.#byLane;
    this.#byCause = new Map();
    this.#byLane = new Map();
    this.#quietUntil = nowMs + QUIET_MS;
    return { alert: wording(byCause, byLane, nowMs), byCause, byLane };
  }

  /** The alert did not find room either. */
  putBack(telling: Telling): void {
    for (const [cause, count] of telling.byCause) increase(this.#byCause, cause, count);
    for (const [lane, count] of telling.byLane) increase(this.#byLane, lane, count);
  }
}

function wording(
  byCause: ReadonlyMap<DropCause, number>,
  byLane: ReadonlyMap<number, number>,
  nowMs: number,
): NewAlert {
  const fields = new Map<string, number>();
  for (const [cause, count] of byCause) {
    increase(fields, 'saker.dropped', count);
    fields.set(`saker.dropped.cause.${cause}`, count);
  }
  for (const [lane, count] of byLane) {
    fields.set(`saker.dropped.priority.${PRIORITIES[lane]?.toLowerCase() ?? 'unknown'}`, count);
  }
  return internalAlert(LOSS_RULE, 'Critical', Object.fromEntries(fields), nowMs);
}

function increase<K>(counts: Map<K, number>, key: K, by: number): void {
  counts.set(key, (counts.get(key) ?? 0) + by);
}
