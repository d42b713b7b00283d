import { AT, type RecordCursor } from '../events/index.js';

const ID = AT.process_change.id;
const HEADER = AT.header;

/** Low and high half of a set of capabilities. */
export type CapabilitySet = readonly [low: number, high: number];

/** What one thread is allowed. */
export interface Credentials {
  readonly egid: number;
  readonly capPermitted: CapabilitySet;
  readonly capInheritable: CapabilitySet;
  readonly capEffective: CapabilitySet;
}

/**
 * Threads that changed what they are allowed by themselves: the kernel keeps credentials for each thread, the process table those of
 * the first. (A C library's setuid makes every thread call; the bare system calls and capset do not.) Threads they start later are
 * taken for the process's.
 */
export class ThreadCredentials {
  readonly #limit: number;
  /** By thread, the one that changed last at the end. */
  readonly #byTid = new Map<number, Credentials & { readonly process: string }>();

  /** @param limit - Most threads remembered; the one whose change is oldest goes first. */
  constructor(limit = 1024) {
    this.#limit = limit;
  }

  /** Takes the change of a thread that is not its process's first. */
  note(record: RecordCursor): void {
    this.#byTid.delete(record.tid);
    this.#byTid.set(record.tid, {
      process: processOf(record),
      egid: record.u32(ID.egid),
      capPermitted: setAt(record, ID.cap_permitted),
      capInheritable: setAt(record, ID.cap_inheritable),
      capEffective: setAt(record, ID.cap_effective),
    });
    if (this.#byTid.size <= this.#limit) return;
    const [oldest] = this.#byTid.keys();
    if (oldest !== undefined) this.#byTid.delete(oldest);
  }

  /** Of the thread that made the record; null: those of its process. */
  of(record: RecordCursor): Credentials | null {
    if (record.tid === record.tgid || this.#byTid.size === 0) return null;
    const known = this.#byTid.get(record.tid);
    return known?.process === processOf(record) ? known : null;
  }
}

const setAt = (record: RecordCursor, at: number): CapabilitySet => [
  record.u32(at),
  record.u32(at + 4),
];

const processOf = (record: RecordCursor): string =>
  `${record.tgid} ${record.u32(HEADER.start_ns)} ${record.u32(HEADER.start_ns + 4)}`;
