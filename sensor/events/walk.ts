import { BatchCursor, HEADER_SIZE, SHAPES } from './batch-cursor.js';
import type { RecordCursor } from './cursor.js';
import { KIND } from './layout.generated.js';

/** Why a record could not be decoded. */
export type DecodeFailure =
  /** Its size is impossible or passes the batch's end: what follows in this batch cannot be found. */
  | 'DECODE_TRUNCATED'
  /** No such kind in this build. */
  | 'DECODE_UNKNOWN_KIND'
  /** Smaller than the fixed part of its kind, or its strings pass its end. */
  | 'DECODE_BAD_LENGTH';

/** What a walk met so far. */
export interface WalkStats {
  /** Records handed on, by kind. */
  readonly delivered: Readonly<Float64Array>;
  /** Records skipped, by reason. */
  readonly failures: Readonly<Record<DecodeFailure, number>>;
}

/**
 * Walks batches, record by record. One bad record is skipped and counted by its code; it never throws.
 *
 * @remarks Hot path. The cursor is one object for all records.
 */
export class RecordWalk {
  readonly #cursor = new BatchCursor();
  readonly #delivered = new Float64Array(KIND.KIND_MAX);
  readonly #failures: Record<DecodeFailure, number> = {
    DECODE_TRUNCATED: 0,
    DECODE_UNKNOWN_KIND: 0,
    DECODE_BAD_LENGTH: 0,
  };

  /**
   * @param bytes - A batch, as `BatchHandler` gives it.
   * @param length - How much of it are records.
   * @param take - Called with the cursor on each sound record; what the cursor returns is valid until the call ends.
   */
  each(bytes: Uint8Array, length: number, take: (record: RecordCursor) => void): void {
    const cursor = this.#cursor;
    const delivered = this.#delivered;
    const failures = this.#failures;
    cursor.use(bytes);
    for (let at = 0; at < length;) {
      if (at + HEADER_SIZE > length) {
        failures.DECODE_TRUNCATED++;
        return;
      }
      cursor.move(at);
      const size = cursor.size;
      if (size < HEADER_SIZE || at + size > length) {
        failures.DECODE_TRUNCATED++;
        return;
      }
      at += (size + 7) & ~7;
      const shape = SHAPES[cursor.kind];
      if (shape === undefined) {
        failures.DECODE_UNKNOWN_KIND++;
      } else if (size < shape.fixed || !cursor.sound(shape)) {
        failures.DECODE_BAD_LENGTH++;
      } else {
        delivered[cursor.kind]!++;
        take(cursor);
      }
    }
  }

  /** A snapshot. */
  stats(): WalkStats {
    return { delivered: this.#delivered.slice(), failures: { ...this.#failures } };
  }
}
