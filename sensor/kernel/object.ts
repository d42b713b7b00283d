import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot, SakerError } from '../core/index.js';
import { native, type ProbeSet } from './native.js';
import type { CgroupScope } from './types.js';

/** Folders of compiled objects, by node's name of the architecture. */
const folders: Readonly<Record<string, string>> = { x64: 'x86_64', arm64: 'arm64' };

/** One CPU in this many shares a data ring (SAKER_CPUS_PER_RING in bpf/lib/emit.h). */
const CPUS_PER_RING = 8;

const BPF_MAP_TYPE_RINGBUF = 27;

/** Compiled programs for this machine. @param name - `saker` observes, `saker_enforce` blocks. Throws SakerError `NO_OBJECT`. */
export function objectPath(name = 'saker'): string {
  const path = join(
    packageRoot(),
    'build/bpf',
    folders[process.arch] ?? process.arch,
    `${name}.bpf.o`,
  );
  if (existsSync(path)) return path;
  throw new SakerError('NO_OBJECT', `no eBPF object for ${process.arch}: ${path}`, {
    hint: 'run "npm run build"; it needs clang',
  });
}

export interface OpenOptions {
  readonly path: string;
  readonly programs: ReadonlySet<string>;
  readonly scope: Pick<CgroupScope, 'id' | 'level'> | null;
  /** 0: no process is left out. */
  readonly ownTgid: number;
  readonly stateRingBytes: number;
  /** Bit n: kind n is served by the system-call plan. */
  readonly sysKinds: number;
}

/** Opens the object with everything set that must be set before loading. */
export function openObject(options: OpenOptions): ProbeSet {
  const set = new (native().bpf.ProbeSet)(options.path);
  try {
    for (const { name } of set.programs()) set.setAutoload(name, options.programs.has(name));
    set.setConstant('saker_scope_cgroup', options.scope?.id ?? 0n);
    set.setConstant('saker_scope_level', options.scope?.level ?? 0);
    set.setConstant('saker_own_tgid', options.ownTgid);
    set.setConstant('saker_sys_kinds', options.sysKinds);
    set.setConstant('saker_data_rings', dataRings());
    set.setMapSize('data_rings', dataRings());
    set.setMapSize('state_ring', options.stateRingBytes);
    return set;
  } catch (error) {
    set.close();
    throw error;
  }
}

/** How many data rings this machine has. */
export const dataRings = (): number => Math.ceil(native().sys.possibleCpus() / CPUS_PER_RING);

/** Makes the data rings and puts them where the programs look for them. */
export function makeDataRings(set: ProbeSet, bytes: number): ReturnType<ProbeSet['map']>[] {
  const outer = set.map('data_rings');
  const rings = Array.from({ length: dataRings() }, (_, i) => {
    const ring = new (native().bpf.BpfMap)({
      type: BPF_MAP_TYPE_RINGBUF,
      name: `saker_data_${i}`,
      keySize: 0,
      valueSize: 0,
      maxEntries: bytes,
    });
    outer.setInner(new Uint8Array(Uint32Array.of(i).buffer), ring);
    return ring;
  });
  outer.close();
  return rings;
}

/**
 * Attaches one program where its section says; programs of cgroups at `cgroup`, the scope's folder or the hierarchy's root: with a
 * scope they must not run for anybody else.
 */
export function attachProgram(
  set: ProbeSet,
  program: string,
  section: string,
  cgroup: string,
): void {
  if (/^(cgroup|sock)/.test(section)) set.attachCgroup(program, cgroup);
  else set.attach(program);
}
