import { CALLS, IO_URING_OPS } from './calls.generated.js';
import type { RecordCursor } from './cursor.js';
import { FLAG, KIND } from './layout.generated.js';

/** Names of kinds, as `saker events` and `saker status` show them, by number. */
export const KIND_NAMES: ReadonlyMap<number, string> = new Map([
  [KIND.PROCESS_FORK, 'process.fork'],
  [KIND.PROCESS_EXEC, 'process.exec'],
  [KIND.PROCESS_EXIT, 'process.exit'],
  [KIND.CGROUP_MKDIR, 'cgroup.mkdir'],
  [KIND.CGROUP_RMDIR, 'cgroup.rmdir'],
  [KIND.PROCESS_SEEN, 'process.seen'],
  [KIND.NET_VERDICT, 'net.verdict'],
  [KIND.PROCESS_LEFT, 'process.left'],
  [KIND.PROCESS_CHANGE, 'process.change'],
  [KIND.CONTAINER_FACTS, 'container.facts'],
  [KIND.PROCESS_EXEC_FAILED, 'process.exec_failed'],
  [KIND.FILE_OPEN, 'file.open'],
  [KIND.NET_CONNECT, 'net.connect'],
  [KIND.NET_SEND, 'net.send'],
  [KIND.NET_BIND, 'net.bind'],
]);

/** Number of a kind by its name; undefined when there is none. */
export function kindOf(name: string): number | undefined {
  for (const [kind, its] of KIND_NAMES) if (its === name) return kind;
  return undefined;
}

/** Whether records of this kind are part of the process table: never filtered, in a ring of their own. */
export const isStateKind = (kind: number): boolean => kind < KIND.KIND_FIRST_DATA;

/** A machine's ABIs: that of native calls and that of its 32-bit ones. */
type Abi = keyof typeof CALLS;
const abis: Readonly<Record<string, readonly [native: Abi, compat: Abi]>> = {
  x64: ['x86_64', 'i386'],
  arm64: ['arm64', 'arm'],
};

/** What a kind is when the number does not say: one this build does not know, or socketcall's. */
const usualCall: Readonly<Record<number, string>> = {
  [KIND.PROCESS_FORK]: 'clone',
  [KIND.PROCESS_EXEC]: 'execve',
  [KIND.PROCESS_EXEC_FAILED]: 'execve',
  [KIND.FILE_OPEN]: 'openat',
  [KIND.NET_CONNECT]: 'connect',
  [KIND.NET_SEND]: 'sendto',
  [KIND.NET_BIND]: 'bind',
};

/** The event of Falco's that stands for a call or operation it has no event for. */
const standIns: Readonly<Record<string, string>> = {
  send: 'sendto',
  send_zc: 'sendto',
  sendmsg_zc: 'sendmsg',
};

/**
 * Falco's `evt.type` of records on one architecture.
 *
 * @remarks Hot path. An operation of io_uring has the name of the call that does the same: a rule about opening files must
 * not be walked past by opening them another way (the flag IO_URING tells them apart). Calls of x32 bear the numbers of x86-64.
 */
export class EventTypes {
  readonly #native: Readonly<Record<number, string>>;
  readonly #compat: Readonly<Record<number, string>>;

  /** @param arch - As `process.arch` of the machine that made the records. */
  constructor(arch: string = process.arch) {
    const names = abis[arch];
    if (!names) throw new Error(`bug: no system calls of ${arch}`);
    this.#native = CALLS[names[0]];
    this.#compat = CALLS[names[1]];
  }

  /** Null for kinds that are no event of Falco's (cgroups, the scan, changes). */
  of(record: RecordCursor): string | null {
    switch (record.kind) {
      case KIND.PROCESS_EXIT:
        return 'procexit';
      case KIND.PROCESS_FORK:
      case KIND.PROCESS_EXEC:
      case KIND.PROCESS_EXEC_FAILED:
      case KIND.FILE_OPEN:
      case KIND.NET_CONNECT:
      case KIND.NET_SEND:
      case KIND.NET_BIND:
        return this.#call(record.kind, record.arg, record.flags);
      default:
        return null;
    }
  }

  #call(kind: number, arg: number, flags: number): string {
    const name = this.#name(arg, flags);
    if (name === undefined || name === 'socketcall') return usualCall[kind] ?? '';
    return standIns[name] ?? name;
  }

  #name(arg: number, flags: number): string | undefined {
    if ((flags & FLAG.IO_URING) !== 0) return IO_URING_OPS[arg];
    return (flags & FLAG.COMPAT) !== 0 ? this.#compat[arg] : this.#native[arg];
  }
}
