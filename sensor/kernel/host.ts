import type { ClockReading } from '../core/index.js';
import { native, type Pidfd } from './native.js';

const clocks = new BigInt64Array(3);

/** Both clocks, for `WallClock`. */
export function readClocks(): ClockReading {
  native().sys.clocks(clocks);
  return { bootNs: clocks[0]!, wallNs: clocks[1]!, widthNs: clocks[2]! };
}

/** Id of a cgroup v2 folder, as records carry it. */
export const cgroupId = (path: string): bigint => native().sys.cgroupId(path);

/**
 * Reads a regular file inside another root (a container's). Links are resolved inside that root; anything but a regular file is
 * refused unopened.
 *
 * @param maxBytes - More is cut off, and said.
 * @throws NativeFault `READ_IN_ROOT` with errno, `NOT_A_REGULAR_FILE`
 */
export const readInRoot = (
  root: string,
  path: string,
  maxBytes: number,
): { readonly bytes: Uint8Array; readonly truncated: boolean } =>
  native().sys.readInRoot(root, path, maxBytes);

/** Name of the running kernel and machine. */
export const kernelName = (): ReturnType<ReturnType<typeof native>['sys']['uname']> =>
  native().sys.uname();

/** Names the calling thread for ps and top; at most 15 bytes. */
export const setThreadName = (name: string): void => {
  native().sys.setThreadName(name);
};

/** A handle on a process that a later process with the same number cannot take over. */
export const openPidfd = (pid: number): Pidfd => new (native().sys.Pidfd)(pid);
