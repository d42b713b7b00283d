import type { ByteString } from '../../core/index.js';
import { AT, EXE_FLAG, FILE_FLAG, KIND, STRING } from '../../events/index.js';
import {
  EVENTS,
  eventTypeId,
  openMode,
  resolveBits,
  type ParamDef,
} from '../../lang/events/index.js';
import { splitArgs } from '../image.js';
import type { LiveEvent } from '../live-event.js';
import { returnValue } from './calls.js';
import { claimedPath, eventOpenFlags } from './file.js';
import type { LiveGetter, MakeGetter } from './getter.js';
import { rawText, resolvedText, type ParamValue } from './param-text.js';
import { pidnsStartNs } from './process.js';
import { imageOf, wide } from './subject-row.js';
import { socketName } from './socket.js';

type Read = (event: LiveEvent) => ParamValue;
type Reads = Readonly<Record<string, Read>>;

const OPEN = AT.file_open;
const NET = AT.net_call;
const EXIT = AT.process_exit;
const FAILED = STRING.process_exec_failed;

/** A column of the process's row; null without a row. */
const column =
  (read: (event: LiveEvent, row: number) => ParamValue): Read =>
  (event) =>
    event.row < 0 ? null : read(event, event.row);

const PROCESS: Reads = {
  tid: (event) => event.record.tid,
  pid: (event) => event.record.tgid,
  ptid: column((event, row) => event.processes.parentPid[row]!),
  cwd: column((event, row) => event.processes.cwd[row]!),
  comm: column((event, row) => event.processes.comm[row]!),
  uid: (event) => event.record.uid,
  gid: column((event, row) => event.processes.egid[row]!),
  vpid: column((event, row) => event.processes.vpid[row]!),
  vtid: column((event, row) => event.processes.vpid[row]!),
  pidns_init_start_ts: pidnsStartNs,
};

/** The event's own words: of a failed exec the caller's, else those of the program that runs. */
function execArgs(event: LiveEvent): { exe: ByteString | null; args: ByteString | null } {
  if (event.kind !== KIND.PROCESS_EXEC_FAILED) {
    const image = imageOf(event);
    return { exe: image?.exe ?? null, args: image?.args ?? null };
  }
  const raw = event.record.string(FAILED.args);
  return raw === null ? { exe: null, args: null } : splitArgs(raw);
}

/** `enum saker_exe_flag` in the event's numbering. */
function exeFlags(event: LiveEvent): number | null {
  const flags = imageOf(event)?.exeFlags;
  if (flags === undefined) return null;
  return (
    (flags & EXE_FLAG.WRITABLE ? 1 : 0) |
    (flags & EXE_FLAG.UPPER_LAYER ? 2 : 0) |
    (flags & EXE_FLAG.MEMFD ? 4 : 0) |
    (flags & EXE_FLAG.LOWER_LAYER ? 8 : 0)
  );
}

const capability = (name: 'capInheritable' | 'capPermitted' | 'capEffective'): Read =>
  column((event, row) => {
    const halves = event.processes[name];
    return wide(halves[2 * row]!, halves[2 * row + 1]!);
  });

const EXEC: Reads = {
  ...PROCESS,
  res: returnValue,
  exe: (event) => execArgs(event).exe,
  args: (event) => execArgs(event).args,
  env: (event) => imageOf(event)?.env ?? null,
  tty: column((event, row) => event.processes.tty[row]!),
  vpgid: column((event, row) => event.processes.vpgid[row]!),
  pgid: column((event, row) => event.processes.pgid[row]!),
  loginuid: column((event, row) => event.processes.loginuid[row]!),
  flags: exeFlags,
  cap_inheritable: capability('capInheritable'),
  cap_permitted: capability('capPermitted'),
  cap_effective: capability('capEffective'),
  exe_ino: (event) => imageOf(event)?.exeIno ?? null,
  exe_ino_ctime: (event) => imageOf(event)?.ctimeNs ?? null,
  exe_ino_mtime: (event) => imageOf(event)?.mtimeNs ?? null,
  trusted_exepath: (event) => imageOf(event)?.exePath ?? null,
  filename: (event) =>
    event.kind === KIND.PROCESS_EXEC_FAILED
      ? event.record.string(FAILED.filename)
      : (imageOf(event)?.filename ?? null),
};

const FORK: Reads = {
  ...PROCESS,
  res: returnValue,
  exe: (event) => imageOf(event)?.exe ?? null,
  args: (event) => imageOf(event)?.args ?? null,
};

const exitCode = (event: LiveEvent): number => event.record.u32(EXIT.exit_code);
const PROCEXIT: Reads = {
  status: exitCode,
  ret: (event) => (exitCode(event) >> 8) & 0xff,
  sig: (event) => exitCode(event) & 0x7f,
  core: (event) => (exitCode(event) >> 7) & 1,
  reaper_tid: (event) => event.record.u32(EXIT.reaper_tgid),
};

const FILE: Reads = {
  fd: (event) => event.record.i64(OPEN.ret),
  dirfd: (event) => event.record.i32(OPEN.dirfd),
  name: claimedPath,
  flags: eventOpenFlags,
  mode: (event) => openMode(event.record.u32(OPEN.open_flags), event.record.u32(OPEN.mode)),
  resolve: (event) => resolveBits(event.record.u32(OPEN.resolve)),
  dev: (event) => event.record.u32(OPEN.dev),
  ino: (event) => event.record.u64(OPEN.ino),
};
const CREAT: Reads = {
  ...FILE,
  mode: (event) => event.record.u32(OPEN.mode),
  creat_flags: (event) => {
    const flags = event.record.u32(OPEN.file_flags);
    return (flags & FILE_FLAG.UPPER_LAYER ? 1 : 0) | (flags & FILE_FLAG.LOWER_LAYER ? 2 : 0);
  },
};

const fd: Read = (event) => event.record.i32(NET.fd);
const tuple: Read = (event) => socketName(event) || null;
const SEND: Reads = {
  res: returnValue,
  fd,
  size: (event) => event.record.u64(NET.bytes),
  tuple,
};
/** Addresses are rendered from the record: the value only says there is one. */
const address: Read = (event) => event.record.u16(NET.addr_family) || null;
const CONNECT: Reads = { res: returnValue, tuple, fd, addr: address };
const BIND: Reads = { res: returnValue, addr: address, fd };

const READS: Readonly<Record<string, Reads>> = {
  execve: EXEC,
  execveat: EXEC,
  clone: FORK,
  clone3: FORK,
  fork: FORK,
  vfork: FORK,
  procexit: PROCEXIT,
  open: FILE,
  openat: FILE,
  openat2: FILE,
  creat: CREAT,
  connect: CONNECT,
  bind: BIND,
  sendto: SEND,
  sendmsg: SEND,
  sendmmsg: SEND,
};

interface Param {
  readonly def: ParamDef;
  /** Null for what is not captured: such a parameter is missing, as in an event whose sender had no room for it. */
  readonly read: Read | null;
}

/** Parameters of each event type in schema order, by dense id; undefined for types we never see. */
const PARAMS: readonly (readonly Param[] | undefined)[] = EVENTS.map((event) => {
  const reads = READS[event.name];
  return reads && event.params.map((def) => ({ def, read: reads[def.name] ?? null }));
});

function textOf(event: LiveEvent, param: Param): string {
  const value = param.read === null ? null : param.read(event);
  return resolvedText(event, param.def, value) ?? rawText(event, param.def, value);
}

/** Selects a parameter by name or position; null for an event that has none such. */
function selector(arg: string | number | null): (event: LiveEvent) => Param | null {
  const byType = PARAMS.map((params) =>
    typeof arg === 'number' ? params?.[arg] : params?.find((param) => param.def.name === arg),
  );
  return (event) => byType[event.type] ?? null;
}

/** `evt.arg.NAME`, `evt.arg[N]`: the resolved text if there is one, else the raw one. */
export const argumentGetter: MakeGetter = ({ arg }) => {
  const select = selector(arg);
  return (event) => {
    const param = select(event);
    return param === null ? null : textOf(event, param);
  };
};

/** `evt.rawarg.NAME`: the value itself. */
export const rawArgumentGetter: MakeGetter = ({ arg }) => {
  const select = selector(arg);
  return (event) => {
    const param = select(event);
    const value = param?.read ? param.read(event) : null;
    if (value === '') return null;
    if (param?.def.type === 'sockaddr') return rawText(event, param.def, value);
    return value;
  };
};

/** `evt.args`: name=raw, or name=raw(resolved), blank-joined. */
export const argsText: LiveGetter = (event) => {
  const params = PARAMS[event.type];
  if (!params) return '';
  let text = '';
  for (const { def, read } of params) {
    const value = read === null ? null : read(event);
    const resolved = resolvedText(event, def, value);
    const raw = rawText(event, def, value);
    text += `${text === '' ? '' : ' '}${def.name}=${raw}${resolved === null ? '' : `(${resolved})`}`;
  }
  return text;
};

/** Types this build has parameters for, for tests and documentation. */
export const TYPES_WITH_PARAMS: readonly number[] = Object.keys(READS).map(eventTypeId);
