import { AT, KIND, LOSS, SIZE } from './layout.generated.js';
import { type BpfMap, native } from './native.js';
import type { KindCounters } from './types.js';

/** Sums one kind's counters over CPUs. `slots`: one `struct saker_counters` for each possible CPU. */
export function sumCounters(kind: number, slots: Uint8Array): KindCounters {
  const bytes = Buffer.from(slots.buffer, slots.byteOffset, slots.byteLength);
  const sum = (offset: number): number => {
    let total = 0n;
    for (let slot = 0; slot < bytes.length; slot += SIZE.counters)
      total += bytes.readBigUInt64LE(slot + offset);
    return Number(total);
  };
  return {
    kind,
    seen: sum(AT.counters.seen),
    filtered: sum(AT.counters.filtered),
    sent: sum(AT.counters.sent),
    lost: Array.from({ length: LOSS.LOSS_MAX }, (_, i) => sum(AT.counters.lost + 8 * i)),
  };
}

/**
 * Reads all counters of which something was seen or lost. Not one instant's: CPUs go on while they are read; the equation
 * holds exactly when nothing runs in scope.
 */
export function readCounters(map: BpfMap): KindCounters[] {
  const slots = new Uint8Array(native().sys.possibleCpus() * SIZE.counters);
  const key = new Uint32Array(1);
  const found: KindCounters[] = [];
  for (let kind = 0; kind < KIND.KIND_MAX; kind++) {
    key[0] = kind;
    if (!map.lookup(new Uint8Array(key.buffer), slots)) continue;
    const counters = sumCounters(kind, slots);
    if (counters.seen > 0 || counters.lost.some((n) => n > 0)) found.push(counters);
  }
  return found;
}
