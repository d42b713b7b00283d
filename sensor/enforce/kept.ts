import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isNativeFault, native, type BpfMap } from '../kernel/index.js';
import { readCounters, type EnforceCounters } from './counters.js';
import { removeLeftovers, type OwnFilter } from './interfaces.js';
import { MAP_TYPE, WORD, WORDS } from './layout.js';
import { list, PIN_ROOT, removeFolder, removePins, startTicks } from './pins.js';

/** Blocks that are pinned: those of a living sensor, or those one left in force when it ended. */
export interface Kept {
  readonly folder: string;
  /** Of the sensor that pinned them. */
  readonly pid: number;
  /** That sensor still runs. */
  readonly held: boolean;
}

/** Pinned blocks below a sensor's folder, or all of this host. */
export function findKept(pinDir?: string): Kept[] {
  const dirs = pinDir === undefined ? subfolders(PIN_ROOT) : [pinDir];
  return dirs.flatMap(subfolders).map((folder) => {
    const [pid = 0, start = 0] = folder.split('/').at(-1)!.split('-').map(Number);
    return { folder, pid, held: startTicks(pid) === start };
  });
}

/** Counts of pinned blocks since they were made; null: they cannot be read. */
function countersOfKept({ folder }: Kept): EnforceCounters | null {
  let map: BpfMap | null = null;
  try {
    map = openPinned(join(folder, 'counters'));
    return readCounters(map);
  } catch {
    return null;
  } finally {
    map?.close();
  }
}

/**
 * Ends pinned blocks at once: their programs decide nothing from here on, and go with the pins. Filters of clsact, which no
 * pin holds, are left to `removeLeftovers`.
 */
function releaseKept({ folder }: Kept): void {
  try {
    turnOff(openPinned(join(folder, 'words')));
  } catch (error) {
    if (!isNativeFault(error)) throw error; // without words it never decided anything
  }
  removePins(folder);
}

/**
 * A machine of this process is in force in place of those that were kept: they end. Its own pins stay.
 *
 * @param own - Null: nothing is in force in their place.
 * @returns those that ended, with all they counted.
 */
export function endKept(
  pinDir: string,
  own: { readonly folder: string | null; readonly filters: readonly OwnFilter[] } | null,
): (Kept & { readonly counters: EnforceCounters | null })[] {
  const others = findKept(pinDir).filter(({ folder }) => folder !== own?.folder);
  const ended = others.map((one) => {
    const counters = countersOfKept(one);
    releaseKept(one);
    return { ...one, counters };
  });
  removeLeftovers({ kept: true, except: own?.filters ?? [] });
  return ended;
}

/**
 * `saker net off` where no sensor answers: ends what one with this run dir left in force.
 *
 * @returns how many sets of blocks there were.
 */
export function releaseAllKept(pinDir: string): number {
  const kept = findKept(pinDir);
  for (const one of kept) releaseKept(one);
  if (kept.length > 0) removeLeftovers({ kept: true });
  removeFolder(pinDir);
  return kept.length;
}

/** Closes `map`. */
function turnOff(map: BpfMap): void {
  const words = new (native().bpf.SharedWords)(map);
  map.close();
  words.store(WORD.off, 1n); // for good: its sensor may only sleep
  words.store(WORD.now, 0n);
  words.close();
}

/**
 * The kill switch without the sensor's help: it may be stopped, or hang. Its programs decide nothing from here on, and it
 * takes them off when it wakes.
 *
 * @returns how many sets of programs there were.
 */
export function switchOff(pid: number): number {
  let count = 0;
  const folder = `/proc/${pid}/fdinfo`;
  for (const fd of list(folder)) {
    const id = idOfWords(join(folder, fd));
    if (id === null) continue;
    const map: BpfMap = new (native().bpf.BpfMap)({ id });
    if (map.info().name !== 'words') map.close();
    else {
      turnOff(map);
      count++;
    }
  }
  return count;
}

/** Number of the map of that shape that a descriptor stands for; null: it stands for something else. */
function idOfWords(path: string): number | null {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return null; // closed meanwhile
  }
  const of = (key: string): number => Number(new RegExp(`^${key}:\\s*(\\d+)`, 'm').exec(text)?.[1]);
  const is = of('map_type') === MAP_TYPE.array && of('value_size') === 8;
  return is && of('max_entries') === WORDS ? of('map_id') : null;
}

function openPinned(path: string): BpfMap {
  return new (native().bpf.BpfMap)({ pinned: path });
}

function subfolders(folder: string): string[] {
  return list(folder).map((name) => join(folder, name));
}
