import { statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { SakerError, type Logger } from '../../core/index.js';
import {
  CaptureTap,
  type LearntRecords,
  type CapturedRules,
  type CaptureLoss,
  type CaptureOptions,
} from '../../capture/index.js';
import type { RecordCursor } from '../../events/index.js';
import type { Identity } from '../../identity/index.js';
import type { Rule } from '../../lang/index.js';
import { internalAlert, type NewAlert } from '../../spool/index.js';
import type { CaptureConfig } from '../config/types.js';
import { lossSince } from './loss.js';
import { captureName, makeRoom } from './rule-files.js';

/** Captures on demand at once. */
const MAX_ON_DEMAND = 4;

/** A capture ends before it takes the last of a disk that the spool may share. */
const MIN_FREE_BYTES = 64 << 20;

/** Rule name of the alert that tells of a full capture. */
export const FULL_RULE = 'saker: capture size limit reached';

/** Why a capture ended. `disk`: its disk is nearly full. `failed`: it could not be written. */
export type CaptureEnd = 'told' | 'time' | 'full' | 'disk' | 'failed';

export interface CaptureSummary {
  readonly path: string;
  readonly records: number;
  readonly bytes: number;
  readonly lost: CaptureLoss['lost'];
  readonly ended: CaptureEnd;
  /** Why it could not be written. */
  readonly error: SakerError | null;
}

export interface CapturesStatus {
  readonly active: readonly {
    readonly path: string;
    /** The rule that began it; null: `saker record`. */
    readonly rule: string | null;
    readonly records: number;
    readonly bytes: number;
    readonly startedAt: string;
    readonly endsAt: string | null;
  }[];
  readonly started: number;
  readonly ended: Readonly<Record<CaptureEnd, number>>;
  /** Of the last one that failed. */
  readonly lastError: string | null;
}

/** What captures need of the sensor they belong to. */
export interface CapturesOptions {
  readonly identity: Identity;
  readonly learnt: LearntRecords;
  readonly producer: string;
  readonly hostname: string;
  readonly scope: string | null;
  readonly staticFields?: Readonly<Record<string, string>>;
  /** Null: rules begin no captures. */
  readonly onRules: CaptureConfig | null;
  readonly loss: () => CaptureLoss;
  /** The first capture begins, the last one has ended: while one goes on the kernel discards nothing. */
  readonly onActive: (active: boolean) => void;
  readonly alert: (alert: NewAlert) => void;
  readonly logger: Logger;
}

interface OpenCapture {
  readonly path: string;
  readonly rule: string | null;
  readonly tap: CaptureTap;
  readonly startedMs: number;
  readonly lossBefore: CaptureLoss;
  readonly onEnd: (summary: CaptureSummary) => void;
  /** Where it begins in the batch that is being taken, and how many records of it came before. */
  from: number;
  before: number;
  endsMs: number | null;
  timer: NodeJS.Timeout | null;
}

/**
 * Captures of a running sensor: on demand, and begun by rules. They are fed with the batches that the sensor itself takes, so no
 * second set of probes is attached.
 *
 * @remarks Lives on the sensor thread. A fault of one capture ends that capture and nothing else.
 */
export class Captures {
  readonly #options: CapturesOptions;
  readonly #open = new Set<OpenCapture>();
  readonly #ended: Record<CaptureEnd, number> = { told: 0, time: 0, full: 0, disk: 0, failed: 0 };
  #rules: readonly CapturedRules[] = [];
  #byRule: OpenCapture | null = null;
  /** Records of the batch that is being taken. */
  #taken = 0;
  #started = 0;
  #lastError: string | null = null;

  constructor(options: CapturesOptions) {
    this.#options = options;
    options.learnt.active = false;
  }

  get active(): boolean {
    return this.#open.size > 0;
  }

  /**
   * Begins one on demand, from the next batch on.
   *
   * @param onEnd - Told once, when it is over.
   * @returns what ends it.
   * @throws SakerError `CAPTURE_BUSY` or of the file
   */
  start(
    capture: CaptureOptions,
    durationMs: number | null,
    onEnd: (summary: CaptureSummary) => void,
  ): () => void {
    const onDemand = [...this.#open].filter(({ rule }) => rule === null).length;
    if (onDemand >= MAX_ON_DEMAND) {
      throw new SakerError('CAPTURE_BUSY', `${onDemand} captures are being made already`, {
        hint: 'end one of them',
      });
    }
    const open = this.#begin(capture, null, false, onEnd);
    if (durationMs !== null) this.#endAt(open, performance.now() + durationMs);
    return () => {
      this.#end(open, 'told');
    };
  }

  /**
   * A rule gave an alert about the record identity stands on. As in Falco: a capture begins with that event; while one goes on,
   * further rules can make it longer.
   */
  matched(rule: Rule): void {
    const { onRules, identity, logger } = this.#options;
    if (onRules === null || (rule.capture === null && onRules.mode === 'rules')) return;
    const endsMs = performance.now() + (rule.capture?.durationMs || onRules.defaultDurationMs);
    if (this.#byRule !== null) {
      if (endsMs > (this.#byRule.endsMs ?? 0)) this.#endAt(this.#byRule, endsMs);
      return;
    }
    try {
      makeRoom(onRules.pathPrefix, onRules.maxFiles);
      const path = captureName(onRules.pathPrefix, identity.event.timeNs(), identity.event.num);
      const file = { path, maxBytes: onRules.maxFileBytes, files: 1, existing: 'refuse' } as const;
      this.#byRule = this.#begin(file, rule.name, true, (summary) => {
        this.#byRule = null;
        this.#tell(rule, summary);
      });
      this.#endAt(this.#byRule, endsMs);
    } catch (error) {
      this.#ended.failed++;
      this.#lastError = (error as Error).message;
      logger.error('a capture could not begin', { rule: rule.name, error: String(error) });
    }
  }

  /** Identity took a record. Called only while captures are active. */
  readonly onRecord = (record: RecordCursor): void => {
    this.#taken++;
    this.#options.learnt.after(this.#options.identity, record);
  };

  /** The sensor has taken a batch, and judged it. */
  batch(bytes: Uint8Array, length: number): void {
    if (this.#open.size === 0) return;
    const learnt = this.#options.learnt.take(this.#options.identity);
    for (const open of this.#open) {
      const { from, before } = open;
      open.from = open.before = 0;
      this.#attempt(open, () => {
        const part = from === 0 ? bytes : bytes.subarray(from);
        open.tap.take(part, length - from, learnt, this.#taken - before);
      });
      if (open.tap.full) this.#end(open, 'full');
    }
    this.#taken = 0;
  }

  /** Which rules verdicts name from here on; the newest set last. */
  setRules(rules: readonly CapturedRules[]): void {
    this.#rules = rules;
    for (const open of this.#open)
      this.#attempt(open, () => {
        open.tap.setRules(rules);
      });
  }

  /** Once a second, after the clock was looked at. */
  tick(): void {
    if (this.#open.size === 0) return;
    const loss = this.#options.loss();
    for (const open of this.#open) {
      this.#attempt(open, () => {
        open.tap.tick(lossSince(loss, open.lossBefore));
        if (freeBytes(open.path) < MIN_FREE_BYTES) this.#end(open, 'disk');
      });
    }
  }

  status(): CapturesStatus {
    const time = (ms: number): string => new Date(performance.timeOrigin + ms).toISOString();
    return {
      active: [...this.#open].map(({ path, rule, tap, startedMs, endsMs }) => ({
        path,
        rule,
        ...tap.stats(),
        startedAt: time(startedMs),
        endsAt: endsMs === null ? null : time(endsMs),
      })),
      started: this.#started,
      ended: { ...this.#ended },
      lastError: this.#lastError,
    };
  }

  /** Ends them all. */
  close(): void {
    for (const open of this.#open) this.#end(open, 'told');
  }

  /** @param withCurrent - The record that identity stands on is its first. */
  #begin(
    capture: CaptureOptions,
    rule: string | null,
    withCurrent: boolean,
    onEnd: (summary: CaptureSummary) => void,
  ): OpenCapture {
    const { identity, learnt, loss, onActive } = this.#options;
    if (freeBytes(capture.path) < MIN_FREE_BYTES)
      throw new SakerError('CAPTURE_DISK', `the disk of ${capture.path} is nearly full`);
    const tap = new CaptureTap(identity, {
      ...this.#options,
      capture: { ...capture, syncLater: true },
    });
    const first = this.#open.size === 0;
    // What comes from here on is wanted whole before the snapshot is taken, and what it makes identity ask is kept.
    if (first) this.#taken = 0;
    try {
      if (first) {
        learnt.active = true;
        onActive(true);
      }
      tap.begin(this.#rules, withCurrent);
      if (tap.full) throw new SakerError('CAPTURE_SIZE', `${capture.path} has no room left`);
    } catch (error) {
      if (first) this.#rest();
      closeQuietly(tap);
      throw error;
    }
    if (withCurrent && first) this.#taken = 1;
    const open: OpenCapture = {
      path: capture.path,
      rule,
      tap,
      startedMs: performance.now(),
      lossBefore: loss(),
      onEnd,
      from: withCurrent ? identity.event.record.at : 0,
      before: withCurrent ? this.#taken - 1 : 0,
      endsMs: null,
      timer: null,
    };
    this.#open.add(open);
    this.#started++;
    return open;
  }

  #endAt(open: OpenCapture, endsMs: number): void {
    if (open.timer !== null) clearTimeout(open.timer);
    open.endsMs = endsMs;
    open.timer = setTimeout(() => {
      this.#end(open, 'time');
    }, endsMs - performance.now());
  }

  /** A fault ends the capture. */
  #attempt(open: OpenCapture, act: () => void): void {
    try {
      act();
    } catch (error) {
      this.#end(open, 'failed', error);
    }
  }

  #end(open: OpenCapture, ended: CaptureEnd, cause: unknown = null): void {
    if (!this.#open.delete(open)) return;
    if (open.timer !== null) clearTimeout(open.timer);
    const { lost } = lossSince(this.#options.loss(), open.lossBefore);
    let [how, error] = [ended, asError(cause)];
    try {
      if (how !== 'failed') open.tap.tick({ lost });
      open.tap.close();
    } catch (failure) {
      if (how !== 'failed') [how, error] = ['failed', asError(failure)];
    }
    if (this.#open.size === 0) this.#rest();
    this.#ended[how]++;
    if (error !== null) this.#lastError = error.message;
    open.onEnd({ path: open.path, ...open.tap.stats(), lost, ended: how, error });
  }

  /** Nothing is recorded any more. */
  #rest(): void {
    const { learnt, identity, onActive } = this.#options;
    learnt.active = false;
    learnt.take(identity);
    onActive(false);
  }

  #tell(rule: Rule, { path, records, ended, error }: CaptureSummary): void {
    const { logger, alert } = this.#options;
    logger.info('a rule’s capture ended', { rule: rule.name, path, records, ended });
    if (error !== null) logger.error(error.message, { code: error.code });
    if (ended !== 'full' && ended !== 'disk') return;
    const fields = { 'saker.capture.file': path, 'saker.capture.rule': rule.name };
    alert(internalAlert(FULL_RULE, 'Informational', fields));
  }
}

function freeBytes(path: string): number {
  try {
    const { bavail, bsize } = statfsSync(dirname(path));
    return bavail * bsize;
  } catch {
    return Infinity; // opening the file says it better
  }
}

function closeQuietly(tap: CaptureTap): void {
  try {
    tap.close();
  } catch {
    // What went wrong before is what is told.
  }
}

function asError(cause: unknown): SakerError | null {
  if (cause === null) return null;
  if (cause instanceof SakerError) return cause;
  return new SakerError('CAPTURE_WRITE', cause instanceof Error ? cause.message : 'unknown', {
    cause,
  });
}
