import type { RecordSource } from './record-source.js';

/** How an event is taken: `tracepoint` is the same in both plans; `none`: this kernel offers no way that we know. */
export type Plan = 'tracepoint' | 'function' | 'syscall' | 'none';

/** Why one program could not be used. */
export interface ProgramRefusal {
  readonly program: string;
  readonly stage: 'load' | 'attach';
  /** Positive, as in errno(3). */
  readonly errno: number;
  /** The kernel's reason in words. */
  readonly reason: string;
  /** Last lines of the verifier's output; empty when it had nothing to say. */
  readonly log: readonly string[];
}

/** One event and how this kernel serves it; found by loading and attaching, never guessed from a version. */
export interface ServedEvent {
  /** As in `KIND_NAMES` (sensor/events), e.g. `file.open`. */
  readonly event: string;
  readonly plan: Plan;
  /** Programs that will be attached for it. */
  readonly programs: readonly string[];
  /** Programs of better plans, or optional parts of this one (io_uring), that were refused. */
  readonly refused: readonly ProgramRefusal[];
}

/** Which programs run on this kernel, for every event. */
export interface ProbePlan {
  readonly events: readonly ServedEvent[];
  /** The start-up scan: the iterator that lists running processes; null where none loads (then /proc is read). */
  readonly scan: string | null;
  /** Iterators that were refused. */
  readonly scanRefused: readonly ProgramRefusal[];
  /** All programs to load and attach, without repetition. */
  readonly programs: readonly string[];
}

/** A cgroup v2 subtree to which observation is limited, in the kernel. */
export interface CgroupScope {
  /** Its folder, absolute. */
  readonly path: string;
  /** cgroup v2 id (`sys.cgroupId`). */
  readonly id: bigint;
  /** Depth below the root of the hierarchy; the root is 0. */
  readonly level: number;
}

export interface ProbeOptions {
  readonly plan: ProbePlan;
  /** Absent: the whole system. */
  readonly scope?: CgroupScope;
  /** Processes whose own actions are no events: the sensor itself. Absent: this process. 0: none. */
  readonly ownTgid?: number;
  /** Power of two, bytes, for each data ring (one per 8 CPUs). Default 16 MiB. */
  readonly dataRingBytes?: number;
  /** Power of two, bytes. Default 4 MiB. */
  readonly stateRingBytes?: number;
  /** Compiled object; default: the one in the package for this architecture. */
  readonly objectPath?: string;
}

/** What user space tells the running programs (`struct saker_control`). */
export interface ProbeControl {
  /** For each kind (index = `enum saker_kind`): bitmap of wanted classes. Absent kinds: everything is wanted. */
  readonly classes: ReadonlyMap<number, bigint>;
  /** Rule set's generation; its low 8 bits are stamped into every record. */
  readonly generation: number;
  /** Whether exec records carry the environment. */
  readonly wantEnv: boolean;
}

/** Counts for one kind since the programs were loaded; `seen = filtered + sent + sum(lost)`. */
export interface KindCounters {
  readonly kind: number;
  readonly seen: number;
  readonly filtered: number;
  readonly sent: number;
  /** Index = `enum saker_loss`. */
  readonly lost: readonly number[];
}

/** What the kernel skipped without running our program at all. */
export interface SkippedRuns {
  readonly program: string;
  /** The program was already running on this CPU (`recursion_misses`). */
  readonly recursionMisses: number;
  /** kprobe/kretprobe could not be served (`nmissed`); null where this kernel does not tell. */
  readonly missed: number | null;
}

export interface ProbeCounters {
  /** Kinds of which something was seen. */
  readonly kinds: readonly KindCounters[];
  /** Programs that skipped something. */
  readonly skipped: readonly SkippedRuns[];
}

/** Descriptors, valid in every thread while the probes are open: enforcement tells its verdicts through the same ring. */
export interface SharedMaps {
  readonly stateRing: number;
  readonly counters: number;
  readonly control: number;
}

/** Loaded programs with their rings. Order of use: `loadProbes`, `source.start`, `attach`, `scan`. */
export interface Probes {
  readonly plan: ProbePlan;
  readonly source: RecordSource;
  /** Attaches every program of the plan; all or none. Throws `SakerError` `PROBE_ATTACH`. */
  attach(): void;
  /**
   * One batch of SAKER_PROCESS_SEEN records: every process in scope and its ancestors, as they run now. A process can be in it
   * twice; the first counts. Empty where no iterator loads.
   */
  scan(): Uint8Array;
  setControl(control: ProbeControl): void;
  sharedMaps(): SharedMaps;
  counters(): ProbeCounters;
  /** Detaches, frees, closes `source`; calling it twice is fine. */
  close(): void;
}
