import type { Image } from '../image.js';
import type { LiveEvent } from '../live-event.js';
import { UNKNOWN_IMAGE } from '../process-tracker.js';

/** Program of the event's process: a placeholder if it could not be learnt, null without a process. */
export function imageOf(event: LiveEvent): Image | null {
  return event.row < 0 ? null : (event.processes.image[event.row] ?? UNKNOWN_IMAGE);
}

/** Two halves as one number. Allocates. */
export function wide(low: number, high: number): bigint {
  return (BigInt(high) << 32n) | BigInt(low);
}
