import { hostname } from 'node:os';
import { SakerError, type Logger } from '../../core/index.js';
import { CaptureRecorder, type CaptureLoss, type CaptureOptions } from '../../capture/index.js';
import { cgroupScope, openProbes, requireAll, type Probes } from '../../kernel/index.js';
import { captureLoss } from './loss.js';

/** A capture is at most this much behind. */
const TICK_MS = 1_000;

export interface RecordOptions {
  readonly capture: CaptureOptions;
  /** Path of a cgroup v2 folder, or null: the whole host. */
  readonly cgroup: string | null;
  readonly hostRoot: string;
  /** Program and version. */
  readonly producer: string;
  /** Keeps what was found out about this kernel. */
  readonly planFile: string;
  /** Null: until told to end. */
  readonly durationMs: number | null;
  readonly logger: Logger;
}

export interface RecordSummary {
  readonly records: number;
  readonly bytes: number;
  /** By kind of event and cause; what the kernel skipped without running a probe as `skipped`. */
  readonly lost: CaptureLoss['lost'];
  /** `full`: the file reached its limit. */
  readonly ended: 'told' | 'full' | 'time';
}

/** Records every event of the scope: probes and reader of its own, no rules, no filter in the kernel. */
export class Recording {
  readonly #probes: Probes;
  readonly #recorder: CaptureRecorder;
  readonly #end = Promise.withResolvers<RecordSummary>();
  #timers: NodeJS.Timeout[] = [];
  #failure: unknown = null;
  #closed = false;

  /** Attached and recording when it returns. @throws SakerError of the kernel door or the capture's file */
  constructor(options: RecordOptions) {
    requireAll();
    const scope = options.cgroup === null ? undefined : cgroupScope(options.cgroup);
    this.#probes = openProbes({
      planFile: options.planFile,
      ...(scope === undefined ? {} : { scope }),
    });
    let recorder: CaptureRecorder | null = null;
    try {
      recorder = new CaptureRecorder({
        capture: options.capture,
        producer: options.producer,
        identity: {
          hostRoot: options.hostRoot,
          cgroup: options.cgroup,
          hostname: process.env['FALCO_HOSTNAME'] ?? hostname(),
          logger: options.logger,
        },
      });
      this.#recorder = recorder;
      this.#start(options.durationMs);
    } catch (error) {
      this.#probes.close();
      recorder?.close();
      throw error;
    }
  }

  /** What it came to. Rejects with the SakerError of the capture's file it ended of. */
  get ended(): Promise<RecordSummary> {
    return this.#end.promise;
  }

  /** Takes what the rings still hold and ends. Twice is fine. */
  close(why: RecordSummary['ended'] = 'told'): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const timer of this.#timers) clearInterval(timer);
    if (this.#failure === null) this.#probes.source.drain();
    const loss = this.#loss();
    this.#probes.close();
    this.#attempt(() => {
      this.#recorder.tick(loss);
    });
    try {
      this.#recorder.close();
    } catch (error) {
      this.#failure ??= error;
    }
    if (this.#failure === null)
      this.#end.resolve({ ...this.#recorder.stats(), lost: loss.lost, ended: why });
    else this.#end.reject(this.#failure);
  }

  #start(durationMs: number | null): void {
    const { source } = this.#probes;
    source.start((bytes, length) => {
      this.#attempt(() => {
        this.#recorder.take(bytes, length);
      });
      this.#endIfOver();
    });
    source.pause();
    this.#probes.attach();
    this.#recorder.begin(this.#probes.scan());
    if (this.#recorder.full) {
      throw new SakerError('CAPTURE_SIZE', 'the file has no room left', {
        hint: 'raise --max-size, or allow more --files',
      });
    }
    source.resume();
    const tick = (): void => {
      this.#attempt(() => {
        this.#recorder.tick(this.#loss());
      });
      this.#endIfOver();
    };
    this.#timers = [setInterval(tick, TICK_MS)];
    if (durationMs === null) return;
    const timeIsUp = (): void => {
      this.close('time');
    };
    this.#timers.push(setTimeout(timeIsUp, durationMs));
  }

  /** A fault of the disk: nothing more is written after the first. */
  #attempt(act: () => void): void {
    if (this.#failure !== null) return;
    try {
      act();
    } catch (error) {
      this.#failure = error;
    }
  }

  /** Not at once: the reader that calls is not to be closed by its own call. */
  #endIfOver(): void {
    if (this.#closed || (this.#failure === null && !this.#recorder.full)) return;
    this.#probes.source.pause();
    setImmediate(() => {
      this.close('full');
    });
  }

  #loss(): CaptureLoss {
    return captureLoss(this.#probes.counters());
  }
}
