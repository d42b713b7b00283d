import { KIND, type RecordCursor } from '../events/index.js';
import type { Identity, Learnt } from '../identity/index.js';
import { containerRecord, groupRecord, processRecord } from './snapshot.js';

/** Chains of ancestors longer than this are cut. */
const ANCESTOR_LIMIT = 1024;

/** Records that bring a process, whose ancestors may be gone when an alert asks for them. */
const CAME: ReadonlySet<number> = new Set([
  KIND.PROCESS_FORK,
  KIND.PROCESS_EXEC,
  KIND.PROCESS_SEEN,
]);

/**
 * What identity finds out beside the records (in /proc, in the cgroup file system), as records: a replay has the records and
 * nothing else. Hence it asks for each process's ancestors and group at once, while they can be had.
 */
export class LearntRecords {
  /** For the identity whose findings these are. */
  readonly hooks: Learnt;
  /** Rows filled from /proc, to be written as the record being taken leaves them. */
  readonly #filled: number[] = [];
  #records: Uint8Array[] = [];
  /** Off: nobody will take them. */
  active = true;

  constructor() {
    this.hooks = {
      process: (row) => {
        if (this.active) this.#filled.push(row);
      },
      group: (id, path) => {
        if (this.active) this.#records.push(groupRecord(id, path));
      },
      container: (id, facts) => {
        if (this.active) this.#records.push(containerRecord(id, facts));
      },
    };
  }

  /** Identity took a record and stands on it. */
  after(identity: Identity, record: RecordCursor): void {
    const { event } = identity;
    if (event.row >= 0 && (CAME.has(record.kind) || this.#filled.length > 0)) {
      let row = event.row;
      for (let i = 0; row >= 0 && i < ANCESTOR_LIMIT; i++) row = event.parent(row);
    }
    if (event.type >= 0 || record.kind === KIND.NET_VERDICT) event.containerFacts();
    this.#settle(identity);
  }

  /** What was found out since the last call: goes before the batch that made identity ask. */
  take(identity: Identity): readonly Uint8Array[] {
    this.#settle(identity);
    const records = this.#records;
    this.#records = [];
    return records;
  }

  #settle({ processes }: Identity): void {
    for (const row of this.#filled)
      if (processes.image[row] !== null) this.#records.push(processRecord(processes, row));
    this.#filled.length = 0;
  }
}
