import { release } from 'node:os';
import { SakerError } from '../core/index.js';
import { KIND, RecordWalk, type RecordCursor } from '../events/index.js';
import { Identity, interfaceAddresses, type IdentityOptions } from '../identity/index.js';
import { BLOCK } from './block.js';
import { headerBytes, type CaptureLoss } from './header.js';
import { groupRecord, processRecord, snapshotRecords } from './snapshot.js';
import { CaptureWriter, type CaptureOptions } from './writer.js';

/** Chains of ancestors longer than this are cut. */
const ANCESTOR_LIMIT = 1024;

/** A step of the wall clock smaller than this is the measurement's own. */
const CLOCK_STEP_NS = 1_000_000n;

export interface RecorderOptions {
  readonly capture: CaptureOptions;
  readonly identity: Omit<IdentityOptions, 'onLearnt' | 'offline'> & {
    readonly hostname: string;
    readonly cgroup: string | null;
  };
  /** Program and version. */
  readonly producer: string;
}

export interface RecorderStats {
  readonly records: number;
  readonly bytes: number;
}

/**
 * Writes batches to a capture, together with what the sensor finds out beside them (in /proc, in the cgroup file system): a
 * replay has the records and nothing else. Hence it keeps the tables as the sensor does and asks for each process's ancestors
 * and group at once, while they can be had.
 */
export class CaptureRecorder {
  readonly identity: Identity;
  readonly #options: RecorderOptions;
  readonly #writer: CaptureWriter;
  readonly #walk = new RecordWalk();
  /** Rows filled from /proc by the record being taken; records to be written before its batch. */
  readonly #filled: number[] = [];
  readonly #learnt: Uint8Array[] = [];
  #clockNs = 0n;
  #loss = '';
  #records = 0;
  #full = false;

  /** @throws SakerError of `CaptureWriter`. */
  constructor(options: RecorderOptions) {
    this.#options = options;
    this.#writer = new CaptureWriter(options.capture);
    this.identity = new Identity({
      ...options.identity,
      onLearnt: {
        process: (row) => this.#filled.push(row),
        group: (id, path) => this.#learnt.push(groupRecord(id, path)),
      },
    });
  }

  /** Takes the start-up scan, then writes what a session begins with: header and snapshot. */
  begin(scan: Uint8Array): void {
    this.#walk.each(scan, scan.length, this.#apply);
    if (this.#writer.full) this.#rotate();
    else this.#session();
  }

  /** Takes one batch, causes before effects. @throws SakerError `CAPTURE_WRITE`, `CAPTURE_SIZE` */
  take(bytes: Uint8Array, length: number): void {
    if (this.#full) return;
    this.#walk.each(bytes, length, this.#apply);
    for (const record of this.#learnt) this.#writer.records(record, record.length);
    this.#learnt.length = 0;
    this.#writer.records(bytes, length);
    if (this.#writer.full) this.#rotate();
  }

  /** Once a second or so: writes down what waits, what was lost so far and, when it was stepped, the clock. */
  tick(loss: CaptureLoss): void {
    if (this.#full) return;
    this.#writer.flush();
    const { clock } = this.identity;
    clock.refresh();
    const step = clock.offsetNs - this.#clockNs;
    if (step > CLOCK_STEP_NS || step < -CLOCK_STEP_NS) {
      this.#clockNs = clock.offsetNs;
      const payload = Buffer.alloc(8);
      payload.writeBigInt64LE(clock.offsetNs);
      this.#writer.block(BLOCK.clock, payload);
    }
    const text = JSON.stringify(loss);
    if (text === this.#loss) return;
    this.#loss = text;
    this.#writer.block(BLOCK.loss, Buffer.from(text));
  }

  /** No room left, and no other file allowed: nothing is taken any more. */
  get full(): boolean {
    return this.#full;
  }

  stats(): RecorderStats {
    return { records: this.#records, bytes: this.#writer.totalBytes };
  }

  /** Twice is fine. */
  close(): void {
    this.#writer.close();
  }

  readonly #apply = (record: RecordCursor): void => {
    this.#records++;
    const { identity } = this;
    identity.take(record);
    const { event } = identity;
    const changed = record.kind === KIND.PROCESS_FORK || record.kind === KIND.PROCESS_EXEC;
    if (event.row >= 0 && (changed || this.#filled.length > 0)) {
      let row = event.row;
      for (let i = 0; row >= 0 && i < ANCESTOR_LIMIT; i++) row = event.parent(row);
    }
    if (event.type >= 0) event.cgroup();
    for (const row of this.#filled)
      if (identity.processes.image[row] !== null)
        this.#learnt.push(processRecord(identity.processes, row));
    this.#filled.length = 0;
    identity.done(record);
  };

  #session(): void {
    const { producer, identity } = this.#options;
    const { users, groups } = this.identity.users.lists();
    this.#clockNs = this.identity.clock.offsetNs;
    this.#writer.block(
      BLOCK.header,
      headerBytes({
        producer,
        clockOffsetNs: this.#clockNs,
        scope: identity.cgroup,
        machine: {
          arch: process.arch,
          kernel: release(),
          hostname: identity.hostname,
          addresses: interfaceAddresses(),
          users: [...users].map(
            ([uid, { name, home, shell }]) => [uid, name, home, shell] as const,
          ),
          groups: [...groups],
        },
      }),
    );
    this.#learnt.length = 0; // the snapshot has it all
    for (const record of snapshotRecords(this.identity))
      this.#writer.records(record, record.length);
    this.#writer.flush();
  }

  /** Between two batches: the snapshot of the next file is the state after everything in this one. */
  #rotate(): void {
    if (!this.#writer.rotate()) {
      this.#full = true;
      return;
    }
    this.#loss = '';
    this.#session();
    if (this.#writer.full) {
      throw new SakerError(
        'CAPTURE_SIZE',
        'the limit leaves no room behind the snapshot of this host',
        {
          hint: 'raise --max-size',
        },
      );
    }
  }
}
