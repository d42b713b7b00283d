import { program, root, type Part } from './needs.js';
import { mustExec, projectRoot, runProgram, type Place } from './place.js';

const vmRun = `${projectRoot}/test/kernel/guest/vm-run`;

/** What a guest needs on this machine. */
export const guestParts: readonly Part[] = [
  root,
  ...['qemu-system-x86_64', 'busybox', 'cpio', 'modprobe', 'xz', 'zstd'].map(program),
];

/** Debian kernels that the suites run on. */
export type GuestKernel = '5.10' | '6.1' | '6.12' | 'next';

export interface GuestOptions {
  readonly memoryMib?: number;
  readonly cpus?: number;
}

/** Time for the first boot: the kernel may have to be fetched. */
const bootMs = 180_000;

/**
 * Boots a guest that lives until `close()` (or 15 idle minutes, if this process dies before): one boot, many commands, of which
 * one runs at a time; what a command starts in the background lives on.
 *
 * @throws Error with the end of its console when it does not boot.
 */
export async function bootGuest(kernel: GuestKernel, options: GuestOptions = {}): Promise<Place> {
  const name = `saker-${process.pid}-${kernel}`;
  const args = [
    '-s',
    name,
    '-k',
    kernel,
    '-m',
    String(options.memoryMib ?? 1536),
    '-c',
    String(options.cpus ?? 2),
  ];
  const guest: Place = {
    name: kernel,
    isGuest: true,
    async exec(script, { timeoutMs = 60_000 } = {}) {
      const limit = ['-t', String(Math.ceil(timeoutMs / 1000))];
      return runProgram(vmRun, [...args, ...limit, script], { timeoutMs: timeoutMs + bootMs });
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
