const FIRST_MS = 100;
const LONGEST_MS = 60_000;

/** Waits between attempts: doubling from 100 ms to 60 s, each drawn from the upper half, so that sensors do not come back in step. */
export class Backoff {
  #failures = 0;
  readonly #random: () => number;

  constructor(random: () => number = Math.random) {
    this.#random = random;
  }

  /** Attempts failed in a row. */
  get failures(): number {
    return this.#failures;
  }

  /** Notes a failure. @returns how long to wait, in milliseconds. */
  nextMs(): number {
    const ceiling = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(this.#failures, 20));
    this.#failures++;
    return ceiling * (0.5 + this.#random() / 2);
  }

  reset(): void {
    this.#failures = 0;
  }
}
