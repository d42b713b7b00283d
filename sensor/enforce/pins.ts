import { readdirSync, readFileSync, rmdirSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolder, SakerError } from '../core/index.js';
import { isNativeFault, type ProbeSet } from '../kernel/index.js';

/** Where sensors pin what is to outlive them (`enforce.on_exit: keep`): a folder for each, named after its run dir. */
export const PIN_ROOT = '/sys/fs/bpf/saker';

/** The pins of a sensor with this run dir. bpffs takes no dots in names. */
export function pinDirOf(runDir: string): string {
  return join(PIN_ROOT, runDir.replace(/^\/+|\/+$/g, '').replace(/[^A-Za-z0-9_]/g, '-'));
}

/** Pins of a living machine: as long as they stand, the kernel keeps what they name. */
export class Pins {
  readonly #folder: string;

  /** @throws SakerError `ENFORCE_KEEP` when nothing can be pinned here. */
  constructor(pinDir: string) {
    this.#folder = join(pinDir, `${process.pid}-${startTicks(process.pid) ?? 0}-${++made}`);
    try {
      makeFolder(this.#folder, 0o700);
    } catch (cause) {
      throw new SakerError(
        'ENFORCE_KEEP',
        `enforce.on_exit: keep cannot pin blocks: ${String(cause)}`,
        {
          hint: 'mount the BPF file system (mount -t bpf bpf /sys/fs/bpf), or use on_exit: release',
          cause,
        },
      );
    }
  }

  get folder(): string {
    return this.#folder;
  }

  /** Pins what can be pinned under a name. @throws SakerError `ENFORCE_KEEP` */
  add(name: string, what: { pin(path: string): void }): void {
    try {
      what.pin(join(this.#folder, name));
    } catch (error) {
      if (!isNativeFault(error)) throw error;
      throw new SakerError('ENFORCE_KEEP', `enforce.on_exit: keep: ${name}: ${error.message}`, {
        hint: `is ${PIN_ROOT} on the BPF file system? (mount -t bpf bpf /sys/fs/bpf); or use on_exit: release`,
        cause: error,
      });
    }
  }

  /** Every link of a set, by its program's name. @throws SakerError `ENFORCE_KEEP` */
  addLinks(set: ProbeSet): void {
    this.add('links', { pin: () => set.pinLinks(this.#folder) });
  }

  /** No such pin: fine. */
  drop(name: string): void {
    unlink(join(this.#folder, name));
  }

  /** What it named ends with its last user. */
  release(): void {
    removePins(this.#folder);
  }
}

let made = 0;

/** Takes all pins of a folder away, and the folder. */
export function removePins(folder: string): void {
  for (const name of list(folder)) unlink(join(folder, name));
  removeFolder(folder);
}

/** Start of a process in clock ticks since boot (proc_pid_stat(5), field 22): with it a pid names one process for ever. */
export function startTicks(pid: number): number | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]);
  } catch {
    return null;
  }
}

/** Names in a folder; none where it is not there. */
export function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function unlink(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

/** Fine when it is not there, or others' pins are in it. */
export function removeFolder(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // Said above.
  }
}
