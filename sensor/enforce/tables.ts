import { native, type BpfMap, type ProbeSet } from '../kernel/index.js';
import { MAX_CLAUSES } from './bodies.js';
import type { CompiledSet } from './clauses.js';
import { writeAddress } from './address.js';
import { containerKey } from './container-groups.js';
import {
  CLAUSE_BYTES,
  CONTAINER_ID_BYTES,
  MAP_TYPE,
  NO_PREALLOC,
  REMOTE_KEY_BYTES,
  SUBJECT_KEY_BYTES,
  SUBJECT_ROWS_BYTES,
} from './layout.js';
import { MAX_ROWS, ROW_BYTES } from './row-table.js';

const DIMENSION_MAPS = ['rows', 'clauses', 'ports', 'remotes', 'subjects', 'groups'] as const;
type DimensionMap = (typeof DIMENSION_MAPS)[number];

/** The inner maps of one set. */
type SetMaps = Readonly<Record<DimensionMap, BpfMap>>;

/**
 * The rule tables in the kernel, two slots of them. `fill` builds a set in one slot, every other call is cheap.
 *
 * @remarks Putting a map into a slot waits for a grace period (7–15 ms): never on the sensor thread.
 */
export class TableSlots {
  readonly #outer: SetMaps;
  readonly #inner: (SetMaps | null)[] = [null, null];

  constructor(set: ProbeSet) {
    this.#outer = mapEach((name) => set.map(name));
  }

  /** Builds `compiled` in the slot, which nothing may be reading. */
  fill(slot: number, compiled: CompiledSet): void {
    this.#drop(slot);
    const maps = mapEach((name) => create(name, compiled));
    this.#inner[slot] = maps;
    writeRows(maps.rows, compiled);
    writeClauses(maps.clauses, compiled);
    maps.ports.update(u32(0), new Uint8Array(compiled.ports.buffer));
    writeRemotes(maps.remotes, compiled);
    writeSubjects(maps.subjects, compiled);
    for (const [id, row] of compiled.groups) maps.groups.update(containerKey(id), u32(row));
    for (const name of DIMENSION_MAPS) this.#outer[name].setInner(u32(slot), maps[name]);
  }

  /** Waits until no program is left that began before. Updating an outer map does (maybe_wait_bpf_programs). */
  wait(slot: number): void {
    const maps = this.#inner[slot];
    if (maps) this.#outer.rows.setInner(u32(slot), maps.rows);
  }

  close(): void {
    for (const map of Object.values(this.#outer)) map.close();
    this.#drop(0);
    this.#drop(1);
  }

  #drop(slot: number): void {
    for (const map of Object.values(this.#inner[slot] ?? {})) map.close();
    this.#inner[slot] = null;
  }
}

function mapEach(make: (name: DimensionMap) => BpfMap): SetMaps {
  return Object.fromEntries(DIMENSION_MAPS.map((name) => [name, make(name)])) as SetMaps;
}

/** Sizes of arrays must equal those of the shapes in bpf/enforce/maps.h; hashes and tries may differ. */
function create(name: DimensionMap, compiled: CompiledSet): BpfMap {
  const options = {
    rows: { type: MAP_TYPE.array, keySize: 4, valueSize: ROW_BYTES, maxEntries: MAX_ROWS },
    clauses: { type: MAP_TYPE.array, keySize: 4, valueSize: CLAUSE_BYTES, maxEntries: MAX_CLAUSES },
    ports: {
      type: MAP_TYPE.array,
      keySize: 4,
      valueSize: compiled.ports.byteLength,
      maxEntries: 1,
    },
    remotes: {
      type: MAP_TYPE.lpmTrie,
      keySize: REMOTE_KEY_BYTES,
      valueSize: 4,
      maxEntries: compiled.remotes.length,
      flags: NO_PREALLOC,
    },
    subjects: {
      type: MAP_TYPE.lpmTrie,
      keySize: SUBJECT_KEY_BYTES,
      valueSize: SUBJECT_ROWS_BYTES,
      maxEntries: compiled.subjects.length,
      flags: NO_PREALLOC,
    },
    groups: {
      type: MAP_TYPE.hash,
      keySize: CONTAINER_ID_BYTES,
      valueSize: 4,
      maxEntries: Math.max(compiled.groups.size, 1),
    },
  } as const;
  return new (native().bpf.BpfMap)({ name: `saker_${name}`, ...options[name] });
}

function writeRows(map: BpfMap, { rows }: CompiledSet): void {
  const keys = Uint32Array.from({ length: rows.count }, (_, at) => at);
  map.updateBatch(new Uint8Array(keys.buffer), rows.bytes(), rows.count);
}

function writeClauses(map: BpfMap, { clauses }: CompiledSet): void {
  const keys = Uint32Array.from(clauses.keys());
  const values = new DataView(new ArrayBuffer(clauses.length * CLAUSE_BYTES));
  clauses.forEach(({ rule, drop }, at) => {
    values.setUint32(at * CLAUSE_BYTES + 16, rule, true);
    values.setUint32(at * CLAUSE_BYTES + 20, Number(drop), true);
  });
  map.updateBatch(new Uint8Array(keys.buffer), new Uint8Array(values.buffer), clauses.length);
}

function writeRemotes(map: BpfMap, { remotes }: CompiledSet): void {
  const keys = new DataView(new ArrayBuffer(remotes.length * REMOTE_KEY_BYTES));
  const rows = Uint32Array.from(remotes, ({ row }) => row);
  remotes.forEach(({ address, bits }, at) => {
    keys.setUint32(at * REMOTE_KEY_BYTES, bits, true);
    writeAddress(keys, at * REMOTE_KEY_BYTES + 4, address);
  });
  map.updateBatch(new Uint8Array(keys.buffer), new Uint8Array(rows.buffer), remotes.length);
}

function writeSubjects(map: BpfMap, { subjects }: CompiledSet): void {
  const keys = new Uint8Array(subjects.length * SUBJECT_KEY_BYTES);
  const view = new DataView(keys.buffer);
  const rows = Uint32Array.from(subjects.flatMap(({ row, claimed }) => [row, claimed]));
  subjects.forEach(({ path, whole }, at) => {
    view.setUint32(at * SUBJECT_KEY_BYTES, (path.length + (whole ? 1 : 0)) * 8, true);
    keys.set(Buffer.from(path, 'latin1'), at * SUBJECT_KEY_BYTES + 4);
  });
  map.updateBatch(keys, new Uint8Array(rows.buffer), subjects.length);
}

export function u32(value: number): Uint8Array {
  return new Uint8Array(Uint32Array.of(value).buffer);
}
