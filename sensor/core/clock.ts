/** Both clocks, read together; nanoseconds. */
export interface ClockReading {
  /** CLOCK_BOOTTIME: since boot, suspend included. */
  readonly bootNs: bigint;
  /** CLOCK_REALTIME: since the epoch. */
  readonly wallNs: bigint;
  /** How far apart the two readings may lie. */
  readonly widthNs: bigint;
}

/** Turns boot-clock nanoseconds of records into wall-clock nanoseconds. */
export class WallClock {
  readonly #read: () => ClockReading;
  #offsetNs = 0n;

  /** @param read - Reads both clocks (`readClocks` of sensor/kernel; a test's own). */
  constructor(read: () => ClockReading) {
    this.#read = read;
    this.refresh();
  }

  /** Nanoseconds since the epoch minus nanoseconds since boot. */
  get offsetNs(): bigint {
    return this.#offsetNs;
  }

  /** Measures the offset anew: the wall clock may have been stepped. Of a few readings the closest pair is kept. */
  refresh(): void {
    let best = this.#read();
    for (let i = 0; i < 4; i++) {
      const reading = this.#read();
      if (reading.widthNs < best.widthNs) best = reading;
    }
    this.#offsetNs = best.wallNs - best.bootNs;
  }

  toEpochNs(bootNs: bigint): bigint {
    return bootNs + this.#offsetNs;
  }
}
