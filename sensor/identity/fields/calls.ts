import { AT, KIND } from '../../events/index.js';
import { EVENTS, eventTypeId } from '../../lang/events/index.js';
import type { LiveEvent } from '../live-event.js';

export const EINPROGRESS = 115;
export const AT_FDCWD = -100;

/** Ids of the types that fields ask about by name. */
export const TYPE = {
  open: eventTypeId('open'),
  openat: eventTypeId('openat'),
  openat2: eventTypeId('openat2'),
  creat: eventTypeId('creat'),
  procexit: eventTypeId('procexit'),
} as const;

/** Is the event a system call? procexit is a tracepoint. By dense id. */
export const IS_SYSCALL: readonly boolean[] = EVENTS.map((event) => event.category === 'syscall');

/** Return value: descriptor, bytes or -errno; null for events that have none (procexit). */
export function returnValue(event: LiveEvent): number | null {
  switch (event.kind) {
    case KIND.FILE_OPEN:
      return event.record.i64(AT.file_open.ret);
    case KIND.NET_CONNECT:
    case KIND.NET_SEND:
    case KIND.NET_BIND:
      return event.record.i64(AT.net_call.ret);
    case KIND.PROCESS_EXEC_FAILED:
      return event.record.i64(AT.process_exec_failed.ret);
    case KIND.PROCESS_EXEC:
    case KIND.PROCESS_FORK: // the child's return; the parent's own is the same call
      return 0;
    default:
      return null;
  }
}
