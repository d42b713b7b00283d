import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { buildPrograms } from '../../support/programs.js';

/** What block rules cost the flows they do not block; run.ts measures, in a network namespace of its own. */
export async function benchEnforce(): Promise<void> {
  buildPrograms();
  const run = fileURLToPath(new URL('./run.ts', import.meta.url));
  const child = spawn('unshare', ['-n', process.execPath, ...process.execArgv, run], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const [status] = (await once(child, 'exit')) as [number | null];
  if (status !== 0) throw new Error(`the measurement ended with status ${status}`);
}
