import type { LiveEvent } from '../live-event.js';

/** Chains longer than this are cut: the table cannot hold a loop, a chain this long is made on purpose. */
export const ANCESTOR_LIMIT = 1024;

/** Row N levels up: 0 the process itself, 1 its parent. -1 where the chain is shorter. */
export function ancestorAt(event: LiveEvent, levels: number): number {
  let row = event.row;
  if (levels > ANCESTOR_LIMIT) return -1;
  for (let level = 0; row >= 0 && level < levels; level++) row = event.parent(row);
  return row;
}

/** Furthest ancestor in an unbroken chain, from the parent up, with the same id in `ids`; -1 if the parent has another. */
function furthestWithSame(event: LiveEvent, ids: Uint32Array): number {
  const id = ids[event.row];
  let found = -1;
  let row = event.parent(event.row);
  for (let level = 0; row >= 0 && ids[row] === id && level < ANCESTOR_LIMIT; level++) {
    found = row;
    row = event.parent(row);
  }
  return found;
}

/** Does the process live in a pid namespace of its own? There, ids of the namespace name no row. */
function isNamespaced(event: LiveEvent): boolean {
  const { processes, row } = event;
  return processes.vpid[row] !== 0 && processes.vpid[row] !== processes.pid[row];
}

/** Row of the session leader, or of the furthest ancestor in the session; -1 without. */
export function sessionLeader(event: LiveEvent): number {
  const { processes, row } = event;
  if (!isNamespaced(event)) {
    const leader = processes.newest(processes.sid[row]!);
    if (leader >= 0) return leader;
  }
  return furthestWithSame(event, processes.sid);
}

/**
 * Row of the leader of the process group; -1 without.
 *
 * @param host - The ids are the host's: they name a row in every namespace.
 */
export function groupLeader(event: LiveEvent, ids: Uint32Array, host: boolean): number {
  const { processes, row } = event;
  if (host || !isNamespaced(event)) {
    const leader = processes.newest(ids[row]!);
    if (leader >= 0) return leader;
  }
  return furthestWithSame(event, ids);
}
