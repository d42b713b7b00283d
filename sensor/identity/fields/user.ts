import type { LiveEvent } from '../live-event.js';
import type { User } from '../users.js';
import { plain, type GetterTable, type LiveGetter } from './getter.js';
import { groupName, userName, userOf } from './param-text.js';

const UNSET = 0xffffffff;

/** Only with a process; ids come from the record, which knows of a setuid the table has not heard of. */
const known =
  (get: LiveGetter): LiveGetter =>
  (event) =>
    event.row < 0 ? null : get(event);

const listed = (event: LiveEvent): User | null => userOf(event, event.record.uid);

const gid = (event: LiveEvent): number =>
  event.threadCredentials()?.egid ?? event.processes.egid[event.row]!;

const loginUid = (event: LiveEvent): number => event.processes.loginuid[event.row]!;

export const USER_GETTERS: GetterTable = {
  'user.uid': plain(known((event) => event.record.uid)),
  'user.name': plain(known((event) => userName(event, event.record.uid))),
  'user.homedir': plain(
    known((event) => listed(event)?.home ?? (event.record.uid === 0 ? '/root' : '<NA>')),
  ),
  'user.shell': plain(known((event) => listed(event)?.shell ?? '<NA>')),
  'user.loginuid': plain(known((event) => (loginUid(event) === UNSET ? -1 : loginUid(event)))),
  'user.loginname': plain(
    known((event) => (loginUid(event) === UNSET ? '<NA>' : userName(event, loginUid(event)))),
  ),
  'group.gid': plain(known(gid)),
  'group.name': plain(known((event) => groupName(event, gid(event)))),
};
