import type { Priority } from '../lang/ir.js';
import type { NewAlert } from './alert.js';

/** Tells that alerts were dropped by the spool. */
export const LOSS_RULE = 'saker: alerts dropped';
/** Tells that events were lost before any rule could judge them. */
export const EVENTS_LOST_RULE = 'saker: events lost';

/** An alert of the sensor about itself: no rule file has it, it has no subject and no tags. @param fields - Sorted here. */
export function internalAlert(
  rule: string,
  priority: Priority,
  fields: Readonly<Record<string, string | number>>,
  nowMs = Date.now(),
): NewAlert {
  const sorted = Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    timeNs: `${nowMs}000000`,
    kind: 'internal',
    rule,
    priority,
    source: 'internal',
    tags: [],
    message: rule,
    fields: JSON.stringify(Object.fromEntries(sorted)),
    generation: 0,
    subject: null,
  };
}
