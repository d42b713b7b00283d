/**
 * Turns boot-clock nanoseconds of records into wall-clock nanoseconds.
 *
 * @remarks The offset is measured anew by `refresh()` (the wall clock may be stepped); both clocks are read together, and the
 * closest of a few readings is kept.
 */
export interface WallClock {
  /** Nanoseconds since the epoch minus nanoseconds since boot (suspend included). */
  readonly offsetNs: bigint;
}
