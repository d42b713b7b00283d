import { release } from 'node:os';
import { SakerError } from '../core/index.js';
import { interfaceAddresses, type Identity, type UserLists } from '../identity/index.js';
import { BLOCK } from './block.js';
import {
  headerBytes,
  namesBytes,
  rulesBytes,
  type CapturedRules,
  type CaptureLoss,
  type MachineNames,
} from './header.js';
import { relationsBytes, socketBytes } from './relations.js';
import { shadowRecords, snapshotRecords } from './snapshot.js';
import { CaptureWriter, type CaptureOptions } from './writer.js';

export interface TapOptions {
  readonly capture: CaptureOptions;
  /** Program and version. */
  readonly producer: string;
  /** As alerts name the machine. */
  readonly hostname: string;
  /** Path of the cgroup that is watched; null: the whole host. */
  readonly scope: string | null;
  readonly staticFields?: Readonly<Record<string, string>>;
}

export interface TapStats {
  /** Of events and of what was learnt beside them; without snapshots. */
  readonly records: number;
  readonly bytes: number;
}

/**
 * Writes what an identity is fed with into a capture, from now on: first its state, then the batches it has taken. Whose identity
 * it is does not matter: a recorder's own or the running sensor's.
 */
export class CaptureTap {
  readonly #identity: Identity;
  readonly #options: TapOptions;
  readonly #writer: CaptureWriter;
  /** In force, and the one before: its verdicts may still be on their way. */
  #rules: readonly CapturedRules[] = [];
  #clockNs = 0n;
  #names: UserLists | null = null;
  #loss = '';
  #records = 0;
  #full = false;

  /** @throws SakerError of `CaptureWriter`. */
  constructor(identity: Identity, options: TapOptions) {
    this.#identity = identity;
    this.#options = options;
    this.#writer = new CaptureWriter(options.capture);
  }

  /**
   * Writes header and snapshot.
   *
   * @param withCurrent - The record that identity stands on will be written too: it is counted then.
   * @throws SakerError `CAPTURE_WRITE`, `CAPTURE_SIZE`
   */
  begin(rules: readonly CapturedRules[], withCurrent = false): void {
    this.#rules = rules;
    if (this.#writer.full) this.#rotate();
    else this.#session(withCurrent);
  }

  /**
   * Adds a batch that identity has taken.
   *
   * @param learnt - What identity found out while it did.
   * @param records - How many records the batch has.
   */
  take(bytes: Uint8Array, length: number, learnt: readonly Uint8Array[], records: number): void {
    if (this.#full) return;
    for (const record of learnt) this.#writer.records(record, record.length);
    this.#writer.records(bytes, length);
    this.#records += records + learnt.length;
    if (this.#writer.full) this.#rotate();
  }

  /** A rule set is in force from here on. */
  setRules(rules: readonly CapturedRules[]): void {
    this.#rules = rules;
    if (!this.#full) this.#writeRules();
  }

  /** Once a second or so: writes down what waits and what changed: losses so far, the clock, users and groups. */
  tick(loss: CaptureLoss): void {
    if (this.#full) return;
    this.#writer.flush();
    const { clock, users } = this.#identity;
    if (clock.offsetNs !== this.#clockNs) {
      this.#clockNs = clock.offsetNs;
      const payload = Buffer.alloc(8);
      payload.writeBigInt64LE(clock.offsetNs);
      this.#writer.block(BLOCK.clock, payload);
    }
    const names = users.lists();
    if (names.users !== this.#names?.users || names.groups !== this.#names.groups) {
      this.#names = names;
      const payload = namesBytes(namesOf(names));
      if (payload !== null) this.#writer.block(BLOCK.names, payload);
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

  stats(): TapStats {
    return { records: this.#records, bytes: this.#writer.totalBytes };
  }

  /** Twice is fine. */
  close(): void {
    this.#writer.close();
  }

  #session(withCurrent: boolean): void {
    const { producer, scope, hostname, staticFields = {} } = this.#options;
    const { clock, users, event } = this.#identity;
    const names = users.lists();
    this.#names = names;
    this.#clockNs = clock.offsetNs;
    this.#writer.block(
      BLOCK.header,
      headerBytes({
        producer,
        clockOffsetNs: this.#clockNs,
        scope,
        staticFields,
        machine: {
          arch: process.arch,
          kernel: release(),
          hostname,
          addresses: interfaceAddresses(),
          ...namesOf(names),
        },
        events: {
          count: withCurrent && event.type >= 0 ? event.num - 1 : event.num,
          firstNs: event.firstNs,
        },
      }),
    );
    this.#snapshot(withCurrent);
    this.#writeRules();
  }

  #snapshot(withCurrent: boolean): void {
    const identity = this.#identity;
    for (const record of shadowRecords(identity))
      this.#writer.records(record, record.length, BLOCK.shadows);
    for (const record of snapshotRecords(identity)) this.#writer.records(record, record.length);
    this.#writer.flush();
    for (const bytes of relationsBytes(identity)) this.#writer.block(BLOCK.relations, bytes);
    const sockets = socketBytes(identity, withCurrent);
    if (sockets.length > 0) this.#writer.block(BLOCK.sockets, sockets);
  }

  #writeRules(): void {
    for (const rules of this.#rules) this.#writer.block(BLOCK.rules, rulesBytes(rules));
  }

  /** Between two batches: the snapshot of the next file is the state after everything in this one. */
  #rotate(): void {
    if (!this.#writer.rotate()) {
      this.#full = true;
      return;
    }
    this.#loss = '';
    this.#session(false);
    if (this.#writer.full) {
      throw new SakerError(
        'CAPTURE_SIZE',
        'the limit leaves no room behind the snapshot of this host',
        { hint: 'raise --max-size' },
      );
    }
  }
}

function namesOf({ users, groups }: UserLists): MachineNames {
  return {
    users: [...users].map(([uid, { name, home, shell }]) => [uid, name, home, shell] as const),
    groups: [...groups],
  };
}
