import { mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/**
 * Makes a folder and those above it that are missing; one that is there is left as it is.
 *
 * @remarks Not `mkdirSync` with `recursive`: where the kernel answers ENOENT though the folder above is there, as in /proc, that
 *   tries again for ever, in native code that no signal and no other thread can end (Node 20 to 24).
 * @throws the error of mkdir(2), or ENOTDIR.
 */
export function makeFolder(path: string, mode: number): void {
  const missing: string[] = [];
  for (let at = resolve(path); !isThere(at); at = dirname(at)) missing.push(at);
  for (const folder of missing.reverse()) {
    try {
      mkdirSync(folder, { mode });
    } catch (error) {
      // Somebody else was quicker.
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || !isThere(folder)) throw error;
    }
  }
}

/** Whether it is a folder. @throws Error when something else is in its place. */
function isThere(path: string): boolean {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) return false;
  if (!found.isDirectory()) throw new Error(`ENOTDIR: ${path} is no folder`);
  return true;
}
