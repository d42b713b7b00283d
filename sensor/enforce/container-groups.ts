import type { BpfMap } from '../kernel/index.js';
import { CONTAINER_ID_BYTES } from './layout.js';

/** Which cgroups belong to containers: (cgroup v2 id, first 12 characters of the container's id), sub-groups included. */
export type ContainerGroups = Iterable<readonly [cgroup: bigint, containerId: string]>;

/**
 * The kernel's table of containers' groups. The kernel itself enters those it sees made and named by 64 digits
 * (bpf/enforce/container.bpf.h); this adds what is older than the programs or named otherwise.
 */
export class ContainerTable {
  readonly #map: BpfMap;
  /** Told of by user space. */
  #told = new Set<bigint>();

  constructor(map: BpfMap) {
    this.#map = map;
  }

  /** Takes over all that is known now. @returns whether the kernel learnt something new. */
  update(groups: ContainerGroups): boolean {
    const now = new Map(groups);
    const known = new Uint8Array(CONTAINER_ID_BYTES);
    let changed = false;
    for (const [cgroup, id] of now) {
      const value = containerKey(id);
      if (
        this.#map.lookup(groupKey(cgroup), known) &&
        value.every((byte, at) => byte === known[at])
      )
        continue;
      this.#map.update(groupKey(cgroup), value);
      changed = true;
    }
    for (const cgroup of this.#told) {
      if (!now.has(cgroup) && this.#map.delete(groupKey(cgroup))) changed = true;
    }
    this.#told = new Set(now.keys());
    return changed;
  }

  close(): void {
    this.#map.close();
  }
}

/** A container's name as the kernel compares it. */
export function containerKey(containerId: string): Uint8Array {
  const key = new Uint8Array(CONTAINER_ID_BYTES);
  key.set(Buffer.from(containerId.slice(0, 12), 'latin1'));
  return key;
}

function groupKey(cgroup: bigint): Uint8Array {
  return new Uint8Array(BigUint64Array.of(cgroup).buffer);
}
