import { invariant } from '../core/index.js';
import { writeControl } from './control.js';
import { readCounters } from './counters.js';
import { ProbeError, refusalOf } from './errors.js';
import { findCgroup2Mount } from './mounts.js';
import type { BpfMap, ProbeSet } from './native.js';
import { attachProgram, makeDataRings, objectPath, openObject } from './object.js';
import { findPlan, sysKinds } from './plan.js';
import { PlanFile } from './plan-file.js';
import { LiveSource, type ReaderOptions } from './reader.js';
import { batchOf } from './scan.js';
import type {
  ProbeControl,
  ProbeCounters,
  ProbeOptions,
  ProbePlan,
  Probes,
  SharedMaps,
} from './types.js';

const MIB = 1 << 20;

interface LoadOptions extends ProbeOptions {
  readonly reader?: ReaderOptions;
  /** Called once all programs are attached. */
  readonly onAttached?: () => void;
}

/**
 * Loads what this kernel takes: finds the plan, or takes the one that worked earlier in this boot.
 *
 * @param options - `planFile`: where to keep the plan; the run directory. Absent: it is found anew each time.
 * @throws ProbeError `PROBE_LOAD`; SakerError `NO_OBJECT`
 */
export function openProbes(
  options: Omit<ProbeOptions, 'plan'> & {
    readonly reader?: ReaderOptions;
    readonly planFile?: string;
  },
): Probes {
  const object = options.objectPath ?? objectPath();
  const file = options.planFile === undefined ? null : new PlanFile(options.planFile, object);
  const load = (plan: ProbePlan): Probes => {
    const onAttached = (): void => file?.put(plan);
    return loadProbes({ ...options, objectPath: object, plan, onAttached });
  };
  const kept = file?.take() ?? null;
  if (kept !== null) {
    try {
      return load(kept);
    } catch (error) {
      if (!(error instanceof ProbeError)) throw error;
    }
  }
  return load(findPlan({ ...options, objectPath: object }));
}

/**
 * Loads the programs of a plan. Nothing is attached yet; the rings exist and can be listened to.
 *
 * @throws ProbeError `PROBE_LOAD`; SakerError `NO_OBJECT`
 */
export function loadProbes(options: LoadOptions): Probes {
  const set = openObject({
    path: options.objectPath ?? objectPath(),
    programs: new Set([
      ...options.plan.programs,
      ...(options.plan.scan ? [options.plan.scan] : []),
    ]),
    scope: options.scope ?? null,
    ownTgid: options.ownTgid ?? process.pid,
    stateRingBytes: options.stateRingBytes ?? 4 * MIB,
    sysKinds: sysKinds(options.plan),
  });
  try {
    try {
      set.load();
    } catch (error) {
      throw new ProbeError(refusalOf(error, 'load'), error);
    }
    return new LoadedProbes(set, options);
  } catch (error) {
    set.close();
    throw error;
  }
}

class LoadedProbes implements Probes {
  readonly plan: ProbePlan;
  readonly source: LiveSource;
  readonly #set: ProbeSet;
  readonly #cgroup: string;
  readonly #counters: BpfMap;
  readonly #control: BpfMap;
  readonly #stateRing: BpfMap;
  readonly #onAttached: (() => void) | undefined;
  #closed = false;

  constructor(set: ProbeSet, options: LoadOptions) {
    this.#set = set;
    this.plan = options.plan;
    this.#onAttached = options.onAttached;
    this.#cgroup = options.scope?.path ?? findCgroup2Mount().path;
    this.#counters = set.map('saker_counters');
    this.#control = set.map('saker_control');
    this.setControl({ classes: new Map(), generation: 0, wantEnv: false });
    const rings = [set.map('state_ring'), ...makeDataRings(set, options.dataRingBytes ?? 16 * MIB)];
    this.source = new LiveSource(rings, options.reader);
    this.#stateRing = rings[0]!;
    for (const ring of rings.slice(1)) ring.close(); // the reader and the programs hold them
  }

  attach(): void {
    const sections = new Map(this.#set.programs().map(({ name, section }) => [name, section]));
    try {
      for (const program of this.plan.programs)
        attachProgram(this.#set, program, sections.get(program) ?? '', this.#cgroup);
    } catch (error) {
      for (const program of this.plan.programs) {
        this.#set.detach(program);
        this.#set.detach(program, this.#cgroup);
      }
      throw new ProbeError(refusalOf(error, 'attach'), error);
    }
    this.#onAttached?.();
  }

  scan(): Uint8Array {
    return this.plan.scan === null ? new Uint8Array(0) : batchOf(this.#set.iterate(this.plan.scan));
  }

  setControl(control: ProbeControl): void {
    writeControl(this.#control, control);
  }

  sharedMaps(): SharedMaps {
    return {
      stateRing: this.#stateRing.info().fd,
      counters: this.#counters.info().fd,
      control: this.#control.info().fd,
    };
  }

  counters(): ProbeCounters {
    invariant(!this.#closed, 'counters of closed probes');
    const skipped = this.plan.programs
      .map((program) => {
        const { recursionMisses, missed } = this.#set.programInfo(program);
        return { program, recursionMisses, missed };
      })
      .filter((run) => run.recursionMisses > 0 || (run.missed ?? 0) > 0);
    return { kinds: readCounters(this.#counters), skipped };
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.source.close();
    this.#set.close();
    this.#counters.close();
    this.#control.close();
    this.#stateRing.close();
  }
}
