import { spawnSync } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { expect } from '@jest/globals';
import { program, root, type Part } from './needs.js';
import { mustExec, projectRoot, runProgram, type Place } from './place.js';
import { runId } from './run-id.js';

const vmRun = `${projectRoot}/test/kernel/guest/vm-run`;

/** What a guest needs on this machine. */
export const guestParts: readonly Part[] = [
  root,
  ...['qemu-system-x86_64', 'busybox', 'cpio', 'modprobe', 'xz', 'zstd'].map(program),
];

/** Debian kernels that the suites run on. */
export type GuestKernel = '5.10' | '6.1' | '6.12' | 'next';

/** Whether that kernel is here or can be fetched: archives drop old ones. The first time it takes half a minute. */
export const canHaveKernel = (kernel: GuestKernel): boolean =>
  spawnSync(vmRun, ['-k', kernel, '-f'], { stdio: 'ignore', timeout: bootMs }).status === 0;

export interface GuestOptions {
  readonly memoryMib?: number;
  readonly cpus?: number;
}

/** The status by which vm-run says that the guest itself ended. */
const DIED = 125;

/** Says it to `bin/test`, which plays the file once more: emulated kernels panic now and then where real ones do not. */
function noteDeath(console: string): void {
  process.stderr.write(console);
  const list = process.env['SAKER_DIED'];
  const { testPath } = expect.getState();
  if (list !== undefined && testPath !== undefined) appendFileSync(list, `${testPath}\n`);
}

/** Time for the first boot: the kernel may have to be fetched. */
const bootMs = 300_000;

/**
 * The guest with that kernel of this run: booted by the first who asks, shared by all test files, ended by
 * `global-teardown.ts` (or 15 idle minutes after this process has died). One command runs at a time; what it starts in the background lives on.
 *
 * @throws Error with the end of its console when it does not boot.
 */
export async function bootGuest(kernel: GuestKernel, options: GuestOptions = {}): Promise<Place> {
  const name = `saker-${runId()}-${kernel}`;
  const memory = String(options.memoryMib ?? 1536);
  const args = ['-s', name, '-k', kernel, '-m', memory, '-c', String(options.cpus ?? 2)];
  const guest: Place = {
    name: kernel,
    isGuest: true,
    async exec(script, { timeoutMs = 180_000 } = {}) {
      const limit = ['-t', String(Math.ceil(timeoutMs / 1000))];
      const ran = await runProgram(vmRun, [...args, ...limit, script], {
        timeoutMs: timeoutMs + bootMs,
      });
      if (ran.status === DIED) noteDeath(ran.stderr);
      return ran;
    },
    async close() {
      await runProgram(vmRun, ['-s', name, '-x']);
    },
  };
  try {
    await mustExec(guest, 'true', { timeoutMs: bootMs });
  } catch (error) {
    await guest.close();
    throw error;
  }
  return guest;
}
