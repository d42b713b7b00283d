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
import { readCounters, sumOf, type EnforceCounters } from './counters.js';
import { compileGuards, writeGuards, type Guard } from './guard.js';
import { Interfaces, type InterfaceStatus, type OwnFilter } from './interfaces.js';
import { Heartbeat } from './heartbeat.js';
import { WORD } from './layout.js';
import { Pins } from './pins.js';
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
import type { Dimension } from './predicates.js';
import { TableSlots, u32 } from './tables.js';

export interface EnforceOptions {
  /** `--cgroup`: programs attach there and nowhere else. Null: the whole host. */
  readonly scope: CgroupScope | null;
  readonly onExit: 'release' | 'keep';
  /** Where `keep` pins blocks, and where those an earlier sensor left are looked for. See `pinDirOf`. */
  readonly pinDir: string;
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
  /** Somebody else has switched blocks off while this process could not (`switchOff`). */
  readonly onSwitchedOff?: () => void;
  /** Processes whose facts there is room for. Default 65,536. */
  readonly maxProcesses?: number;
  /** Groups of containers there is room for. Default 16,384. */
  readonly maxContainerGroups?: number;
  /** What to load, best first: tests of what older kernels lack. */
  readonly abilities?: readonly Abilities[];
  readonly objectPath?: string;
  /** Default: this process. */
  readonly ownTgid?: number;
}

const RECONCILE_MS = 2000;
const FLUSH_MS = 5000;

/** Something that takes from rules that enforce; `dimension`: only from those that ask for it. */
export interface Shortcoming {
  readonly reason: string;
  readonly dimension: Dimension | null;
}

/** Loaded programs, their tables and where they are attached: from the first block rule to the last. */
export class Machine {
  readonly dropsSilently: boolean;
  readonly #options: EnforceOptions;
  /** Null: blocks end with this process. */
  readonly #pins: Pins | null;
  readonly #programs: LoadedPrograms;
  readonly #tables: TableSlots;
  readonly #words: SharedWords;
  readonly #counters: BpfMap;
  readonly #hits: BpfMap;
  readonly #containers: ContainerTable;
  readonly #interfaces: Interfaces;
  readonly #heartbeat: Heartbeat;
  readonly #timers: NodeJS.Timeout[] = [];
  #watch: Closeable | null = null;
  #reconcileSoon: NodeJS.Timeout | null = null;
  #compiled: CompiledSet | null = null;
  /** Count of what found no room when the facts of all were last derived, and how many processes that leaves without. */
  #factsFull = 0;
  #withoutFacts = 0;
  #slot = 0;
  #set = 0;
  #edits = 0n;
  #attached = false;
  #closed = false;

  constructor(options: EnforceOptions, dropsSilently: boolean) {
    this.#options = options;
    this.dropsSilently = dropsSilently;
    this.#pins = options.onExit === 'keep' ? new Pins(options.pinDir) : null;
    this.#programs = loadPrograms(
      {
        scope: options.scope,
        shared: options.shared,
        ownTgid: options.ownTgid ?? process.pid,
        maxProcesses: options.maxProcesses ?? 65_536,
        maxContainerGroups: options.maxContainerGroups ?? 16_384,
        wire: options.interfaces.length > 0,
        logger: options.logger,
        ...(options.objectPath === undefined ? {} : { objectPath: options.objectPath }),
        ...(options.abilities === undefined ? {} : { abilities: options.abilities }),
      },
      dropsSilently,
    );
    this.#heartbeat = new Heartbeat(options.heartbeatSeconds, options.onExit);
    const { set } = this.#programs;
    const words = set.map('words');
    this.#words = new (native().bpf.SharedWords)(words);
    this.#tables = new TableSlots(set);
    this.#counters = set.map('enforce_counters');
    this.#hits = set.map('hits');
    this.#containers = new ContainerTable(set.map('containers'));
    this.#interfaces = new Interfaces({
      scope: options.scope,
      named: options.interfaces,
      programs: {
        pod: { fd: set.programFd(POD_PROGRAM), id: set.programInfo(POD_PROGRAM).id },
        wire:
          options.interfaces.length > 0
            ? { fd: set.programFd(WIRE_PROGRAM), id: set.programInfo(WIRE_PROGRAM).id }
            : { fd: -1, id: 0 },
      },
      pins: this.#pins,
      logger: options.logger,
    });
    this.setGuards(options.guard);
    this.#pins?.add('words', words);
    this.#pins?.add('counters', this.#counters);
    words.close();
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
    this.#sweepFacts();
    if (abilities.seed) {
      set.iterate('seed_listeners');
      set.iterate('seed_sockets');
    }
    this.#clearHits(slot);
    this.#beat();
    this.#words.store(WORD.now, (++this.#edits << 32n) | BigInt(number));
    this.#compiled = compiled;
    this.#slot = slot;
    this.#set = number;
    this.#tables.wait(slot); // nobody is left who read the old number
    this.#words.store(WORD.set0 + old, 0n);
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

  /** Where blocks are pinned; null: they end with this process. */
  get pinFolder(): string | null {
    return this.#pins?.folder ?? null;
  }

  /**
   * Packets of processes in the host's own network namespace pass no veth. What they open is refused at the call; what is open
   * already is cut at the interfaces that are named, and elsewhere not at all.
   */
  uncovered(): string[] {
    const wires = this.interfaces().filter(({ side, means }) => side === 'wire' && means !== null);
    if (wires.length > 0) return [];
    return [
      "connections of the host's own processes that are older than a rule; enforce.interfaces names where to cut them",
    ];
  }

  /** What this kernel or host takes from enforcing rules, and from which of them. */
  shortcomings(): Shortcoming[] {
    const all: Shortcoming[] = [];
    const add = (reason: string, dimension: Dimension | null = null): void => {
      all.push({ reason, dimension });
    };
    if (!this.#programs.abilities.seed)
      add(
        'connections older than the sensor are not found: this kernel lacks bpf_sock_from_file (5.11)',
      );
    for (const { name, fault } of this.#interfaces.status())
      if (fault !== null) add(`packets at ${name} are not all judged: ${fault}`);
    const late = this.#heartbeat.late();
    if (late !== null) add(late);
    const without = this.#withoutFacts;
    if (without > 0)
      add(
        `no room for the facts of ${without} ${without === 1 ? 'process' : 'processes'}: rules that ask for the executable pass them by`,
        'subject',
      );
    const { containersFull } = this.counters();
    if (containersFull > 0)
      add(
        `no room for ${containersFull} ${containersFull === 1 ? 'group' : 'groups'} of containers: they count as the host's`,
        'group',
      );
    return all;
  }

  /** Whether a rule of the set in force asks for something of that dimension. */
  asks(rule: number, dimension: Dimension): boolean {
    return (
      this.#compiled?.clauses.some((clause) => clause.rule === rule && clause.body[dimension]) ??
      false
    );
  }

  counters(): EnforceCounters {
    return readCounters(this.#counters);
  }

  /** Decisions by rule index, since the set took force. */
  hits(): Map<number, number> {
    const hits = new Map<number, number>();
    this.#compiled?.clauses.forEach(({ rule }, at) => {
      hits.set(rule, (hits.get(rule) ?? 0) + sumOf(this.#hits, this.#slot * 1024 + at));
    });
    return hits;
  }

  /** Its clsact filters, by where they stand. */
  ownFilters(): OwnFilter[] {
    return this.#interfaces.ownFilters();
  }

  /** Nothing of it is left afterwards. */
  release(): void {
    if (this.#closed) return;
    this.#words.store(WORD.now, 0n); // at once, whatever else takes its time
    this.#flush();
    this.#interfaces.close();
    this.#pins?.release();
    this.#letGo();
  }

  /** This process ends: blocks that are pinned stay in force. */
  close(): void {
    if (this.#pins === null || this.#set === 0) this.release();
    else if (!this.#closed) {
      this.#flush();
      this.#interfaces.leave();
      this.#letGo();
    }
  }

  #letGo(): void {
    this.#closed = true;
    for (const timer of this.#timers) clearInterval(timer);
    if (this.#reconcileSoon) clearTimeout(this.#reconcileSoon);
    this.#watch?.close();
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
    const { scope } = this.#options;
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
    this.#pins?.addLinks(set);
    this.#reconcile();
    this.#watch = new (native().sys.LinkWatch)(() => {
      this.#reconcileSoon ??= setTimeout(() => {
        this.#reconcileSoon = null;
        this.#reconcile();
      }, 10).unref();
    });
    this.#every(RECONCILE_MS, () => {
      if (this.#words.load(WORD.off) !== 0n) return this.#options.onSwitchedOff?.();
      this.#reconcile();
      if (this.counters().factsFull > this.#factsFull || this.#withoutFacts > 0) this.#sweepFacts();
    });
    this.#every(this.#heartbeat.everyMs, () => this.#beat());
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

  /** Derives everybody's facts; whoever found no room before gets another chance. */
  #sweepFacts(): void {
    const before = this.counters().factsFull;
    this.#programs.set.iterate('facts_sweep');
    this.#factsFull = this.counters().factsFull;
    this.#withoutFacts = this.#factsFull - before;
  }

  #beat(): void {
    this.#words.store(WORD.aliveUntil, this.#heartbeat.beat());
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
