import { join } from 'node:path';

/** Where the control socket and the lock of the running sensor lie. */
export const DEFAULT_RUN_DIR = '/run/saker';

/** The control socket in a run dir. */
export function socketPath(runDir: string): string {
  return join(runDir, 'saker.sock');
}
