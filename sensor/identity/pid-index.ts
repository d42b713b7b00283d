/** No row. */
export const NO_ROW = -1;

/**
 * Rows by pid, newest first: a hash table with linear probing over a column of pids, in fixed memory.
 *
 * @remarks Hot path. Removal moves later entries back, so look-ups meet no tombstones and stay short for ever.
 */
export class PidIndex {
  readonly #pids: Uint32Array;
  /** Next older row with the same pid. */
  readonly #next: Int32Array;
  readonly #heads: Int32Array;
  readonly #mask: number;

  /** @param pids - Pid of each row; set before a row is added, unchanged until it is removed. */
  constructor(pids: Uint32Array) {
    this.#pids = pids;
    this.#next = new Int32Array(pids.length).fill(NO_ROW);
    const buckets = 2 ** Math.ceil(Math.log2(pids.length * 2));
    this.#heads = new Int32Array(buckets).fill(NO_ROW);
    this.#mask = buckets - 1;
  }

  /** Row added last with that pid, or NO_ROW. */
  newest(pid: number): number {
    for (let at = this.#bucket(pid); ; at = (at + 1) & this.#mask) {
      const row = this.#heads[at]!;
      if (row === NO_ROW || this.#pids[row] === pid) return row;
    }
  }

  /** The row with the same pid added before this one, or NO_ROW. */
  next(row: number): number {
    return this.#next[row]!;
  }

  add(row: number): void {
    const pid = this.#pids[row]!;
    let at = this.#bucket(pid);
    while (this.#heads[at] !== NO_ROW && this.#pids[this.#heads[at]!] !== pid)
      at = (at + 1) & this.#mask;
    this.#next[row] = this.#heads[at]!;
    this.#heads[at] = row;
  }

  /** The row must have been added. */
  remove(row: number): void {
    const pid = this.#pids[row]!;
    let at = this.#bucket(pid);
    while (this.#pids[this.#heads[at]!] !== pid) at = (at + 1) & this.#mask;
    const older = this.#next[row]!;
    if (this.#heads[at] !== row) {
      let newer = this.#heads[at]!;
      while (this.#next[newer] !== row) newer = this.#next[newer]!;
      this.#next[newer] = older;
    } else if (older !== NO_ROW) this.#heads[at] = older;
    else this.#closeGap(at);
    this.#next[row] = NO_ROW;
  }

  #bucket(pid: number): number {
    return (Math.imul(pid, 0x9e3779b1) >>> 8) & this.#mask;
  }

  #closeGap(at: number): void {
    let hole = at;
    for (let next = (at + 1) & this.#mask; ; next = (next + 1) & this.#mask) {
      const row = this.#heads[next]!;
      if (row === NO_ROW) break;
      const home = this.#bucket(this.#pids[row]!);
      if (((next - home) & this.#mask) >= ((next - hole) & this.#mask)) {
        this.#heads[hole] = row;
        hole = next;
      }
    }
    this.#heads[hole] = NO_ROW;
  }
}
