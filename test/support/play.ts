import type { Daemon } from './daemon.js';
import { makeRig, type Rig } from './rig.js';

/** Prints one line of JSON on standard output; bigints as text. */
export function tell(result: unknown): Promise<void> {
  const text = (_: string, value: unknown) =>
    typeof value === 'bigint' ? value.toString() : value;
  return new Promise((resolve) => {
    process.stdout.write(`${JSON.stringify(result, text)}\n`, () => {
      resolve();
    });
  });
}

/**
 * Plays with a whole sensor in a rig of its own, tells what came of it, and ends this program.
 *
 * @param play - Says of each sensor it starts; the last one is ended here.
 */
export async function playWithDaemon(
  ports: readonly number[],
  play: (rig: Rig, keep: (daemon: Daemon) => void) => Promise<unknown>,
): Promise<never> {
  const rig = await makeRig(ports);
  let daemon: Daemon | undefined;
  let result: unknown;
  try {
    result = await play(rig, (started) => {
      daemon = started;
    });
  } finally {
    await daemon?.remove();
    await rig.close();
  }
  await tell(result);
  process.exit(0);
}
