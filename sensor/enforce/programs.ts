import { randomBytes } from 'node:crypto';
import type { Logger } from '../core/index.js';
import {
  isNativeFault,
  native,
  objectPath,
  ProbeError,
  refusalOf,
  type BpfMap,
  type CgroupScope,
  type ProbeSet,
  type SharedMaps,
} from '../kernel/index.js';

export interface ProgramOptions {
  readonly scope: CgroupScope | null;
  readonly shared: SharedMaps | null;
  /** The sensor itself: no rule is ever about it. */
  readonly ownTgid: number;
  /** Processes whose facts there is room for. */
  readonly maxProcesses: number;
  /** Groups of containers there is room for. */
  readonly maxContainerGroups: number;
  /** What to try, best first. */
  readonly abilities?: readonly Abilities[];
  /** Interfaces of the host itself are judged at, too. */
  readonly wire: boolean;
  readonly objectPath?: string;
  readonly logger: Logger;
}

/** What a kernel may lack; each costs something that `saker status` says. */
export interface Abilities {
  /** A refused call can say ECONNREFUSED (5.18); else EPERM. */
  readonly setRetval: boolean;
  /** Sockets older than the sensor can be found (5.11). */
  readonly seed: boolean;
}

const ABILITIES: readonly Abilities[] = [
  { setRetval: true, seed: true },
  { setRetval: false, seed: true },
  { setRetval: false, seed: false },
];

/** Loaded enforcement programs. */
export interface LoadedPrograms {
  readonly set: ProbeSet;
  readonly abilities: Abilities;
}

/** Attached in this order: who is who before who sends what. */
export const FACT_PROGRAMS = [
  'facts_exit',
  'facts_exec',
  'facts_fork',
  'container_begins',
  'container_ends',
] as const;
export const SCOPED_FACT_PROGRAM = 'facts_moved';
export const CALL_PROGRAMS = [
  'stamp_create',
  'stamp_bind4',
  'stamp_bind6',
  'judge_connect4',
  'judge_connect6',
  'judge_sendmsg4',
  'judge_sendmsg6',
] as const;
export const DROP_PROGRAM = 'drop_packet';
export const POD_PROGRAM = 'saker_from_pod';
export const WIRE_PROGRAM = 'saker_to_wire';
const SEED_PROGRAMS = ['seed_listeners', 'seed_sockets'] as const;

/** Maps of headers shared with the observing object that no program here uses. */
const UNUSED_MAPS = ['scratch_large', 'scratch_medium', 'scratch_small'];

/**
 * Loads the object with as much as this kernel takes: what is missing is found by loading, never by version.
 *
 * @throws SakerError `NO_OBJECT`; ProbeError `PROBE_LOAD` when even the least does not load
 */
export function loadPrograms(options: ProgramOptions, dropsSilently: boolean): LoadedPrograms {
  let first: unknown;
  for (const abilities of options.abilities ?? ABILITIES) {
    const set = open(options, abilities, dropsSilently);
    try {
      set.load();
      return { set, abilities };
    } catch (error) {
      set.close();
      if (!isNativeFault(error)) throw error;
      first ??= error;
      options.logger.debug('enforcement programs did not load', {
        setRetval: abilities.setRetval,
        seed: abilities.seed,
        error: error.message,
      });
    }
  }
  throw new ProbeError(refusalOf(first, 'load'), first);
}

function open(options: ProgramOptions, abilities: Abilities, dropsSilently: boolean): ProbeSet {
  const set = new (native().bpf.ProbeSet)(options.objectPath ?? objectPath('saker_enforce'));
  try {
    for (const name of UNUSED_MAPS) set.setAutocreate(name, false);
    for (const name of SEED_PROGRAMS) set.setAutoload(name, abilities.seed);
    set.setAutoload(DROP_PROGRAM, dropsSilently);
    set.setAutoload(WIRE_PROGRAM, options.wire);
    set.setConstant('saker_scope_cgroup', options.scope?.id ?? 0n);
    set.setConstant('saker_scope_level', options.scope?.level ?? 0);
    set.setConstant('saker_own_tgid', options.ownTgid);
    set.setConstant('saker_can_set_retval', Number(abilities.setRetval));
    set.setConstant('saker_drops_silently', Number(dropsSilently));
    set.setConstant('saker_tag_key', new Uint8Array(randomBytes(16)));
    set.setMapSize('facts', options.maxProcesses);
    set.setMapSize('containers', options.maxContainerGroups);
    if (options.shared) {
      reuse(set, 'state_ring', options.shared.stateRing);
      reuse(set, 'saker_counters', options.shared.counters);
      reuse(set, 'saker_control', options.shared.control);
    }
    return set;
  } catch (error) {
    set.close();
    throw error;
  }
}

function reuse(set: ProbeSet, name: string, fd: number): void {
  const map: BpfMap = new (native().bpf.BpfMap)({ fd });
  set.reuseMap(name, map);
  map.close();
}
