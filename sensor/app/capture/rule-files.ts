import { readdirSync, unlinkSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { makeFolder, SakerError } from '../../core/index.js';

/** Makes the folder that captures of rules go to; only root may look into it. @throws SakerError `CAPTURE_DIR` */
export function makeCaptureDir(pathPrefix: string): void {
  const dir = dirname(pathPrefix);
  try {
    makeFolder(dir, 0o700);
  } catch (cause) {
    throw new SakerError('CAPTURE_DIR', `cannot make ${dir}: ${(cause as Error).message}`, {
      hint: 'choose another place with capture.path_prefix, or set capture.enabled: false',
      cause,
    });
  }
}

/** As Falco names them: when it began, in nanoseconds since the epoch, and the number of the event. */
export function captureName(pathPrefix: string, timeNs: bigint, eventNumber: number): string {
  return `${pathPrefix}_${timeNs}_${eventNumber}.skr`;
}

/** Removes the oldest captures of rules until there is room for one more. Files of other names are left alone. */
export function makeRoom(pathPrefix: string, maxFiles: number): void {
  const dir = dirname(pathPrefix);
  const start = `${basename(pathPrefix)}_`;
  const ours = readdirSync(dir)
    .flatMap((name) => {
      const [, timeNs] =
        (name.startsWith(start) && /^(\d+)_\d+\.skr$/.exec(name.slice(start.length))) || [];
      return timeNs === undefined ? [] : [{ name, timeNs: BigInt(timeNs) }];
    })
    .sort((a, b) => (a.timeNs < b.timeNs ? -1 : 1));
  for (const { name } of ours.slice(0, Math.max(0, ours.length - maxFiles + 1)))
    unlinkSync(join(dir, name));
}
