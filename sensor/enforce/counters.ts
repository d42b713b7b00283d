import type { BpfMap } from '../kernel/index.js';
import { COUNTERS, type CounterName } from './layout.js';
import { u32 } from './tables.js';

export type EnforceCounters = Readonly<Record<CounterName, number>>;

/** `enforce_counters`, summed over the CPUs; null: nothing is loaded, nothing was counted. */
export function readCounters(map: BpfMap | null): EnforceCounters {
  return Object.fromEntries(
    COUNTERS.map((name, at) => [name, map === null ? 0 : sumOf(map, at)]),
  ) as Record<CounterName, number>;
}

/** An element of a per-CPU array of 8-byte values. */
export function sumOf(map: BpfMap, index: number): number {
  const values = new Uint8Array(map.info().valueBytes);
  map.lookup(u32(index), values);
  return Number(new BigUint64Array(values.buffer).reduce((sum, value) => sum + value, 0n));
}
