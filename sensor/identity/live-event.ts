import type { ByteString } from '../core/bytes.js';
import type { WallClock } from '../core/clock.js';
import { AT, KIND, type RecordCursor } from '../events/index.js';
import { eventTypeName } from '../lang/events/index.js';
import type { ContainerFacts } from './container-facts.js';
import type { CgroupInfo, ContainerTable } from './containers.js';
import { callOfVerdict, EventTypeIds } from './event-type-ids.js';
import { LocalAddresses } from './local-addresses.js';
import type { ProcessTable } from './process-table.js';
import type { ProcessTracker } from './process-tracker.js';
import { SocketMemory } from './socket-memory.js';
import type { Credentials } from './thread-credentials.js';
import type { UserTable } from './users.js';

/** From a process of a container up to whoever made the container. */
const UPWARDS_MAX = 64;

/** What an event's fields are read from. */
export interface IdentityTables {
  readonly processes: ProcessTable;
  readonly tracker: ProcessTracker;
  readonly containers: ContainerTable;
  readonly users: UserTable;
  readonly clock: WallClock;
  readonly types?: EventTypeIds;
  readonly sockets?: SocketMemory;
  readonly addresses?: LocalAddresses;
}

/**
 * The current event: a record with its process, its container and its time. One object for all events; what it gives is valid
 * until `take` is called again.
 *
 * @remarks Hot path. `take` does what must be done for each record whether or not a rule looks; everything else is read when asked.
 */
export class LiveEvent {
  readonly processes: ProcessTable;
  readonly containers: ContainerTable;
  readonly users: UserTable;
  readonly clock: WallClock;
  readonly sockets: SocketMemory;
  readonly addresses: LocalAddresses;
  record!: RecordCursor;
  kind = 0;
  /** Dense id of `evt.type`; -1: no event of Falco's. */
  type = -1;
  /** Row of the process, or -1. */
  row = -1;
  /** Count of events, from 1. */
  num = 0;

  readonly #tracker: ProcessTracker;
  readonly #types: EventTypeIds;
  /** When the first event was, boot-clock nanoseconds. */
  #firstNs: bigint | null = null;
  #cgroup: CgroupInfo | null | undefined;
  /** Work that several fields share; null is a result too. */
  #path: ByteString | null | undefined;

  constructor(tables: IdentityTables) {
    this.processes = tables.processes;
    this.containers = tables.containers;
    this.users = tables.users;
    this.clock = tables.clock;
    this.sockets = tables.sockets ?? new SocketMemory();
    this.addresses = tables.addresses ?? new LocalAddresses();
    this.#tracker = tables.tracker;
    this.#types = tables.types ?? new EventTypeIds();
  }

  /**
   * Takes the next record: brings the tables up to date, then stands on it.
   *
   * @returns dense id of its `evt.type`, or -1 when there is nothing for rules to judge.
   */
  take(record: RecordCursor): number {
    this.record = record;
    this.kind = record.kind;
    this.#cgroup = undefined;
    this.#path = undefined;
    switch (record.kind) {
      case KIND.CGROUP_MKDIR:
      case KIND.CGROUP_RMDIR:
      case KIND.CONTAINER_FACTS:
        this.containers.apply(record);
        break;
      case KIND.NET_CONNECT:
      case KIND.NET_SEND:
      case KIND.NET_BIND:
        this.sockets.apply(record);
        break;
    }
    this.row = this.#tracker.apply(record);
    this.type = this.#types.of(record);
    if (this.type >= 0) {
      this.num++;
      this.#firstNs ??= record.big(AT.header.ts_ns);
    }
    return this.type;
  }

  /** Value of `evt.type`; of a verdict, which is no event itself, the call it is about. */
  get typeName(): string {
    return this.kind === KIND.NET_VERDICT ? callOfVerdict(this.record) : eventTypeName(this.type);
  }

  /** Nanoseconds since the epoch. Allocates. */
  timeNs(): bigint {
    return this.record.big(AT.header.ts_ns) + this.clock.offsetNs;
  }

  get firstNs(): bigint | null {
    return this.#firstNs;
  }

  /** Goes on counting where another run stood. */
  resume(count: number, firstNs: bigint | null): void {
    this.num = count;
    this.#firstNs = firstNs;
  }

  /** Nanoseconds since the first event of this run. Allocates. */
  relativeNs(): bigint {
    return this.record.big(AT.header.ts_ns) - (this.#firstNs ?? 0n);
  }

  /** Row of a row's parent, read from /proc if no record ever told of it; -1 if not known. */
  parent(row: number): number {
    return this.#tracker.parent(row, this.record.u64(AT.header.ts_ns));
  }

  /** What this very thread is allowed, where it changed that for itself alone. */
  threadCredentials(): Credentials | null {
    return this.#tracker.threads.of(this.record);
  }

  /** Control group of the event; null when it cannot be found. */
  cgroup(): CgroupInfo | null {
    if (this.#cgroup === undefined)
      this.#cgroup = this.containers.find(this.record.u64(AT.header.cgroup_id), this.record.tgid);
    return this.#cgroup;
  }

  /** What the container of the event was made of; null outside containers, and where that cannot be found. */
  containerFacts(): ContainerFacts | null {
    const container = this.cgroup()?.container ?? null;
    if (container === null) return null;
    return container.facts ?? this.containers.learn(container, this.#pidsUpwards);
  }

  readonly #pidsUpwards = (): number[] => {
    const pids = [this.record.tgid];
    for (let row = this.row; row >= 0 && pids.length < UPWARDS_MAX; row = this.parent(row))
      if (row !== this.row) pids.push(this.processes.pid[row]!);
    return pids;
  };

  /** Does the event come from a container? Unknown counts as host. */
  inContainer(): boolean {
    return (this.cgroup()?.container ?? null) !== null;
  }

  /** Value of the path worked out by `make`, once per event. */
  path(make: (event: LiveEvent) => ByteString | null): ByteString | null {
    if (this.#path === undefined) this.#path = make(this);
    return this.#path;
  }
}
