import type { ByteString } from '../../core/index.js';
import { AT, EXE_FLAG } from '../../events/index.js';
import { capabilitiesText } from '../../lang/events/index.js';
import { argsText, commandLine, type Image } from '../image.js';
import type { LiveEvent } from '../live-event.js';
import type { ProcessTable } from '../process-table.js';
import { UNKNOWN_IMAGE } from '../process-tracker.js';
import { ANCESTOR_LIMIT, ancestorAt, groupLeader, sessionLeader } from './ancestors.js';
import { constant, plain, type GetterTable, type LiveGetter, type MakeGetter } from './getter.js';
import { wide } from './subject-row.js';

const TS = AT.header.ts_ns;

/** Reads something of one row. */
export type RowValue<T> = (table: ProcessTable, row: number) => T;

export const imageAt = (table: ProcessTable, row: number): Image =>
  table.image[row] ?? UNKNOWN_IMAGE;
const comm: RowValue<ByteString> = (table, row) => table.comm[row] ?? '';
const exe: RowValue<ByteString> = (table, row) => imageAt(table, row).exe;
const exePath: RowValue<ByteString> = (table, row) => imageAt(table, row).exePath;
/** Begins with the name the process had when its arguments were set: at exec, or when it was forked. */
const cmdline: RowValue<ByteString> = (table, row) => {
  const image = imageAt(table, row);
  const name = table.comm[row] ?? image.comm;
  return name === image.comm ? image.line : commandLine(name, image.args);
};
const pid: RowValue<number> = (table, row) => table.pid[row]!;

/** Of the event's own process. */
const own =
  (get: RowValue<ReturnType<LiveGetter>>): LiveGetter =>
  (event) =>
    event.row < 0 ? null : get(event.processes, event.row);

/** Of the parent; null when it is not known. */
const parent =
  (get: RowValue<ReturnType<LiveGetter>>): LiveGetter =>
  (event) => {
    if (event.row < 0) return null;
    const row = event.parent(event.row);
    return row < 0 ? null : get(event.processes, row);
  };

/** `[N]`: N levels up; bare: all ancestors, nearest first. No ancestor is the empty list: no comparison is true of it. */
function ancestors<T extends string | number>(get: RowValue<T>): MakeGetter {
  return ({ arg }) => {
    if (typeof arg === 'number')
      return (event) => {
        const row = ancestorAt(event, arg);
        return row < 0 ? null : get(event.processes, row);
      };
    return (event) => {
      if (event.row < 0) return null;
      const { processes } = event;
      const values: T[] = [];
      let row = event.parent(event.row);
      for (let level = 0; row >= 0 && level < ANCESTOR_LIMIT; level++) {
        values.push(get(processes, row));
        row = event.parent(row);
      }
      return values;
    };
  };
}

/** `[N]` as `proc.args[N]` N levels up is never asked for alone: the Nth ancestor's arguments, joined. */
const ancestorArgs: MakeGetter = ({ arg }) => {
  const all = ancestors((table, row) => imageAt(table, row).argsText)(
    { arg } as Parameters<MakeGetter>[0],
    'condition',
  );
  if (typeof arg === 'number') return all;
  return (event) => {
    const values = all(event);
    return Array.isArray(values) ? values.join(' ') : null;
  };
};

const args: MakeGetter = ({ arg }) => {
  if (typeof arg !== 'number') return own((table, row) => imageAt(table, row).argsText);
  return own((table, row) => imageAt(table, row).args?.split('\0')[arg] ?? '');
};

/** One variable; blanks around its value removed; '' if unset. */
function variable(env: ByteString | null, name: string): ByteString {
  const prefix = `${name}=`;
  for (const entry of env?.split('\0') ?? [])
    if (entry.startsWith(prefix)) return entry.slice(prefix.length).trim();
  return '';
}
const wholeEnv: RowValue<ByteString> = (table, row) => argsText(imageAt(table, row).env);

const env: MakeGetter = ({ arg }) => {
  if (arg === null || /^\d+$/.test(String(arg))) return own(wholeEnv);
  return own((table, row) => variable(imageAt(table, row).env, String(arg)));
};

/** How far up `proc.aenv` looks. */
const ENV_LEVELS = 20;

const ancestorEnv: MakeGetter = (use, place) => {
  const { arg } = use;
  if (typeof arg === 'string')
    return (event) => {
      if (event.row < 0) return null;
      const { processes } = event;
      let row = event.parent(event.row);
      for (let level = 0; row >= 0 && level < ENV_LEVELS; level++) {
        const value = variable(imageAt(processes, row).env, arg);
        if (value !== '') return value;
        row = event.parent(row);
      }
      return '';
    };
  if (place === 'output')
    return typeof arg === 'number' ? ancestors(wholeEnv)(use, place) : own(wholeEnv);
  const all = ancestors(wholeEnv)({ ...use, arg: null }, place);
  return (event) => {
    const values = all(event);
    return Array.isArray(values) ? values.slice(0, ENV_LEVELS) : values;
  };
};

const ancestorPid: MakeGetter = (use, place) =>
  use.arg === null && place === 'output' ? own(pid) : ancestors(pid)(use, place);

/** Of the leader of a session or process group; '' where there is none. */
const ofLeader =
  (find: (event: LiveEvent) => number, get: RowValue<ByteString>): LiveGetter =>
  (event) => {
    if (event.row < 0) return null;
    const row = find(event);
    return row < 0 ? '' : get(event.processes, row);
  };
const byPgid = (event: LiveEvent): number => groupLeader(event, event.processes.pgid, true);
const byVpgid = (event: LiveEvent): number => groupLeader(event, event.processes.vpgid, false);

/** Nanoseconds from a row's start to the event. */
function age(event: LiveEvent, row: number): number {
  const { startLow, startHigh } = event.processes;
  const { record } = event;
  return (record.u32(TS + 4) - startHigh[row]!) * 2 ** 32 + (record.u32(TS) - startLow[row]!);
}

/** When a row's process was created, nanoseconds since the epoch. */
function createdNs(event: LiveEvent, row: number): bigint {
  const { startLow, startHigh } = event.processes;
  return wide(startLow[row]!, startHigh[row]!) + event.clock.offsetNs;
}

/** Inode number of the initial pid namespace (PROC_PID_INIT_INO, include/linux/proc_ns.h). */
export const HOST_PID_NS = 0xeffffffc;

/** Start of the pid namespace, nanoseconds since the epoch: boot on the host. Null if not known. */
export function pidnsStartNs(event: LiveEvent): bigint | null {
  if (event.row < 0) return null;
  const { pidnsStartLow, pidnsStartHigh, pidNs } = event.processes;
  const start = wide(pidnsStartLow[event.row]!, pidnsStartHigh[event.row]!);
  if (start === 0n && pidNs[event.row] === 0) return null; // no record told
  if (pidNs[event.row] === HOST_PID_NS) return event.clock.offsetNs; // its init comes a moment later
  return start + event.clock.offsetNs;
}

const withParent =
  (get: (event: LiveEvent, row: number) => ReturnType<LiveGetter>): LiveGetter =>
  (event) => {
    if (event.row < 0) return null;
    const row = event.parent(event.row);
    return row < 0 ? null : get(event, row);
  };

const exeFlag = (flag: number): LiveGetter =>
  own((table, row) => (imageAt(table, row).exeFlags & flag) !== 0);

/** Shells by their name's end, as Falco tells them: "sh" at the end, so sshd is none and push is one. */
const loginShell: LiveGetter = (event) => {
  if (event.row < 0) return null;
  const { processes } = event;
  let found: number | null = null;
  let row = event.row;
  for (let level = 0; row >= 0 && level < ANCESTOR_LIMIT; level++) {
    if (comm(processes, row).endsWith('sh')) found = processes.pid[row]!;
    row = event.parent(row);
  }
  return found;
};

const capabilities =
  (name: 'capPermitted' | 'capInheritable' | 'capEffective'): LiveGetter =>
  (event) => {
    const { processes, row } = event;
    if (row < 0) return null;
    const thread = event.threadCredentials();
    if (thread) return capabilitiesText(...thread[name]);
    return capabilitiesText(processes[name][2 * row]!, processes[name][2 * row + 1]!);
  };

/** 0 in a row built without kernel records: not known. */
const vpid: RowValue<number | null> = (table, row) => table.vpid[row]! || null;

const imageTime = (read: (image: Image) => bigint): LiveGetter =>
  own((table, row) => {
    const time = read(imageAt(table, row));
    return time === 0n ? null : time;
  });

export const PROCESS_GETTERS: GetterTable = {
  'proc.name': plain(own(comm)),
  'proc.exe': plain(own(exe)),
  'proc.exepath': plain(own(exePath)),
  'proc.cmdline': plain(own(cmdline)),
  'proc.pname': plain(parent(comm)),
  'proc.pexe': plain(parent(exe)),
  'proc.pexepath': plain(parent(exePath)),
  'proc.pcmdline': plain(parent(cmdline)),
  'proc.aname': ancestors(comm),
  'proc.aexe': ancestors(exe),
  'proc.aexepath': ancestors(exePath),
  'proc.acmdline': ancestors(cmdline),
  'proc.apid': ancestorPid,
  'proc.aargs': ancestorArgs,
  'proc.aenv': ancestorEnv,
  'proc.args': args,
  'proc.env': env,
  'proc.cmdnargs': plain(own((table, row) => imageAt(table, row).args?.split('\0').length ?? 0)),
  'proc.cmdlenargs': plain(
    own((table, row) => imageAt(table, row).args?.replaceAll('\0', '').length ?? 0),
  ),
  'proc.exeline': plain(own((table, row) => `${exe(table, row)} ${imageAt(table, row).argsText}`)),
  'proc.cwd': plain(own(workingDirectory)),
  'proc.loginshellid': plain(loginShell),
  'proc.tty': plain(own((table, row) => table.tty[row]!)),
  'proc.pid': plain(own(pid)),
  'proc.ppid': plain(parent(pid)),
  'proc.vpid': plain(own(vpid)),
  'proc.pvpid': plain(parent(vpid)),
  'proc.sid': plain(own((table, row) => table.sid[row]!)),
  'proc.sname': plain(ofLeader(sessionLeader, comm)),
  'proc.sid.exe': plain(ofLeader(sessionLeader, exe)),
  'proc.sid.exepath': plain(ofLeader(sessionLeader, exePath)),
  'proc.vpgid': plain(own((table, row) => table.vpgid[row]!)),
  'proc.vpgid.name': plain(ofLeader(byVpgid, comm)),
  'proc.vpgid.exe': plain(ofLeader(byVpgid, exe)),
  'proc.vpgid.exepath': plain(ofLeader(byVpgid, exePath)),
  'proc.pgid': plain(own((table, row) => table.pgid[row]!)),
  'proc.pgid.name': plain(ofLeader(byPgid, comm)),
  'proc.pgid.exe': plain(ofLeader(byPgid, exe)),
  'proc.pgid.exepath': plain(ofLeader(byPgid, exePath)),
  'proc.is_sid_leader': plain(own((table, row) => table.sid[row] === table.pid[row])),
  'proc.is_vpgid_leader': plain(own((table, row) => table.vpgid[row] === table.vpid[row])),
  'proc.is_pgid_leader': plain(own((table, row) => table.pgid[row] === table.pid[row])),
  'proc.duration': plain((event) => (event.row < 0 ? null : age(event, event.row))),
  'proc.ppid.duration': plain(withParent(age)),
  'proc.pid.ts': plain((event) => (event.row < 0 ? null : createdNs(event, event.row))),
  'proc.ppid.ts': plain(withParent(createdNs)),
  'proc.is_exe_writable': plain(exeFlag(EXE_FLAG.WRITABLE)),
  'proc.is_exe_upper_layer': plain(exeFlag(EXE_FLAG.UPPER_LAYER)),
  'proc.is_exe_lower_layer': plain(exeFlag(EXE_FLAG.LOWER_LAYER)),
  'proc.is_exe_from_memfd': plain(exeFlag(EXE_FLAG.MEMFD)),
  'proc.exe_ino': plain(own((table, row) => imageAt(table, row).exeIno || null)),
  'proc.exe_ino.ctime': plain(imageTime((image) => image.ctimeNs)),
  'proc.exe_ino.mtime': plain(imageTime((image) => image.mtimeNs)),
  'proc.exe_ino.ctime_duration_proc_start': plain((event) => {
    if (event.row < 0) return null;
    const changed = imageAt(event.processes, event.row).ctimeNs;
    return changed === 0n ? null : BigInt.asUintN(64, createdNs(event, event.row) - changed);
  }),
  'proc.exe_ino.ctime_duration_pidns_start': plain((event) => {
    const start = pidnsStartNs(event);
    if (start === null) return null;
    const passed = imageAt(event.processes, event.row).ctimeNs - start;
    return passed > 0n ? passed : null;
  }),
  'proc.pidns_init_start_ts': plain(pidnsStartNs),
  'thread.cap_permitted': plain(capabilities('capPermitted')),
  'thread.cap_inheritable': plain(capabilities('capInheritable')),
  'thread.cap_effective': plain(capabilities('capEffective')),
  'thread.tid': plain((event) => event.record.tid),
  'thread.ismain': plain((event) =>
    event.row < 0 ? null : event.record.tid === event.record.tgid,
  ),
  'thread.vtid': plain((event) =>
    event.row < 0 || event.record.tid !== event.record.tgid
      ? null
      : vpid(event.processes, event.row),
  ),
  'thread.nametid': plain((event) =>
    event.row < 0 ? null : `${comm(event.processes, event.row)}${event.record.tid}`,
  ),
  'thread.exectime': constant(0),
  'thread.totexectime': plain(own(() => 0)),
};

function workingDirectory(table: ProcessTable, row: number): ByteString {
  const cwd = table.cwd[row];
  if (cwd === null || cwd === undefined) return './';
  return cwd.endsWith('/') ? cwd : `${cwd}/`;
}
