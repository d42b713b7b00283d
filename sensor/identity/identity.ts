import { hostname as osHostname } from 'node:os';
import { join } from 'node:path';
import { WallClock, type ByteString, type Logger } from '../core/index.js';
import type { FieldSource } from '../engine/types.js';
import { AT, EventTypes, KIND, type RecordCursor } from '../events/index.js';
import { readClocks } from '../kernel/index.js';
import type { AlertSubject } from '../spool/alert.js';
import { cgroupOfProcess, walkCgroups, walkRoot } from './cgroup-walk.js';
import { readBundle } from './container-bundle.js';
import type { ContainerFacts } from './container-facts.js';
import { ContainerTable } from './containers.js';
import { createLiveFields } from './fields/index.js';
import { EventTypeIds } from './event-type-ids.js';
import { LiveEvent } from './live-event.js';
import { LocalAddresses } from './local-addresses.js';
import { ProcRepair } from './proc-repair.js';
import { ProcessTable } from './process-table.js';
import { ProcessTracker } from './process-tracker.js';
import { subjectOf } from './subject.js';
import { UserTable, type UserLists } from './users.js';

export interface IdentityOptions {
  /** Prefix of every read from the file system. Default `/`. */
  readonly hostRoot?: string;
  /** Folder of the control group to which observation is limited; null: the whole host. */
  readonly cgroup?: string | null;
  /** Value of `evt.hostname`. Default: FALCO_HOSTNAME, else the host's name. */
  readonly hostname?: string;
  /** Values of `static.KEY`. */
  readonly staticFields?: Readonly<Record<string, string>>;
  readonly logger?: Logger;
  /** Default: one over the kernel's clocks. */
  readonly clock?: WallClock;
  /** Most processes at once, exited ones included. */
  readonly capacity?: number;
  /** Bytes of paths and command lines that are remembered. Default: no limit but `capacity`. */
  readonly maxTextBytes?: number;
  /** Told what no record told. */
  readonly onLearnt?: Learnt;
  /** The records are another machine's, or of another time: nothing is asked of this one. */
  readonly offline?: OfflineFacts;
}

/** What was found out beside the records: with it, a capture of the records tells the same later. */
export interface Learnt {
  /** A row filled from /proc. */
  readonly process: (row: number) => void;
  /** A control group that was looked up. */
  readonly group: (id: number, path: ByteString) => void;
  /** What a container was made of. */
  readonly container: (id: string, facts: ContainerFacts) => void;
}

/** The machine that made the records. */
export interface OfflineFacts extends UserLists {
  /** As `process.arch`. */
  readonly arch: string;
  /** Of its interfaces. */
  readonly addresses: readonly string[];
}

/**
 * Who is behind an event: process, container, user. Fed with every record in causal order, before rules see it.
 *
 * @remarks Lives on the sensor thread; awaits nothing.
 */
export class Identity {
  readonly fields: FieldSource<LiveEvent>;
  readonly processes: ProcessTable;
  readonly containers: ContainerTable;
  readonly users: UserTable;
  readonly clock: WallClock;
  readonly #tracker: ProcessTracker;
  readonly #repair: ProcRepair | null;
  readonly #event: LiveEvent;
  #nowMs = performance.now();

  constructor(options: IdentityOptions = {}) {
    const { onLearnt, offline } = options;
    const hostRoot = options.hostRoot ?? '/';
    const proc = join(hostRoot, 'proc');
    const hostname = options.hostname ?? process.env['FALCO_HOSTNAME'] ?? osHostname();
    this.clock = options.clock ?? new WallClock(readClocks);
    const { capacity, maxTextBytes } = options;
    this.processes = new ProcessTable({
      ...(capacity === undefined ? {} : { capacity }),
      ...(maxTextBytes === undefined ? {} : { maxTextBytes }),
    });
    this.containers = new ContainerTable({
      ...(offline ? {} : { lookUp: (pid: number) => cgroupOfProcess(pid, proc) }),
      ...(offline
        ? {}
        : { describe: (pids: readonly number[], id: string) => readBundle(pids, id, proc) }),
      ...(onLearnt ? { onFound: onLearnt.group, onDescribed: onLearnt.container } : {}),
    });
    this.#repair = offline
      ? null
      : new ProcRepair(this.processes, {
          proc,
          ...(onLearnt ? { onFilled: onLearnt.process } : {}),
        });
    this.#tracker = new ProcessTracker(this.processes, {
      ...(this.#repair ? { repair: this.#repair } : {}),
      onSeen: (id, path) => {
        this.containers.told(id, path);
      },
    });
    const nowMs = (): number => this.#nowMs;
    this.users = new UserTable(offline ? { fixed: offline } : { root: hostRoot, nowMs });
    this.#event = new LiveEvent({
      processes: this.processes,
      tracker: this.#tracker,
      containers: this.containers,
      users: this.users,
      clock: this.clock,
      addresses: new LocalAddresses(offline ? { list: () => offline.addresses, nowMs } : { nowMs }),
      ...(offline ? { types: new EventTypeIds(new EventTypes(offline.arch)) } : {}),
    });
    this.fields = createLiveFields({ hostname, staticFields: options.staticFields ?? {} });
    if (!offline) this.#walk(hostRoot, options.cgroup ?? null, options.logger);
  }

  /** A batch of records begins. The clock is read here, not for each event: it says when lists of users are looked at anew. */
  tick(): void {
    this.#nowMs = performance.now();
  }

  /** Processes that are read from /proc come with their environment, as those that records tell of do by now. */
  wantEnvironment(wanted: boolean): void {
    if (this.#repair) this.#repair.wantEnv = wanted;
  }

  /**
   * Takes one record into the tables.
   *
   * @returns the event, valid until the next call; null for records that rules do not judge (control groups, the scan).
   */
  take(record: RecordCursor): LiveEvent | null {
    return this.#event.take(record) < 0 ? null : this.#event;
  }

  /** The event `take` stands on, also where it gave null: whom a verdict's record is about. */
  get event(): LiveEvent {
    return this.#event;
  }

  /** The record was judged. What it ended (an exited process) stays for its grace time. */
  done(record: RecordCursor): void {
    if (record.kind === KIND.PROCESS_EXIT) this.processes.expire(record.u64(AT.header.ts_ns));
  }

  /** Whom an alert about the current event is about. */
  subject(event: LiveEvent): AlertSubject {
    return subjectOf(event);
  }

  /** Whom the record is about that was taken last. */
  lastSubject(): AlertSubject {
    return subjectOf(this.#event);
  }

  /** Counts for `saker status`. */
  stats(): {
    readonly processes: Readonly<Record<string, number>>;
    readonly containers: Readonly<Record<string, number>>;
  } {
    return {
      processes: { ...this.processes.stats(), ...this.#tracker.stats(), ...this.#repair?.stats() },
      containers: { ...this.containers.stats() },
    };
  }

  /** Groups that exist already. Those made from now on are told by records; one made in between is looked up when it is met. */
  #walk(hostRoot: string, cgroup: string | null, logger: Logger | undefined): void {
    try {
      const { mount, scope } = walkRoot(hostRoot, cgroup);
      walkCgroups(mount, scope, (id, path) => {
        this.containers.note(id, path);
      });
    } catch (error) {
      logger?.warn('control groups could not be read: containers are found as they are met', {
        error: String(error),
      });
    }
  }
}
