import { AT } from '../events/index.js';
import { toText } from '../core/index.js';
import type { AlertSubject } from '../spool/alert.js';
import type { LiveEvent } from './live-event.js';

/** What an alert about the current event is about. */
export function subjectOf(event: LiveEvent): AlertSubject {
  const exePath = event.row < 0 ? '' : (event.processes.image[event.row]?.exePath ?? '');
  const group = event.cgroup();
  return {
    pid: event.record.tgid,
    startNs: event.record.big(AT.header.start_ns).toString(),
    exe: exePath === '' ? null : toText(exePath),
    containerId: group?.container?.fullId ?? null,
    podUid: group?.podUid ?? null,
  };
}
