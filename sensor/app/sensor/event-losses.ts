import type { CaptureLoss } from '../../capture/index.js';
import { EVENTS_LOST_RULE, internalAlert, type NewAlert } from '../../spool/index.js';
import { lossSince } from '../capture/loss.js';

/** The kernel's counters are read this often: an analyst hears of a loss at most so long after it. */
const LOOK_MS = 5_000;
/** After an alert about losses, the next tells of all that came in this long. */
const QUIET_MS = 30_000;

/**
 * Tells by alert that events were lost: whoever reads alerts only must not take silence for peace. Sums are told, by kind and
 * by cause, with the time since when.
 */
export class EventLosses {
  readonly #total: () => CaptureLoss;
  readonly #alert: (alert: NewAlert) => void;
  #told: CaptureLoss;
  /** Until then nothing more had been lost than what is told. */
  #completeUntil: number;
  #lookAt: number;
  #quietUntil = 0;

  /** @param total - What was lost so far, by kind and cause: rising counts. */
  constructor(total: () => CaptureLoss, alert: (alert: NewAlert) => void, nowMs = Date.now()) {
    this.#total = total;
    this.#alert = alert;
    this.#told = total();
    this.#completeUntil = nowMs;
    this.#lookAt = nowMs + LOOK_MS;
  }

  /** Call about once a second. */
  tick(nowMs = Date.now()): void {
    if (nowMs < this.#lookAt) return;
    this.#lookAt = nowMs + LOOK_MS;
    if (nowMs >= this.#quietUntil) this.tell(nowMs);
  }

  /** Tells of what is not told yet, without waiting; nothing where nothing was lost. */
  tell(nowMs = Date.now()): void {
    const total = this.#total();
    const { lost } = lossSince(total, this.#told);
    const since = this.#completeUntil;
    this.#completeUntil = nowMs;
    if (Object.keys(lost).length === 0) return;
    this.#told = total;
    this.#quietUntil = nowMs + QUIET_MS;
    const fields = { ...fieldsOf(lost), 'saker.lost.since': new Date(since).toISOString() };
    this.#alert(internalAlert(EVENTS_LOST_RULE, 'Critical', fields, nowMs));
  }
}

function fieldsOf(lost: CaptureLoss['lost']): Record<string, number> {
  const fields: Record<string, number> = { 'saker.lost': 0 };
  const add = (name: string, count: number): void => {
    fields[name] = (fields[name] ?? 0) + count;
  };
  for (const [kind, causes] of Object.entries(lost)) {
    for (const [cause, count] of Object.entries(causes)) {
      add('saker.lost', count);
      add(`saker.lost.cause.${cause}`, count);
      add(`saker.lost.kind.${kind}`, count);
    }
  }
  return fields;
}
