import { RecordWalk, type RecordCursor } from '../events/index.js';
import { Identity, type IdentityOptions } from '../identity/index.js';
import type { CaptureLoss } from './header.js';
import { LearntRecords } from './learnt.js';
import { CaptureTap, type TapStats } from './tap.js';
import type { CaptureOptions } from './writer.js';

export interface RecorderOptions {
  readonly capture: CaptureOptions;
  readonly identity: Omit<IdentityOptions, 'onLearnt' | 'offline'> & {
    readonly hostname: string;
    readonly cgroup: string | null;
  };
  /** Program and version. */
  readonly producer: string;
}

/** Writes batches to a capture, where no sensor runs: keeps the tables as the sensor does, for what they find out. */
export class CaptureRecorder {
  readonly #identity: Identity;
  readonly #tap: CaptureTap;
  readonly #walk = new RecordWalk();
  readonly #learnt = new LearntRecords();
  #taken = 0;

  /** @throws SakerError of `CaptureWriter`. */
  constructor(options: RecorderOptions) {
    const { hostname, cgroup } = options.identity;
    this.#identity = new Identity({ ...options.identity, onLearnt: this.#learnt.hooks });
    this.#tap = new CaptureTap(this.#identity, { ...options, hostname, scope: cgroup });
  }

  /** Takes the start-up scan, then writes what a session begins with: header and snapshot. */
  begin(scan: Uint8Array): void {
    this.#walk.each(scan, scan.length, this.#apply);
    this.#learnt.take(this.#identity); // the snapshot has it all
    this.#tap.begin([]);
  }

  /** Takes one batch, causes before effects. @throws SakerError `CAPTURE_WRITE`, `CAPTURE_SIZE` */
  take(bytes: Uint8Array, length: number): void {
    if (this.#tap.full) return;
    this.#taken = 0;
    this.#walk.each(bytes, length, this.#apply);
    this.#tap.take(bytes, length, this.#learnt.take(this.#identity), this.#taken);
  }

  /** Once a second or so. */
  tick(loss: CaptureLoss): void {
    this.#identity.clock.refresh();
    this.#tap.tick(loss);
  }

  /** No room left, and no other file allowed: nothing is taken any more. */
  get full(): boolean {
    return this.#tap.full;
  }

  stats(): TapStats {
    return this.#tap.stats();
  }

  /** Twice is fine. */
  close(): void {
    this.#tap.close();
  }

  readonly #apply = (record: RecordCursor): void => {
    this.#taken++;
    const identity = this.#identity;
    identity.take(record);
    this.#learnt.after(identity, record);
    identity.done(record);
  };
}
