import { spawnSync } from 'node:child_process';
import { closeSync, constants, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolder, SakerError } from '../core/index.js';

/** Tries to take an exclusive flock(2) on an open file without waiting. @returns false when another process holds it. */
export type TryFlock = (fd: number) => boolean;

/** A directory that this process alone works in. */
export interface DirLock {
  /** Calling it twice is fine. The kernel does it for a process that dies. */
  release(): void;
}

/**
 * Claims a directory (run dir, spool) for this process.
 *
 * @remarks flock(2): the kernel frees it with the process, however that ends, so there is no stale lock and no race in
 * taking one over. The file's text says who holds it, for people only.
 * @throws SakerError `SPOOL_LOCKED` when another sensor holds it; `SPOOL_OPEN` when the directory cannot be made.
 */
export function lockDir(dir: string, tryFlock: TryFlock = flockByUtility): DirLock {
  const path = join(dir, 'lock');
  let fd: number;
  try {
    makeFolder(dir, 0o700);
    fd = openSync(path, constants.O_RDWR | constants.O_CREAT, 0o600);
  } catch (error) {
    throw new SakerError('SPOOL_OPEN', `cannot lock ${dir}: ${String(error)}`, {
      hint: 'choose a writable directory',
      cause: error,
    });
  }
  let taken = false;
  try {
    taken = tryFlock(fd);
  } finally {
    if (!taken) closeSync(fd);
  }
  if (!taken) {
    const pid = lockHolder(dir);
    const holder = pid === null ? '' : ` (pid ${pid})`;
    throw new SakerError('SPOOL_LOCKED', `another saker${holder} uses ${dir}`, {
      hint: 'stop it first, or give this one directories of its own (--run-dir, --spool-dir)',
    });
  }
  ftruncateSync(fd, 0);
  writeSync(fd, `${process.pid}\n`, 0);
  let held = true;
  return {
    release() {
      if (held) closeSync(fd);
      held = false;
    },
  };
}

/**
 * flock(1) of util-linux (essential in Debian) takes the lock on the descriptor it inherits. The lock belongs to the open
 * file, which this process shares, so it stays when the utility has ended. Node has no flock of its own.
 */
function flockByUtility(fd: number): boolean {
  const run = spawnSync('flock', ['--nonblock', '--exclusive', '3'], {
    stdio: ['ignore', 'ignore', 'ignore', fd],
  });
  if (run.error) {
    throw new SakerError('SPOOL_OPEN', `cannot run flock: ${run.error.message}`, {
      hint: 'install util-linux',
      cause: run.error,
    });
  }
  return run.status === 0;
}

/** Process that holds a directory, as its lock file says: the last one, where none does. Null: it says nothing. */
export function lockHolder(dir: string): number | null {
  try {
    const pid = Number(readFileSync(join(dir, 'lock'), 'utf8'));
    return pid > 0 ? pid : null;
  } catch {
    return null;
  }
}
