import type { Logger } from '../core/index.js';
import {
  findCgroup2Mount,
  isNativeFault,
  native,
  ProbeError,
  refusalOf,
  type BpfMap,
  type CgroupScope,
  type Closeable,
  type SharedMaps,
  type SharedWords,
} from '../kernel/index.js';
import type { CompiledSet } from './clauses.js';
import { ContainerTable, type ContainerGroups } from './container-groups.js';
import { compileGuards, writeGuards, type Guard } from './guard.js';
import { Interfaces, type InterfaceStatus } from './interfaces.js';
import { COUNTERS, WORD, type CounterName } from './layout.js';
import {
  CALL_PROGRAMS,
  DROP_PROGRAM,
  FACT_PROGRAMS,
  loadPrograms,
  POD_PROGRAM,
  SCOPED_FACT_PROGRAM,
  WIRE_PROGRAM,
  type Abilities,
  type LoadedPrograms,
} from './programs.js';
import { TableSlots, u32 } from './tables.js';

export interface EnforceOptions {
  /** `--cgroup`: programs attach there and nowhere else. Null: the whole host. */
  readonly scope: CgroupScope | null;
  readonly onExit: 'release' | 'keep';
  /** So long without a sign of this process, and nothing is blocked any more. */
  readonly heartbeatSeconds: number;
  /** Interfaces to judge packets at besides the veths of processes in scope. */
  readonly interfaces: readonly string[];
  readonly guard: readonly Guard[];
  /** Groups of containers that exist now, read afresh. */
  readonly containers: () => ContainerGroups;
  /** Null: verdicts are counted, not told (tests of the machine itself). */
  readonly shared: SharedMaps | null;
  readonly logger: Logger;
  /** Processes whose facts there is room for. Default 65,536. */
  readonly maxProcesses?: number;
  readonly objectPath?: string;
  /** Default: this process. */
  readonly ownTgid?: number;
}

const HEARTBEATS_PER_PERIOD = 5;
const RECONCILE_MS = 2000;
const FLUSH_MS = 5000;

/** Loaded programs, their tables and where they are attached: from the first block rule to the last. */
export class Machine {
  readonly dropsSilently: boolean;
  readonly #options: EnforceOptions;
  readonly #programs: LoadedPrograms;
  readonly #tables: TableSlots;
  readonly #words: SharedWords;
  readonly #counters: BpfMap;
  readonly #hits: BpfMap;
  readonly #containers: ContainerTable;
  readonly #interfaces: Interfaces;
  readonly #timers: NodeJS.Timeout[] = [];
  #watch: Closeable | null = null;
  #reconcileSoon: NodeJS.Timeout | null = null;
  #compiled: CompiledSet | null = null;
  #slot = 0;
  #set = 0;
  #edits = 0n;
  #attached = false;
  #closed = false;

  constructor(options: EnforceOptions, dropsSilently: boolean) {
    this.#options = options;
    this.dropsSilently = dropsSilently;
    this.#programs = loadPrograms(
      {
        scope: options.scope,
        shared: options.shared,
        ownTgid: options.ownTgid ?? process.pid,
        maxProcesses: options.maxProcesses ?? 65_536,
        wire: options.interfaces.length > 0,
        logger: options.logger,
        ...(options.objectPath === undefined ? {} : { objectPath: options.objectPath }),
      },
      dropsSilently,
    );
    const { set } = this.#programs;
    const words = set.map('words');
    this.#words = new (native().bpf.SharedWords)(words);
    words.close();
    this.#tables = new TableSlots(set);
    this.#counters = set.map('enforce_counters');
    this.#hits = set.map('hits');
    this.#containers = new ContainerTable(set.map('containers'));
    this.#interfaces = new Interfaces({
      scope: options.scope,
      named: options.interfaces,
      programs: {
        pod: set.programFd(POD_PROGRAM),
        wire: options.interfaces.length > 0 ? set.programFd(WIRE_PROGRAM) : -1,
      },
      logger: options.logger,
    });
    this.setGuards(options.guard);
  }

  setGuards(guards: readonly Guard[]): void {
    const map = this.#programs.set.map('guards');
    writeGuards(map, compileGuards(guards));
    map.close();
    // What was decided without them is decided again.
    if (this.#set !== 0) this.#words.store(WORD.now, (++this.#edits << 32n) | BigInt(this.#set));
  }

  get generation(): number {
    return this.#set >>> 1;
  }

  get clauses(): number {
    return this.#compiled?.clauses.length ?? 0;
  }

  /**
   * Builds the set in the idle slot, has everybody's facts derived for it, then lets it take force by one store.
   * The order is what makes it safe: bpf/enforce/facts.bpf.h.
   */
  publish(compiled: CompiledSet, generation: number): void {
    const { set, abilities } = this.#programs;
    const old = this.#slot;
    const slot = 1 - old;
    const number = generation * 2 + slot;
    this.#tables.fill(slot, compiled);
    this.#words.store(WORD.set0 + slot, BigInt(number));
    this.#attachOnce();
    this.#containers.update(this.#options.containers());
    this.#tables.wait(slot); // whoever forks or execs from now on fills this side too
    set.iterate('facts_sweep');
    if (abilities.seed) {
      set.iterate('seed_listeners');
      set.iterate('seed_sockets');
    }
    this.#clearHits(slot);
    this.#beat();
    this.#words.store(WORD.now, (++this.#edits << 32n) | BigInt(number));
    this.#tables.wait(slot); // nobody is left who read the old number
    this.#words.store(WORD.set0 + old, 0n);
    this.#compiled = compiled;
    this.#slot = slot;
    this.#set = number;
  }

  /** Containers came or went: those that the kernel did not see by itself. */
  updateContainers(groups: ContainerGroups): void {
    // What was let pass under the old meaning is judged again.
    if (this.#containers.update(groups) && this.#set !== 0)
      this.#words.store(WORD.now, (++this.#edits << 32n) | BigInt(this.#set));
  }

  interfaces(): InterfaceStatus[] {
    return this.#interfaces.status();
  }

  /** What this kernel or host takes from enforcing rules. */
  reasons(): string[] {
    const reasons: string[] = [];
    const { seed }: Abilities = this.#programs.abilities;
    if (!seed)
      reasons.push(
        'connections older than the sensor are not found: this kernel lacks bpf_sock_from_file (5.11)',
      );
    for (const { name, fault } of this.#interfaces.status()) {
      if (fault !== null) reasons.push(`packets at ${name} are not judged: ${fault}`);
    }
    const { factsFull, containersFull } = this.counters();
    if (factsFull > 0)
      reasons.push(
        `${factsFull} processes found no room for their facts: their executable is not known`,
      );
    if (containersFull > 0)
      reasons.push(
        `${containersFull} groups of containers found no room: they count as the host's`,
      );
    return reasons;
  }

  counters(): Record<CounterName, number> {
    const counters = emptyCounters();
    COUNTERS.forEach((name, at) => {
      counters[name] = sumOf(this.#counters, at);
    });
    return counters;
  }

  /** Decisions by rule index, since the set took force. */
  hits(): Map<number, number> {
    const hits = new Map<number, number>();
    this.#compiled?.clauses.forEach(({ rule }, at) => {
      hits.set(rule, (hits.get(rule) ?? 0) + sumOf(this.#hits, this.#slot * 1024 + at));
    });
    return hits;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#words.store(WORD.now, 0n); // at once, whatever else takes its time
    this.#flush();
    for (const timer of this.#timers) clearInterval(timer);
    if (this.#reconcileSoon) clearTimeout(this.#reconcileSoon);
    this.#watch?.close();
    this.#interfaces.close();
    this.#programs.set.close();
    this.#tables.close();
    this.#containers.close();
    this.#counters.close();
    this.#hits.close();
    this.#words.close();
  }

  /** Facts first, then stamps and calls, then packets; with no set in force none of them decides anything yet. */
  #attachOnce(): void {
    if (this.#attached) return;
    const { set } = this.#programs;
    const { scope, heartbeatSeconds } = this.#options;
    const cgroup = scope?.path ?? findCgroup2Mount().path;
    try {
      for (const program of FACT_PROGRAMS) set.attach(program);
      if (scope !== null) set.attach(SCOPED_FACT_PROGRAM);
      for (const program of CALL_PROGRAMS) set.attachCgroup(program, cgroup);
      if (this.dropsSilently) set.attachCgroup(DROP_PROGRAM, cgroup);
    } catch (error) {
      throw isNativeFault(error) ? new ProbeError(refusalOf(error, 'attach'), error) : error;
    }
    this.#attached = true;
    this.#reconcile();
    this.#watch = new (native().sys.LinkWatch)(() => {
      this.#reconcileSoon ??= setTimeout(() => {
        this.#reconcileSoon = null;
        this.#reconcile();
      }, 10).unref();
    });
    this.#every(RECONCILE_MS, () => this.#reconcile());
    this.#every((heartbeatSeconds * 1000) / HEARTBEATS_PER_PERIOD, () => this.#beat());
    this.#every(FLUSH_MS, () => this.#flush());
  }

  #every(ms: number, work: () => void): void {
    this.#timers.push(setInterval(work, ms).unref());
  }

  #reconcile(): void {
    try {
      this.#interfaces.reconcile();
    } catch (error) {
      this.#options.logger.warn('the interfaces could not be listed', { error: String(error) });
    }
  }

  /** CLOCK_MONOTONIC, as bpf_ktime_get_ns. It stops with this process, whatever stops it. */
  #beat(): void {
    const period = BigInt(this.#options.heartbeatSeconds) * 1_000_000_000n;
    this.#words.store(WORD.aliveUntil, process.hrtime.bigint() + period);
  }

  /** Sums of flows that have stopped become records. */
  #flush(): void {
    try {
      this.#programs.set.iterate('reports_flush', 'reports');
    } catch (error) {
      this.#options.logger.debug('sums of verdicts could not be told', { error: String(error) });
    }
  }

  #clearHits(slot: number): void {
    const zero = new Uint8Array(this.#hits.info().valueBytes);
    for (let clause = 0; clause < 1024; clause++)
      this.#hits.update(u32(slot * 1024 + clause), zero);
  }
}

function sumOf(map: BpfMap, index: number): number {
  const values = new Uint8Array(map.info().valueBytes);
  map.lookup(u32(index), values);
  return Number(new BigUint64Array(values.buffer).reduce((sum, value) => sum + value, 0n));
}

export function emptyCounters(): Record<CounterName, number> {
  return Object.fromEntries(COUNTERS.map((name) => [name, 0])) as Record<CounterName, number>;
}
