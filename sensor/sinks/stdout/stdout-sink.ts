import { closeSync, constants, fstatSync, openSync, write, writeSync } from 'node:fs';
import { promisify } from 'node:util';
import { SakerError } from '../../core/index.js';
import type { Alert } from '../../spool/index.js';
import type { DeliveryResult, Sink } from '../sink.js';

const writeAsync = promisify(write);

/** How long to leave a full pipe or terminal to its reader. */
const FULL_MS = 10;

/**
 * Lines on standard output (or another descriptor).
 *
 * @remarks A reader that stops (a paused terminal, a stopped pager) must hold up this sink only. Node's own stdout writes to
 * pipes and terminals synchronously, which would stop the whole thread; making the descriptor non-blocking would change
 * it for every process that shares it. So a pipe or terminal is opened anew, non-blocking, by /proc/self/fd. A regular
 * file never blocks for long. A socket (journald) cannot be opened anew: it is written from the thread pool.
 */
export class StdoutSink implements Sink {
  readonly name: string;
  readonly type = 'stdout';
  readonly #format: (alert: Alert) => string;
  readonly #fd: number;
  readonly #own: boolean;
  readonly #write: (bytes: Buffer) => number | Promise<number>;
  /** Of the batch in hand: bytes that are out already when an attempt is repeated. */
  #unfinished: { readonly first: string; done: number } | null = null;
  #closed = false;

  constructor(options: {
    readonly name: string;
    /** One line without its newline, safe for a terminal. */
    readonly format: (alert: Alert) => string;
    readonly fd?: number;
  }) {
    this.name = options.name;
    this.#format = options.format;
    const given = options.fd ?? 1;
    const target = openTarget(given);
    this.#fd = target.fd;
    this.#own = target.fd !== given;
    this.#write = target.pooled
      ? async (bytes) => (await writeAsync(this.#fd, bytes, 0, bytes.length, null)).bytesWritten
      : (bytes) => writeSync(this.#fd, bytes);
  }

  async deliver(batch: readonly Alert[], signal: AbortSignal): Promise<DeliveryResult> {
    const bytes = Buffer.from(batch.map((alert) => `${this.#format(alert)}\n`).join(''));
    const first = batch[0]?.id ?? '';
    // A repeated batch starts with the same alert: half a line is finished, nothing is shown twice.
    let done = this.#unfinished?.first === first ? this.#unfinished.done : 0;
    while (done < bytes.length) {
      try {
        done += await this.#write(bytes.subarray(done));
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        this.#unfinished = { first, done };
        if (code !== 'EAGAIN' && code !== 'EINTR') {
          return {
            kind: 'retry',
            reason: code === 'EPIPE' ? 'nobody reads standard output' : String(error),
          };
        }
        if (signal.aborted)
          return { kind: 'retry', reason: 'the reader of standard output has stopped' };
        await pause(FULL_MS, signal);
      }
    }
    this.#unfinished = null;
    return { kind: 'delivered' };
  }

  async close(): Promise<void> {
    if (this.#own && !this.#closed) closeSync(this.#fd);
    this.#closed = true;
  }
}

function openTarget(given: number): { readonly fd: number; readonly pooled: boolean } {
  const kind = fstatOf(given);
  if (!kind.isFIFO() && !kind.isCharacterDevice()) return { fd: given, pooled: !kind.isFile() };
  try {
    const flags = constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY;
    return { fd: openSync(`/proc/self/fd/${given}`, flags), pooled: false };
  } catch {
    // A terminal of another user (after su), a pipe without readers: the shared descriptor then, from the thread pool.
    return { fd: given, pooled: true };
  }
}

function fstatOf(fd: number) {
  try {
    return fstatSync(fd);
  } catch (error) {
    throw new SakerError('SINK_STDOUT', `standard output is not open: ${String(error)}`, {
      hint: 'redirect it somewhere, or remove the stdout sink from the configuration',
      cause: error,
    });
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end, { once: true });
  });
}
