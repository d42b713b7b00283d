/**
 * Takes one batch: whole records one after the other, each starting at a multiple of 8, causes before effects across all
 * rings. `bytes` is reused for the next batch: what must outlive the call is copied.
 *
 * @param bytes - The batch's memory; only the first `length` bytes are records.
 */
export type BatchHandler = (bytes: Uint8Array, length: number) => void;

/** What a source delivered so far. */
export interface SourceStats {
  readonly batches: number;
  readonly records: number;
  readonly bytes: number;
  /** Ring slots whose header names an impossible size: skipped by the reader. */
  readonly malformed: number;
}

/** Where batches of records come from: the live rings. A capture gives the same bytes (sensor/capture). */
export interface RecordSource {
  /** Begins to deliver; called once. The handler must not throw: what it throws ends the thread. */
  start(onBatch: BatchHandler): void;
  /** Hands over what waits now, at once. For tests, shutdown and reconciling after the scan. */
  drain(): void;
  /** Delivers nothing until `resume`; live rings keep filling meanwhile. */
  pause(): void;
  resume(): void;
  stats(): SourceStats;
  /** Ends delivery for good; calling it twice is fine. */
  close(): void;
}
