import { ChildLists } from './child-lists.js';
import type { Image } from './image.js';
import { NO_ROW, PidIndex } from './pid-index.js';
import { ORIGIN, ProcessColumns } from './process-columns.js';
import { SlotQueue } from './slot-queue.js';

export { NO_ROW, ORIGIN };

/** Exits one after the other that a look-up follows. */
const REAPER_HOPS = 16;

const FREE = 0;
const LIVE = 1;
const EXITED = 2;
/** Exited and past its grace time, kept because processes born of it still live. */
const KEPT = 3;

export interface ProcessTableOptions {
  /** Most rows at once, exited ones included. Default 131,072. */
  readonly capacity?: number;
  /** How long an exited process stays, in nanoseconds of the boot clock. Default 5 s: alerts in the making still find it. */
  readonly graceNs?: number;
  /** How long a process is remembered whose records do not reach us (a parent outside the scope). Default 30 s. */
  readonly borrowNs?: number;
  /**
   * Bytes of paths and command lines, those of shared images counted for each process: beyond it processes are forgotten as when
   * the table is full. Default: no limit, for the kernel's records are small.
   */
  readonly maxTextBytes?: number;
}

export interface ProcessTableStats {
  readonly live: number;
  /** Exited, in their grace time or kept for their descendants. */
  readonly exited: number;
  readonly capacity: number;
  /** Rows given up before their time because the table was full: exited ones (harmless), live ones (repaired from /proc when seen). */
  readonly evictedExited: number;
  readonly evictedLive: number;
}

/** What ties a process to others, and its end. Starts and `exitNs` count boot-clock nanoseconds; 0 as a pid: nobody. */
export interface Relations {
  readonly pid: number;
  readonly startLow: number;
  readonly startHigh: number;
  readonly birthPid: number;
  readonly birthLow: number;
  readonly birthHigh: number;
  /** 0: it runs. */
  readonly exitNs: number;
  readonly reaperPid: number;
  readonly reaperLow: number;
  readonly reaperHigh: number;
  /** Its program is not known. */
  readonly bare: boolean;
}

/**
 * Every process, by (pid, start). A row is a number; its data lie in columns, so 100,000 processes are a few dozen arrays for
 * the garbage collector and not 100,000 objects. Forked processes share the `Image` of their parent.
 *
 * @remarks Hot path: the columns are public and read directly. A row is valid until it is freed; what must outlive an event
 *   keeps (pid, start), never a row.
 */
export class ProcessTable extends ProcessColumns {
  readonly #graceNs: number;
  readonly #maxTextBytes: number;
  /** What each row counts for; empty where there is no limit. */
  readonly #textBytes: Float64Array;
  #text = 0;
  readonly #borrowNs: number;
  readonly #state: Uint8Array;
  /** Rises each time a slot is freed: links to rows are checked by it. */
  readonly #generation: Uint32Array;
  /** Of the present parents. */
  readonly #children: ChildLists;
  /** Row it was born of with that row's generation, and how many rows were born of this one. */
  readonly #birth: Int32Array;
  readonly #birthGeneration: Uint32Array;
  readonly #born: Uint32Array;
  /** Of an exited row: who took its children. */
  readonly #reaperPid: Uint32Array;
  readonly #reaperLow: Uint32Array;
  readonly #reaperHigh: Uint32Array;
  readonly #byPid: PidIndex;
  readonly #freeRows: Int32Array;
  #freeCount: number;
  readonly #exited: SlotQueue;
  readonly #kept: SlotQueue;
  readonly #borrowed: SlotQueue;
  #hand = 0;
  #live = 0;
  #evictedExited = 0;
  #evictedLive = 0;

  constructor(options: ProcessTableOptions = {}) {
    const n = options.capacity ?? 131_072;
    super(n);
    this.#graceNs = options.graceNs ?? 5e9;
    this.#maxTextBytes = options.maxTextBytes ?? Infinity;
    this.#textBytes = new Float64Array(this.#maxTextBytes === Infinity ? 0 : n);
    this.#borrowNs = options.borrowNs ?? 30e9;
    this.#state = new Uint8Array(n);
    this.#generation = new Uint32Array(n);
    this.#children = new ChildLists(n);
    this.#birth = new Int32Array(n).fill(NO_ROW);
    this.#birthGeneration = new Uint32Array(n);
    this.#born = new Uint32Array(n);
    this.#reaperPid = new Uint32Array(n);
    this.#reaperLow = new Uint32Array(n);
    this.#reaperHigh = new Uint32Array(n);
    this.#byPid = new PidIndex(this.pid);
    this.#freeRows = Int32Array.from({ length: n }, (_, i) => n - 1 - i);
    this.#freeCount = n;
    this.#exited = new SlotQueue(n);
    this.#kept = new SlotQueue(n);
    this.#borrowed = new SlotQueue(n);
  }

  /** Row of the process, exited or not, or NO_ROW. */
  find(pid: number, startLow: number, startHigh: number): number {
    for (let row = this.newest(pid); row !== NO_ROW; row = this.#byPid.next(row)) {
      if (this.startLow[row] === startLow && this.startHigh[row] === startHigh) return row;
    }
    return NO_ROW;
  }

  /** Newest row with that pid, exited or not, or NO_ROW. */
  newest(pid: number): number {
    return this.#byPid.newest(pid);
  }

  /** Row of the running process with that pid, or NO_ROW. */
  running(pid: number): number {
    for (let row = this.newest(pid); row !== NO_ROW; row = this.#byPid.next(row)) {
      if (this.#state[row] === LIVE) return row;
    }
    return NO_ROW;
  }

  isLive(row: number): boolean {
    return this.#state[row] === LIVE;
  }

  /** A new row, all columns blank; makes room if it must. */
  insert(pid: number, startLow: number, startHigh: number): number {
    if (this.#freeCount === 0) this.#evict();
    const row = this.#freeRows[--this.#freeCount]!;
    this.blank(row);
    this.pid[row] = pid;
    this.startLow[row] = startLow;
    this.startHigh[row] = startHigh;
    this.#state[row] = LIVE;
    this.#live++;
    this.#byPid.add(row);
    return row;
  }

  /**
   * Says who its parent is now. The first parent a row is told of is the one it was born of, unless `adopted`.
   *
   * @param adopted - The parent may be a reaper: true for rows of the start-up scan and from /proc.
   */
  setParent(row: number, pid: number, startLow: number, startHigh: number, adopted: boolean): void {
    this.parentPid[row] = pid;
    this.parentStartLow[row] = startLow;
    this.parentStartHigh[row] = startHigh;
    this.orphan[row] = 0;
    this.#children.unlink(row);
    const parent = this.parent(row);
    if (!adopted && parent !== NO_ROW) this.#bornOf(row, parent);
  }

  #bornOf(row: number, parent: number): void {
    if (this.#birth[row] !== NO_ROW) return;
    this.#birth[row] = parent;
    this.#birthGeneration[row] = this.#generation[parent]!;
    this.#born[parent]!++;
  }

  /** Row of the parent it has now: the reaper once its own parent left. NO_ROW if not known. */
  parent(row: number): number {
    const known = this.#children.parent(row);
    if (known !== NO_ROW) return known;
    return this.#findParent(row);
  }

  /** Row of the process it was born of, though that may have exited; else of its present parent. */
  parentByBirth(row: number): number {
    const born = this.#birth[row]!;
    if (born !== NO_ROW && this.#generation[born] === this.#birthGeneration[row]) return born;
    return this.parent(row);
  }

  /** The process left: its children go to the reaper, its row stays for the grace time. */
  exit(row: number, atNs: number, reaperPid: number, reaperLow: number, reaperHigh: number): void {
    if (this.#state[row] !== LIVE) return;
    this.#state[row] = EXITED;
    this.#live--;
    this.exitNs[row] = atNs;
    this.#reaperPid[row] = reaperPid;
    this.#reaperLow[row] = reaperLow;
    this.#reaperHigh[row] = reaperHigh;
    const found = reaperPid === 0 ? NO_ROW : this.find(reaperPid, reaperLow, reaperHigh);
    const reaper = found !== NO_ROW && this.#state[found] === LIVE ? found : NO_ROW;
    for (
      let child = this.#children.first(row);
      child !== NO_ROW;
      child = this.#children.first(row)
    ) {
      this.#children.unlink(child);
      this.parentPid[child] = reaperPid;
      this.parentStartLow[child] = reaperLow;
      this.parentStartHigh[child] = reaperHigh;
      if (reaper !== NO_ROW && reaper !== child) this.#children.link(child, reaper);
    }
    this.#exited.push(row, this.#generation[row]!);
  }

  /** Gives a process its program. Others may be forgotten for it, where texts are limited. */
  setImage(row: number, image: Image): void {
    this.image[row] = image;
    if (this.#maxTextBytes === Infinity) return;
    this.#charge(row, image.bytes + (this.cwd[row]?.length ?? 0));
    while (this.#text > this.#maxTextBytes && this.#freeCount < this.capacity - 1) this.#evict(row);
  }

  #charge(row: number, bytes: number): void {
    this.#text += bytes - this.#textBytes[row]!;
    this.#textBytes[row] = bytes;
  }

  /** Takes a row back at once. */
  remove(row: number): void {
    if (this.#state[row] !== FREE) this.#free(row);
  }

  /** Marks a row as one whose end no record will tell. */
  borrow(row: number, nowNs: number): void {
    this.origin[row] = ORIGIN.borrowed;
    this.imageNs[row] = nowNs;
    this.#borrowed.push(row, this.#generation[row]!);
  }

  /** Frees rows whose time is over at `nowNs`. Cheap when there are none. */
  expire(nowNs: number): void {
    this.#expireExited(nowNs - this.#graceNs);
    if (this.#borrowed.size > 0) this.#expireBorrowed(nowNs - this.#borrowNs);
  }

  stats(): ProcessTableStats {
    return {
      live: this.#live,
      exited: this.capacity - this.#freeCount - this.#live,
      capacity: this.capacity,
      evictedExited: this.#evictedExited,
      evictedLive: this.#evictedLive,
    };
  }

  /** Calls back with every process, exited ones included. */
  forEach(visit: (row: number) => void): void {
    for (let row = 0; row < this.capacity; row++) if (this.#state[row] !== FREE) visit(row);
  }

  /** Who a row was born of and, where it has exited, when and who took its children. Null: nothing to be told. */
  relations(row: number): Relations | null {
    const birth = this.#birth[row]!;
    const parent =
      birth !== NO_ROW && this.#generation[birth] === this.#birthGeneration[row] ? birth : NO_ROW;
    const exited = this.#state[row] !== LIVE;
    const bare = this.image[row] === null;
    if (parent === NO_ROW && !exited && !bare) return null;
    return {
      pid: this.pid[row]!,
      startLow: this.startLow[row]!,
      startHigh: this.startHigh[row]!,
      birthPid: parent === NO_ROW ? 0 : this.pid[parent]!,
      birthLow: parent === NO_ROW ? 0 : this.startLow[parent]!,
      birthHigh: parent === NO_ROW ? 0 : this.startHigh[parent]!,
      exitNs: exited ? this.exitNs[row]! : 0,
      reaperPid: exited ? this.#reaperPid[row]! : 0,
      reaperLow: exited ? this.#reaperLow[row]! : 0,
      reaperHigh: exited ? this.#reaperHigh[row]! : 0,
      bare,
    };
  }

  /**
   * Brings rows to where another table had them. A process that has exited and has no row gets one.
   *
   * @param all - Of the other table; exits take place in the order of their times.
   */
  restore(all: readonly Relations[]): void {
    for (const of of all) {
      const row = this.find(of.pid, of.startLow, of.startHigh);
      const birth = of.birthPid === 0 ? NO_ROW : this.find(of.birthPid, of.birthLow, of.birthHigh);
      if (row !== NO_ROW && birth !== NO_ROW && birth !== row) this.#bornOf(row, birth);
      if (row === NO_ROW || !of.bare) continue;
      this.image[row] = null;
      this.imageNs[row] = 0;
      if (this.comm[row] === '') this.comm[row] = null;
    }
    const exits = all.filter(({ exitNs }) => exitNs > 0).sort((a, b) => a.exitNs - b.exitNs);
    for (const of of exits) {
      const found = this.find(of.pid, of.startLow, of.startHigh);
      const row = found === NO_ROW ? this.insert(of.pid, of.startLow, of.startHigh) : found;
      this.exit(row, of.exitNs, of.reaperPid, of.reaperLow, of.reaperHigh);
    }
  }

  #expireExited(horizon: number): void {
    while (this.#exited.size > 0) {
      const row = this.#exited.row();
      const current = this.#generation[row] === this.#exited.generation();
      if (current && this.exitNs[row]! > horizon) return;
      this.#exited.drop();
      if (current) this.#retire(row);
    }
  }

  #expireBorrowed(horizon: number): void {
    while (this.#borrowed.size > 0) {
      const row = this.#borrowed.row();
      const current =
        this.#generation[row] === this.#borrowed.generation() &&
        this.origin[row] === ORIGIN.borrowed;
      if (current && this.imageNs[row]! > horizon) return;
      this.#borrowed.drop();
      if (current) this.#free(row);
    }
  }

  /** Looks the parent up; where that exited before the row was linked to it, its reaper, and so on. */
  #findParent(row: number): number {
    for (let hops = 0; hops < REAPER_HOPS; hops++) {
      const pid = this.parentPid[row]!;
      if (pid === 0) return NO_ROW;
      const found = this.find(pid, this.parentStartLow[row]!, this.parentStartHigh[row]!);
      if (found === NO_ROW || found === row) return NO_ROW;
      if (this.#state[found] === LIVE) {
        this.#children.link(row, found);
        return found;
      }
      this.parentPid[row] = this.#reaperPid[found]!;
      this.parentStartLow[row] = this.#reaperLow[found]!;
      this.parentStartHigh[row] = this.#reaperHigh[found]!;
    }
    return NO_ROW;
  }

  /** Past its grace time: gone, unless processes born of it still need it. A quarter of the table is for those at most. */
  #retire(row: number): void {
    if (this.#born[row] === 0) return this.#free(row);
    this.#state[row] = KEPT;
    this.#kept.push(row, this.#generation[row]!);
    while (this.#kept.size > this.capacity >> 2) this.#dropKept();
  }

  #dropKept(): boolean {
    while (this.#kept.size > 0) {
      const row = this.#kept.row();
      const current = this.#generation[row] === this.#kept.generation();
      this.#kept.drop();
      if (current) {
        this.#free(row);
        return true;
      }
    }
    return false;
  }

  /** @param keep - A running process that stays. */
  #evict(keep = NO_ROW): void {
    if (this.#dropKept()) {
      this.#evictedExited++;
      return;
    }
    while (this.#exited.size > 0) {
      const row = this.#exited.row();
      const current = this.#generation[row] === this.#exited.generation();
      this.#exited.drop();
      if (!current) continue;
      this.#evictedExited++;
      return this.#free(row);
    }
    while (this.#state[this.#hand] === FREE || this.#hand === keep)
      this.#hand = (this.#hand + 1) % this.capacity;
    const row = this.#hand;
    this.#hand = (this.#hand + 1) % this.capacity;
    this.#evictedLive++;
    this.#free(row);
  }

  #free(first: number): void {
    for (let row = first; row !== NO_ROW;) {
      if (this.#state[row] === LIVE) this.#live--;
      if (this.#textBytes.length > 0) this.#charge(row, 0);
      this.#state[row] = FREE;
      this.#byPid.remove(row);
      this.#children.unlink(row);
      for (
        let child = this.#children.first(row);
        child !== NO_ROW;
        child = this.#children.first(row)
      )
        this.#children.unlink(child);
      const birth = this.#birth[row]!;
      const known = birth !== NO_ROW && this.#generation[birth] === this.#birthGeneration[row];
      this.#generation[row]!++;
      this.comm[row] = this.cwd[row] = this.image[row] = null;
      this.#freeRows[this.#freeCount++] = row;
      // The last process born of a kept row takes it along.
      row = known && --this.#born[birth]! === 0 && this.#state[birth] === KEPT ? birth : NO_ROW;
    }
  }

  protected override blank(row: number): void {
    super.blank(row);
    this.#children.blank(row);
    this.#birth[row] = NO_ROW;
    this.#born[row] = 0;
  }
}
