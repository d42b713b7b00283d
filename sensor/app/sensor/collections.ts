import { PerformanceObserver } from 'node:perf_hooks';

/** How long this thread stood still for garbage collection, since {@link Collections.begin}. */
export interface Pauses {
  readonly count: number;
  readonly totalMs: number;
  readonly longestMs: number;
}

/**
 * Counts the garbage collections of the thread it is made on, from the moment that events wait for them: the rules'
 * code is made before, and leaves one long collection behind.
 */
export class Collections {
  readonly #observer: PerformanceObserver;
  #count = 0;
  #totalMs = 0;
  #longestMs = 0;

  constructor() {
    this.#observer = new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) {
        this.#count++;
        this.#totalMs += duration;
        this.#longestMs = Math.max(this.#longestMs, duration);
      }
    });
  }

  begin(): void {
    this.#observer.observe({ entryTypes: ['gc'] });
  }

  pauses(): Pauses {
    return { count: this.#count, totalMs: this.#totalMs, longestMs: this.#longestMs };
  }

  close(): void {
    this.#observer.disconnect();
  }
}
