/** A first-in first-out queue of rows with the generation each had, in fixed memory: entries of freed rows are told by it. */
export class SlotQueue {
  readonly #rows: Int32Array;
  readonly #generations: Uint32Array;
  #head = 0;
  #size = 0;

  constructor(capacity: number) {
    this.#rows = new Int32Array(capacity);
    this.#generations = new Uint32Array(capacity);
  }

  get size(): number {
    return this.#size;
  }

  /** Oldest row; undefined behaviour when empty. */
  row(): number {
    return this.#rows[this.#head]!;
  }

  generation(): number {
    return this.#generations[this.#head]!;
  }

  drop(): void {
    this.#head = (this.#head + 1) % this.#rows.length;
    this.#size--;
  }

  /** A full queue forgets its oldest entry: with as many places as rows, that entry is one of a freed row. */
  push(row: number, generation: number): void {
    if (this.#size === this.#rows.length) this.drop();
    const at = (this.#head + this.#size) % this.#rows.length;
    this.#rows[at] = row;
    this.#generations[at] = generation;
    this.#size++;
  }
}
