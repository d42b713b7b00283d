import { addressText, dateAndTime } from '../../core/index.js';
import { AT, KIND, STRING } from '../../events/index.js';
import {
  enumNames,
  errnoName,
  flagNames,
  signalName,
  type ParamDef,
} from '../../lang/events/index.js';
import type { LiveEvent } from '../live-event.js';
import type { User } from '../users.js';
import { AT_FDCWD } from './calls.js';
import { absolutePath, baseOf, fileName, hasFile, isDirectory } from './file.js';
import { joinPath } from './path-text.js';
import {
  hasSocket,
  localAddress,
  localPort,
  remoteAddress,
  remotePort,
  socketName,
  socketType,
  transport,
} from './socket.js';

/** Value of a parameter before it is text; null: missing. */
export type ParamValue = number | bigint | string | null;

const NOBODY = 0xffffffff;
const NET = AT.net_call;

/** A missing parameter is a text too: `evt.arg.x exists` is true of it. */
function missingText(type: string): string {
  switch (type) {
    case 'bytebuf':
    case 'socktuple':
    case 'fdlist':
    case 'dyn':
      return 'NULL';
    default:
      return '<NA>';
  }
}

/** A parameter unresolved, as text (falco-fields §1.3). */
export function rawText(event: LiveEvent, def: ParamDef, value: ParamValue): string {
  if (value === null) return missingText(def.type);
  switch (def.type) {
    case 'sockaddr':
      return addressArgument(event);
    case 'bytebuf':
      return String(value).replace(/[^\x20-\x7e]/g, '.');
    case 'uid':
    case 'gid':
      return value === NOBODY ? '-1' : String(value);
    case 'abstime':
      return dateAndTime(BigInt(value), true);
    case 'mode':
      return octal(value);
    default:
      if (typeof value === 'string') return value;
      if (def.type.startsWith('flags') || def.type.startsWith('enumflags')) return String(value);
      if (def.format === 'oct') return octal(value);
      return def.format === 'hex' ? value.toString(16).toUpperCase() : String(value);
  }
}

/** A parameter resolved to what it stands for, or null where there is no such form. */
export function resolvedText(event: LiveEvent, def: ParamDef, value: ParamValue): string | null {
  if (value === null) return null;
  if (typeof value === 'string') return resolvedPath(event, def, value);
  const number = Number(value);
  if (def.type.startsWith('enumflags')) return def.flags && enumNames(def.flags, number);
  if (def.type.startsWith('flags')) return def.flags && flagNames(def.flags, number);
  switch (def.type) {
    case 'fd':
      return descriptorText(event, def.name, number);
    case 'pid':
      return commOf(event, number);
    case 'errno':
      return number < 0 ? errnoName(-number) : null;
    case 'uid':
      return number === NOBODY ? '<NONE>' : userName(event, number);
    case 'gid':
      return number === NOBODY ? '<NONE>' : groupName(event, number);
    case 'sigtype':
      return signalName(number);
    case 'mode':
      if (number === 0) return '0';
      return def.flags && flagNames(def.flags, number);
    default:
      return null;
  }
}

function octal(value: number | bigint | string): string {
  return Number(value) === 0 ? '0' : `0${Number(value).toString(8)}`;
}

function resolvedPath(event: LiveEvent, def: ParamDef, value: string): string | null {
  if (def.type !== 'fspath' && def.type !== 'fsrelpath') return null;
  if (value.startsWith('/') || event.row < 0) return null;
  if (event.kind === KIND.FILE_OPEN) return absolutePath(event);
  return joinPath(event.processes.cwd[event.row] ?? null, value);
}

/** `<f>/etc/hosts`, `<4t>10.0.0.1:5000->10.0.0.2:443`, AT_FDCWD, the name of an error; null for a number nobody knows. */
function descriptorText(event: LiveEvent, name: string, fd: number): string | null {
  if (fd === AT_FDCWD) return 'AT_FDCWD';
  if (fd < 0) return errnoName(-fd);
  if (event.kind === KIND.FILE_OPEN) {
    if (name !== 'fd') {
      const base = baseOf(event);
      return base === null ? null : `<d>${base}`;
    }
    return hasFile(event) ? `<${isDirectory(event) ? 'd' : 'f'}>${fileName(event) ?? ''}` : null;
  }
  if (!hasSocket(event)) return null;
  return `<${socketType(event).char}${protocolLetter(transport(event))}>${socketName(event)}`;
}

function protocolLetter(protocol: string): string {
  return protocol === '<NA>' ? '' : protocol.slice(0, 1);
}

function commOf(event: LiveEvent, pid: number): string | null {
  const row = event.processes.newest(pid);
  return row < 0 ? null : event.processes.comm[row]!;
}

function addressArgument(event: LiveEvent): string {
  const { record } = event;
  const family = record.u16(NET.addr_family);
  const bind = event.kind === KIND.NET_BIND;
  switch (family) {
    case 1:
      return record.string(STRING.net_call.unix_path) ?? '';
    case 2:
    case 10:
      return bind
        ? `${addressText(localAddress(event))}:${localPort(event)}`
        : `${addressText(remoteAddress(event))}:${remotePort(event)}`;
    default:
      return `family ${family}`;
  }
}

/** User of an id: the host's, or the container's own; null where it is not listed. */
export function userOf(event: LiveEvent, uid: number): User | null {
  if (!event.inContainer()) return event.users.user(uid);
  return event.containerFacts()?.users.find(([id]) => id === uid)?.[1] ?? null;
}

export function userName(event: LiveEvent, uid: number): string {
  return userOf(event, uid)?.name ?? (uid === 0 ? 'root' : '<NA>');
}

export function groupName(event: LiveEvent, gid: number): string {
  const listed = event.inContainer()
    ? event.containerFacts()?.groups.find(([id]) => id === gid)?.[1]
    : event.users.group(gid);
  return listed ?? (gid === 0 ? 'root' : '<NA>');
}
