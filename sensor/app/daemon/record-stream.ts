import { isAbsolute, resolve } from 'node:path';
import { SakerError } from '../../core/index.js';
import { MIN_CAPTURE_BYTES, type CaptureOptions } from '../../capture/index.js';
import type { Stream } from '../control/index.js';
import type { Daemon } from './daemon.js';

/** Longest timer of Node, milliseconds. */
const MAX_DURATION_MS = 2 ** 31 - 1;

/** Ends captures on demand before their connections go: by the number their streams began with. */
export type RunningCaptures = Map<number, () => void>;

/**
 * The stream behind `saker record`: `{capture: n}` when it has begun, the summary when it is over. It ends with its connection,
 * and by the method `record.stop` with that number.
 */
export function recordStream(daemon: Daemon, running: RunningCaptures): Stream {
  let count = 0;
  return (params, send, end) => {
    const request = asRecordRequest(params);
    const watched = daemon.config.cgroup;
    if (resolve(request.cgroup ?? '/') !== resolve(watched ?? '/')) {
      throw new SakerError('CAPTURE_SCOPE', `the running sensor watches ${watched ?? 'the host'}`);
    }
    const number = ++count;
    let gone = false;
    const { capture, durationMs } = request;
    daemon.link
      .startCapture(capture, durationMs, (summary) => {
        running.delete(number);
        send(summary);
        end();
      })
      .then(
        (stop) => {
          if (gone) return stop();
          running.set(number, stop);
          send({ capture: number });
        },
        (error: unknown) => {
          end(error);
        },
      );
    return () => {
      gone = true;
      running.get(number)?.();
    };
  };
}

interface RecordRequest {
  readonly capture: CaptureOptions;
  readonly durationMs: number | null;
  readonly cgroup: string | null;
}

/** @throws SakerError `BAD_REQUEST` */
function asRecordRequest(params: Readonly<Record<string, unknown>>): RecordRequest {
  const { path, maxBytes, files, existing, durationMs = null, cgroup = null } = params;
  if (typeof path !== 'string' || !isAbsolute(path)) throw bad('path', 'an absolute path');
  if (!isWhole(maxBytes, MIN_CAPTURE_BYTES, 2 ** 53))
    throw bad('maxBytes', 'a size of at least 8M');
  if (!isWhole(files, 1, 1000)) throw bad('files', 'a number from 1 to 1000');
  if (existing !== 'refuse' && existing !== 'append' && existing !== 'overwrite')
    throw bad('existing', 'refuse, append or overwrite');
  if (durationMs !== null && !isWhole(durationMs, 1, MAX_DURATION_MS))
    throw bad('durationMs', 'milliseconds');
  if (cgroup !== null && typeof cgroup !== 'string') throw bad('cgroup', 'a path');
  return { capture: { path, maxBytes, files, existing }, durationMs, cgroup };
}

function isWhole(value: unknown, min: number, max: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max;
}

function bad(name: string, expected: string): SakerError {
  return new SakerError('BAD_REQUEST', `${name}: expected ${expected}`);
}
