import { NO_ROW } from './pid-index.js';

/**
 * Who is whose child: a list for each parent, linked both ways in columns. A row has one parent at most.
 *
 * @remarks Hot path: allocates nothing.
 */
export class ChildLists {
  readonly #parent: Int32Array;
  readonly #first: Int32Array;
  readonly #next: Int32Array;
  readonly #previous: Int32Array;

  constructor(rows: number) {
    const column = (): Int32Array => new Int32Array(rows).fill(NO_ROW);
    this.#parent = column();
    this.#first = column();
    this.#next = column();
    this.#previous = column();
  }

  /** The parent it is linked to, or NO_ROW. */
  parent(row: number): number {
    return this.#parent[row]!;
  }

  /** One of its children, or NO_ROW. */
  first(row: number): number {
    return this.#first[row]!;
  }

  /** Adds a row without a parent to the children of one. */
  link(row: number, parent: number): void {
    const next = this.#first[parent]!;
    this.#parent[row] = parent;
    this.#next[row] = next;
    this.#previous[row] = NO_ROW;
    if (next !== NO_ROW) this.#previous[next] = row;
    this.#first[parent] = row;
  }

  /** Takes a row from its parent, if it has one. */
  unlink(row: number): void {
    const parent = this.#parent[row]!;
    if (parent === NO_ROW) return;
    const next = this.#next[row]!;
    const previous = this.#previous[row]!;
    if (previous === NO_ROW) this.#first[parent] = next;
    else this.#next[previous] = next;
    if (next !== NO_ROW) this.#previous[next] = previous;
    this.#parent[row] = this.#next[row] = this.#previous[row] = NO_ROW;
  }

  /** Neither parent nor children. */
  blank(row: number): void {
    this.#parent[row] = this.#first[row] = this.#next[row] = this.#previous[row] = NO_ROW;
  }
}
