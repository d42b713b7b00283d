import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { packageRoot, SakerError } from '../../core/index.js';
import type { CaptureOptions } from '../../capture/index.js';
import type {
  CaptureEnded,
  EventFilter,
  FromSensor,
  LiveEventItem,
  RulesMessage,
  SensorSettings,
  SensorStatus,
  ToSensor,
  WatchingReport,
} from '../messages.js';
import type { SensorOptions } from '../sensor/sensor.js';

/** The built program of the sensor thread: the other one of the two that bin/build makes. */
const THREAD = pathToFileURL(join(packageRoot(), 'dist/sensor/app/sensor/thread.js'));
/** A thread that does not answer within this time is taken for hung. */
const ANSWER_MS = 10_000;
/** Loading programs is slow where the processor is emulated or busy, as at the boot of a node. */
const START_MS = 180_000;
const STOP_MS = 5_000;

/** Takes a packet of live events, and how many had to be left out. */
export type TakeEvents = (items: readonly LiveEventItem[], dropped: number) => void;

/** The delivery thread's end of the sensor thread. */
export class SensorLink {
  readonly #worker: Worker;
  readonly #answerMs: number;
  readonly #waiting = new Map<
    string,
    { resolve: (value: never) => void; reject: (error: unknown) => void }
  >();
  /** Told whenever groups of containers changed: cgroup v2 id, first 12 characters of the container's id. */
  onContainers: (groups: readonly (readonly [id: number, containerId: string])[]) => void = () =>
    undefined;
  readonly #watchers = new Map<number, TakeEvents>();
  readonly #onCaptureEnd = new Map<number, (summary: CaptureEnded) => void>();
  #id = 0;
  /** Its end is no surprise: it was told to, or said why it cannot begin. */
  #ending = false;
  #stopped: Promise<void> | null = null;

  /**
   * Starts the thread.
   *
   * @param onEnd - Told when it ended though nobody asked it to.
   * @param how - Another program for it, and how long an answer may take.
   */
  constructor(
    options: SensorOptions,
    onEnd: (error: SakerError) => void,
    how: { readonly thread?: URL; readonly answerMs?: number } = {},
  ) {
    this.#answerMs = how.answerMs ?? ANSWER_MS;
    this.#worker = new Worker(how.thread ?? THREAD, {
      workerData: options,
      name: 'sensor',
      // Small young collections: with V8's default a single one took 12–34 ms at 100,000 processes, with 1 MiB about 1 ms.
      resourceLimits: { maxYoungGenerationSizeMb: 3 },
    });
    const died = (why: string, cause?: unknown): void => {
      const error = this.#ending
        ? stopped()
        : new SakerError('SENSOR_THREAD', `the sensor thread ended: ${why}`, {
            hint: 'this is a bug: please report it with the log',
            ...(cause === undefined ? {} : { cause }),
          });
      for (const { reject } of this.#waiting.values()) reject(error);
      this.#waiting.clear();
      if (this.#ending) return;
      this.#ending = true;
      onEnd(error);
    };
    this.#worker.on('message', (message: FromSensor) => {
      this.#take(message, onEnd);
    });
    this.#worker.on('error', (error) => {
      died(String(error), error);
    });
    this.#worker.on('exit', (code) => {
      if (this.#waiting.size > 0 || !this.#ending) died(`status ${code}`);
    });
  }

  /** Resolves when everything is attached and what ran before is known. Rejects with what the thread failed of. */
  watching(): Promise<WatchingReport> {
    return this.#wait('watching', START_MS);
  }

  /** Puts a checked rule set in force. Rejects when the thread refuses it: the old set stays. */
  async setRules(message: RulesMessage): Promise<void> {
    const done = this.#wait<void>(`rules ${message.generation}`, this.#answerMs);
    this.#send(message);
    await done;
  }

  /** Settings in force from its next message on. */
  configure(settings: SensorSettings): void {
    this.#send({ kind: 'settings', settings });
  }

  status(): Promise<SensorStatus> {
    const id = ++this.#id;
    const done = this.#wait<SensorStatus>(`status ${id}`, this.#answerMs);
    this.#send({ kind: 'status', id });
    return done;
  }

  /** Streams decoded events to one of any number of watchers. @returns what to call when it goes. */
  watchEvents(filter: EventFilter, take: TakeEvents): () => void {
    const watcher = ++this.#id;
    this.#watchers.set(watcher, take);
    this.#send({ kind: 'events', watcher, filter });
    return () => {
      if (this.#watchers.delete(watcher)) this.#send({ kind: 'events', watcher, filter: null });
    };
  }

  /**
   * Begins a capture. Rejects with what stands in the way.
   *
   * @param onEnd - Told once, when it is over.
   * @returns what ends it.
   */
  async startCapture(
    capture: CaptureOptions,
    durationMs: number | null,
    onEnd: (summary: CaptureEnded) => void,
  ): Promise<() => void> {
    const id = ++this.#id;
    const started = this.#wait<void>(`capture ${id}`, this.#answerMs);
    this.#onCaptureEnd.set(id, onEnd);
    this.#send({ kind: 'capture-start', id, capture, durationMs });
    try {
      await started;
    } catch (error) {
      this.#onCaptureEnd.delete(id);
      this.#send({ kind: 'capture-stop', id }); // should it begin late
      throw error;
    }
    return () => {
      this.#send({ kind: 'capture-stop', id });
    };
  }

  /** Detaches everything and ends the thread; after a deadline it is ended by force. */
  stop(): Promise<void> {
    return (this.#stopped ??= this.#stop());
  }

  async #stop(): Promise<void> {
    if (!this.#ending) {
      this.#ending = true;
      const done = this.#wait<void>('stopped', STOP_MS).catch(() => undefined);
      this.#send({ kind: 'stop' });
      await done;
    }
    await this.#worker.terminate();
    for (const { reject } of this.#waiting.values()) reject(stopped());
    this.#waiting.clear();
  }

  #send(message: ToSensor): void {
    this.#worker.postMessage(message);
  }

  #wait<T>(key: string, deadlineMs: number): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#settle(key, (waiter) => {
          waiter.reject(
            new SakerError(
              'SENSOR_SILENT',
              `the sensor thread did not answer within ${deadlineMs} ms`,
              {
                hint: 'the machine may be overloaded: look at the log',
              },
            ),
          );
        });
      }, deadlineMs);
      const finish =
        <A>(then: (value: A) => void) =>
        (value: A) => {
          clearTimeout(timer);
          then(value);
        };
      this.#waiting.set(key, {
        resolve: finish(resolve as (value: never) => void),
        reject: finish(reject),
      });
    });
  }

  #settle(
    key: string,
    use: (waiter: { resolve: (value: never) => void; reject: (error: unknown) => void }) => void,
  ): void {
    const waiter = this.#waiting.get(key);
    this.#waiting.delete(key);
    if (waiter) use(waiter);
  }

  #take(message: FromSensor, onEnd: (error: SakerError) => void): void {
    switch (message.kind) {
      case 'watching':
        this.#settle('watching', ({ resolve }) => {
          resolve(message.report as never);
        });
        return;
      case 'containers':
        this.onContainers(message.groups);
        return;
      case 'rules-in-force':
        this.#settle(`rules ${message.generation}`, ({ resolve }) => {
          resolve(undefined as never);
        });
        return;
      case 'rules-refused':
        this.#settle(`rules ${message.generation}`, ({ reject }) => {
          reject(asError(message.error));
        });
        return;
      case 'status':
        this.#settle(`status ${message.id}`, ({ resolve }) => {
          resolve(message.status as never);
        });
        return;
      case 'events':
        this.#watchers.get(message.watcher)?.(message.items, message.dropped);
        return;
      case 'capture-started':
        this.#settle(`capture ${message.id}`, ({ resolve }) => {
          resolve(undefined as never);
        });
        return;
      case 'capture-refused':
        this.#settle(`capture ${message.id}`, ({ reject }) => {
          reject(asError(message.error));
        });
        return;
      case 'capture-ended':
        this.#onCaptureEnd.get(message.id)?.(message.summary);
        this.#onCaptureEnd.delete(message.id);
        return;
      case 'failed': {
        const error = asError(message.error);
        if (this.#waiting.has('watching')) {
          this.#ending = true;
          this.#settle('watching', ({ reject }) => {
            reject(error);
          });
        } else onEnd(error);
        return;
      }
      case 'stopped':
        this.#settle('stopped', ({ resolve }) => {
          resolve(undefined as never);
        });
        return;
    }
  }
}

function asError(body: { code: string; message: string; hint?: string }): SakerError {
  return new SakerError(
    body.code,
    body.message,
    body.hint === undefined ? {} : { hint: body.hint },
  );
}

function stopped(): SakerError {
  return new SakerError('SENSOR_STOPPED', 'the sensor was told to end');
}
