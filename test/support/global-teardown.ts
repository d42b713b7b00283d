import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { fileURLToPath } from 'node:url';

/** jest `globalTeardown`: ends the guests that the files of this run have shared. jest loads it without our module paths. */
export default function teardown(): void {
  const vmRun = fileURLToPath(new URL('../kernel/guest/vm-run', import.meta.url));
  const prefix = `live.saker-${process.env['SAKER_TEST_RUN'] ?? process.pid}-`;
  const cache = `${process.env['SAKER_CACHE'] ?? `${homedir()}/.cache/saker`}/guests`;
  for (const entry of entries(cache)) {
    if (entry.startsWith(prefix) && !entry.endsWith('.lock')) {
      spawnSync(vmRun, ['-s', entry.slice('live.'.length), '-x'], { stdio: 'inherit' });
    }
  }
}

function entries(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // no guest was ever booted here
  }
}
