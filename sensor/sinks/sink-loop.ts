import { RateLimited, type Logger } from '../core/index.js';
import { PRIORITIES, type Priority } from '../lang/ir.js';
import type { Alert, Batch, Cursor, SpoolReader, SpoolShared } from '../spool/index.js';
import { Backoff } from './backoff.js';
import type { DeadLetters } from './dead-letters.js';
import type { DeliveryResult, Sink } from './sink.js';

const MAX_ALERTS = 512;
const MAX_BYTES = 1 << 20;

/** After its deadline a sink gets this long to settle before it is shown as stuck. */
const SETTLE_MS = 2_000;

/** A peer that asks for a longer pause is not believed. */
const LONGEST_RETRY_AFTER_MS = 300_000;

/** Which alerts a sink wants. */
export interface Route {
  /** This severe or more. */
  readonly minPriority: Priority;
  readonly wants: (alert: Alert) => boolean;
}

/** A sink's side of the books, for `saker status` and metrics. Counts since start; the lag is of alerts on disk. */
export interface SinkStatus {
  readonly name: string;
  readonly type: string;
  readonly state: 'idle' | 'delivering' | 'retrying' | 'stuck' | 'stopped';
  /** Alerts on disk that this sink has not dealt with; those it will not want are not told apart yet. */
  readonly lag: number;
  /** Age of the batch in hand, 0 when idle: how late its oldest alert is. */
  readonly oldestMs: number;
  readonly delivered: number;
  /** Attempts that have to be repeated. */
  readonly retried: number;
  /** Refused for good by the peer: in the dead letters. */
  readonly rejected: number;
  /** Gone from the spool before this sink got them, those it has not come to yet among them. */
  readonly missed: number;
  readonly lastError: string | null;
  /** What to do about the last error, where that is known. */
  readonly hint: string | null;
}

export interface SinkLoopOptions {
  readonly sink: Sink;
  readonly route: Route;
  readonly reader: SpoolReader;
  readonly cursor: Cursor;
  readonly shared: SpoolShared;
  readonly deadLetters: DeadLetters;
  readonly logger: Logger;
  /** Longest that one `deliver` may take. */
  readonly deadlineMs: number;
  /** Its place in `shared`, where the writer counts what is gone before this sink came to it. */
  readonly slot: number;
}

/**
 * Brings alerts from the spool to one sink: at least once, in order, the same batch again until it is settled. A sink that
 * fails or hangs holds up its own cursor and nothing else.
 */
export class SinkLoop {
  readonly #options: SinkLoopOptions;
  readonly #leastSevere: number;
  readonly #backoff = new Backoff();
  readonly #complaints: RateLimited;
  /** Ends waits and attempts at once. */
  readonly #stop = new AbortController();
  #draining = false;
  #halted = false;
  #drainTo = 0;
  #state: SinkStatus['state'] = 'idle';
  #batchSince = 0;
  #delivered = 0;
  #retried = 0;
  #rejected = 0;
  #missed = 0;
  /** Of these, passed over by the batch in hand, whose place the cursor has not reached. */
  #missedInHand = 0;
  /** What the writer had counted as gone, and this sink as missed, when it was level with the log last. */
  #level = { gone: 0, missed: 0 };
  #lastError: string | null = null;
  #hint: string | null = null;
  readonly #done: Promise<void>;

  constructor(options: SinkLoopOptions) {
    this.#options = options;
    this.#leastSevere = PRIORITIES.indexOf(options.route.minPriority);
    this.#complaints = new RateLimited((message, fields) => {
      options.logger.warn(message, fields);
    });
    this.#level.gone = options.shared.gone(options.slot);
    options.shared.setReader(options.slot, options.reader.next);
    this.#done = this.#run();
  }

  status(): SinkStatus {
    const { sink, shared, cursor } = this.#options;
    const ahead = this.#goneAhead();
    return {
      name: sink.name,
      type: sink.type,
      state: this.#state,
      lag: Math.max(0, shared.appended + 1 - cursor.next - ahead - this.#missedInHand),
      oldestMs: this.#batchSince === 0 ? 0 : Date.now() - this.#batchSince,
      delivered: this.#delivered,
      retried: this.#retried,
      rejected: this.#rejected,
      missed: this.#missed + ahead,
      lastError: this.#lastError,
      hint: this.#hint,
    };
  }

  /** Delivers what is on disk by now, then ends. Resolves when it has, or soon after `signal` gives up on it. */
  async drain(signal: AbortSignal): Promise<void> {
    this.#drainTo = this.#options.shared.appended;
    this.#draining = true;
    this.#options.shared.wake();
    const giveUp = () => {
      this.#stop.abort();
    };
    if (signal.aborted) giveUp();
    signal.addEventListener('abort', giveUp, { once: true });
    await this.#done;
    signal.removeEventListener('abort', giveUp);
  }

  /**
   * Ends without delivering the backlog: what is being delivered just now may settle, for a moment. The cursor stands behind
   * what was settled, so whoever takes it up repeats at most one batch.
   */
  async halt(): Promise<void> {
    this.#halted = true;
    // Nothing is on its way while it waits for a next attempt.
    if (this.#state === 'retrying') this.#stop.abort();
    this.#options.shared.wake();
    const timer = setTimeout(() => {
      this.#stop.abort();
    }, SETTLE_MS);
    await this.#done;
    clearTimeout(timer);
  }

  async #run(): Promise<void> {
    const { sink, reader, cursor, shared, route, slot } = this.#options;
    const limits = { maxAlerts: MAX_ALERTS, maxBytes: MAX_BYTES };
    while (!this.#stop.signal.aborted && !this.#halted) {
      // Taken before the read: an append after it changes the count, so no wake-up can fall between.
      const seen = shared.wakeCount;
      const batch = this.#read(() => reader.read(limits, this.#leastSevere, route.wants));
      if (!batch) {
        await sleep(this.#backoff.nextMs(), this.#stop.signal);
        continue;
      }
      shared.setReader(slot, batch.next);
      this.#missedInHand = batch.missed;
      if (batch.missed > 0) this.#noteMissed(batch.missed);
      if (!batch.more) this.#level = { gone: shared.gone(slot), missed: this.#missed };
      if (batch.alerts.length > 0 && !(await this.#settle(batch.alerts))) break;
      cursor.advance(batch.next);
      this.#missedInHand = 0;
      if (this.#draining && batch.next > this.#drainTo) break;
      if (batch.more) {
        await yieldToOthers();
        continue;
      }
      this.#state = 'idle';
      await shared.changed(seen);
    }
    this.#state = 'stopped';
    shared.setReader(slot, 0);
    reader.close();
    await sink.close().catch((error: unknown) => {
      this.#options.logger.warn('a sink did not close cleanly', {
        sink: sink.name,
        error: String(error),
      });
    });
  }

  /** @returns null when the spool cannot be read just now (no descriptors left, the disk fails). */
  #read(read: () => Batch): Batch | null {
    try {
      return read();
    } catch (error) {
      this.#lastError = reasonOf(error);
      this.#complaints.say('read', 'the spool cannot be read; trying again', {
        sink: this.#options.sink.name,
        error: this.#lastError,
      });
      return null;
    }
  }

  /** Offers a batch until it is settled. @returns false when stopped before that. */
  async #settle(alerts: readonly Alert[]): Promise<boolean> {
    const { logger, sink } = this.#options;
    this.#batchSince = Date.now();
    for (;;) {
      const result = await this.#attempt(alerts);
      const retry = result.kind === 'retry' ? result : await this.#bury(alerts, result);
      if (!retry) {
        if (this.#backoff.failures > 0) {
          logger.info('sink delivers again', { sink: sink.name, after: this.#backoff.failures });
        }
        this.#backoff.reset();
        this.#lastError = null;
        this.#hint = null;
        this.#batchSince = 0;
        return true;
      }
      if (this.#stop.signal.aborted || this.#halted) return false;
      this.#retried++;
      this.#lastError = retry.reason;
      this.#hint = retry.hint ?? null;
      this.#state = 'retrying';
      const waitMs = Math.max(
        this.#backoff.nextMs(),
        Math.min(retry.retryAfterMs ?? 0, LONGEST_RETRY_AFTER_MS),
      );
      this.#complaints.say('retry', 'sink cannot deliver; alerts wait in the spool', {
        sink: sink.name,
        reason: retry.reason,
        ...(this.#hint === null ? {} : { hint: this.#hint }),
        retryMs: Math.round(waitMs),
        lag: this.status().lag,
      });
      if (!(await sleep(waitMs, this.#stop.signal))) return false;
    }
  }

  /** One `deliver`. A sink that ignores its signal when stopped does not hold up the end of the process. */
  #attempt(alerts: readonly Alert[]): Promise<DeliveryResult> {
    const { sink, deadlineMs } = this.#options;
    const stop = this.#stop.signal;
    const abort = new AbortController();
    this.#state = 'delivering';
    return new Promise((resolve) => {
      const timers = [
        setTimeout(() => {
          abort.abort(new Error(`no answer within ${deadlineMs} ms`));
        }, deadlineMs),
        setTimeout(() => {
          this.#state = 'stuck';
        }, deadlineMs + SETTLE_MS),
      ];
      const finish = (result: DeliveryResult) => {
        timers.forEach(clearTimeout);
        stop.removeEventListener('abort', stopped);
        resolve(result);
      };
      const stopped = () => {
        abort.abort(new Error('the sensor stops'));
        timers.push(setTimeout(finish, SETTLE_MS, { kind: 'retry', reason: 'stopped' }));
      };
      const attempt = async () => sink.deliver(alerts, abort.signal);
      attempt().then(finish, (error: unknown) => {
        finish({ kind: 'retry', reason: reasonOf(error) });
      });
      if (stop.aborted) stopped();
      else stop.addEventListener('abort', stopped, { once: true });
    });
  }

  /** Counts what was delivered and puts away what was refused for good. @returns a retry when that failed. */
  async #bury(
    alerts: readonly Alert[],
    result: Exclude<DeliveryResult, { kind: 'retry' }>,
  ): Promise<Extract<DeliveryResult, { kind: 'retry' }> | null> {
    const rejected = result.kind === 'partial' ? result.rejected : [];
    const unnamed = result.kind === 'partial' ? (result.unnamed ?? null) : null;
    const letters = rejected.flatMap(({ index, reason }) => {
      const alert = alerts[index];
      return alert ? [{ alert, reason }] : [];
    });
    if (unnamed) {
      const reason = `${unnamed.count} of these ${alerts.length} refused, not said which: ${unnamed.reason}`;
      letters.push(...alerts.map((alert) => ({ alert, reason })));
    }
    const count = rejected.length + (unnamed?.count ?? 0);
    if (letters.length > 0) {
      const { sink, deadLetters } = this.#options;
      try {
        await deadLetters.put(sink.name, letters);
      } catch (error) {
        return { kind: 'retry', reason: `dead letters: ${reasonOf(error)}` };
      }
      this.#complaints.say('reject', 'sink refused alerts for good; they are in the dead letters', {
        sink: sink.name,
        count,
        reason: letters[0]?.reason,
      });
    }
    this.#rejected += count;
    this.#delivered += alerts.length - count;
    return null;
  }

  /** Alerts that are gone and that this sink has not come to yet. */
  #goneAhead(): number {
    const { shared, slot } = this.#options;
    const gone = shared.gone(slot) - this.#level.gone;
    return Math.max(0, gone - (this.#missed - this.#level.missed));
  }

  #noteMissed(count: number): void {
    this.#missed += count;
    this.#complaints.say('missed', 'alerts were gone from the spool before this sink got them', {
      sink: this.#options.sink.name,
      count,
      hint: 'raise spool.max_bytes, or mend the sink sooner',
    });
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Between two batches of a backlog: timers, sockets and the other sinks have their turn. */
function yieldToOthers(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** @returns false when `signal` ended it. */
function sleep(ms: number, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve(false);
      return;
    }
    const stopped = () => {
      clearTimeout(timer);
      resolve(false);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stopped);
      resolve(true);
    }, ms);
    signal.addEventListener('abort', stopped, { once: true });
  });
}
