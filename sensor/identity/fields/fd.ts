import type { ByteString } from '../../core/index.js';
import { AT, FILE_FLAG, FLAG, KIND, STRING } from '../../events/index.js';
import type { LiveEvent } from '../live-event.js';
import { EINPROGRESS, TYPE } from './calls.js';
import { fileName, fileNameRaw, hasFile, isDirectory, isOpen } from './file.js';
import { plain, type GetterTable, type LiveGetter } from './getter.js';
import { directoryOf, filenameOf } from './path-text.js';
import {
  clientAddress,
  clientPort,
  hasRole,
  hasSocket,
  hasTuple,
  isBound,
  isIp,
  isServer,
  isSocket,
  isUnix,
  isVerdict,
  localAddress,
  localPort,
  remoteAddress,
  remotePort,
  serverAddress,
  serverPort,
  socketName,
  socketType,
  transport,
} from './socket.js';

const OPEN = AT.file_open;
const NET = AT.net_call;

/** Something that has the fields of a socket, whether or not it has a descriptor. */
const hasEnds = (event: LiveEvent): boolean => hasSocket(event) || isVerdict(event);

/** A descriptor with something behind it: Falco's "fd record". */
const hasRecord = (event: LiveEvent): boolean => hasFile(event) || hasEnds(event);

/** Only where `hasRecord`; null elsewhere. */
const known =
  (get: LiveGetter): LiveGetter =>
  (event) =>
    hasRecord(event) ? get(event) : null;

function number(event: LiveEvent): number | null {
  if (isOpen(event)) return Math.max(event.record.i64(OPEN.ret), -1);
  return isSocket(event) ? event.record.i32(NET.fd) : null;
}

function type(event: LiveEvent): string | null {
  if (hasFile(event)) return isDirectory(event) ? 'directory' : 'file';
  return hasEnds(event) ? socketType(event).word : null;
}

function typeChar(event: LiveEvent): string | null {
  if (hasFile(event)) return isDirectory(event) ? 'd' : 'f';
  if (hasEnds(event)) return socketType(event).char;
  // A failed call has no thing to look at: the letter is a guess by the call, and for open an odd one.
  if (isOpen(event)) return event.type === TYPE.open ? 'o' : 'f';
  return isSocket(event) ? 'o' : null;
}

function name(event: LiveEvent): ByteString | null {
  if (isOpen(event)) return fileName(event);
  if (hasEnds(event)) return socketName(event);
  return isSocket(event) ? nameWithoutSocket(event) : null;
}

/** Falco shows the parameter, and of a missing tuple the word for it. */
const nameWithoutSocket = (event: LiveEvent): string =>
  event.kind === KIND.NET_CONNECT ? 'NULL' : '';

function nameRaw(event: LiveEvent): ByteString | null {
  if (isOpen(event)) return fileNameRaw(event);
  if (hasSocket(event)) return '';
  return isSocket(event) ? nameWithoutSocket(event) : null;
}

function directory(event: LiveEvent): ByteString | null {
  if (isSocket(event) && !hasSocket(event)) return directoryOf(nameWithoutSocket(event));
  if (!isOpen(event)) return null;
  const path = fileName(event);
  if (path === null) return null;
  return hasFile(event) && isDirectory(event) ? path : directoryOf(path);
}

function filename(event: LiveEvent): ByteString | null {
  if (!hasFile(event) || isDirectory(event)) return null;
  const path = fileName(event);
  return path === null ? null : filenameOf(path);
}

const realpath = (event: LiveEvent): ByteString | null =>
  isOpen(event) ? event.record.string(STRING.file_open.path) : null;

/** Both ends, or the one of a bound socket; an empty list with any other descriptor: `exists` is true of a file, too. */
const addresses: LiveGetter = (event) => {
  if (hasTuple(event)) return [localAddress(event), remoteAddress(event)];
  if (isBound(event)) return [localAddress(event)];
  return hasRecord(event) ? [] : null;
};
const ports: LiveGetter = (event) => {
  if (hasTuple(event)) return [localPort(event), remotePort(event)];
  if (isBound(event)) return [localPort(event)];
  return hasRecord(event) ? [] : null;
};

/** The kernel says which end is ours: exact where Falco compares with the addresses it knows. */
const localIp: LiveGetter = (event) => (hasTuple(event) ? localAddress(event) : null);
const remoteIp: LiveGetter = (event) => (hasTuple(event) ? remoteAddress(event) : null);
const localPortOf: LiveGetter = (event) => (hasTuple(event) ? localPort(event) : null);
const remotePortOf: LiveGetter = (event) => (hasTuple(event) ? remotePort(event) : null);

const portText =
  (port: (event: LiveEvent) => number | null): LiveGetter =>
  (event) => {
    const value = port(event);
    return value === null ? null : String(value);
  };

/** Falco has names of services off: the port; "" for an end that a socket with a role does not have. */
const clientService: LiveGetter = (event) => {
  const port = clientPort(event);
  if (port !== null) return String(port);
  return hasRole(event) && (isBound(event) || !isIp(event)) ? '' : null;
};
const serverService: LiveGetter = (event) => {
  if (isBound(event)) return '';
  const port = serverPort(event);
  return port === null ? null : String(port);
};

function connected(event: LiveEvent): boolean | null {
  if (!hasSocket(event)) return hasFile(event) ? false : null;
  const ret = event.record.i64(NET.ret);
  switch (event.kind) {
    case KIND.NET_CONNECT:
      return ret === 0 || ret === -EINPROGRESS || event.record.u16(NET.state) === TCP_ESTABLISHED;
    case KIND.NET_SEND:
      return (ret >= 0 && hasTuple(event)) || event.record.u16(NET.state) === TCP_ESTABLISHED;
    default:
      return false;
  }
}
const TCP_ESTABLISHED = 1;

const nameChanged: LiveGetter = (event) => {
  if (hasSocket(event)) return event.sockets.nameChanged;
  return hasFile(event) ? true : null;
};

/** Null where the event has no descriptor at all; the id of the host is empty here. */
const inContainer =
  (get: (event: LiveEvent) => ByteString | null): LiveGetter =>
  (event) => {
    const text = get(event);
    return text === null ? null : `${event.cgroup()?.container?.id ?? ''}:${text}`;
  };

/** 0 for what is not a file, as for descriptor 0; of io_uring 0 may stand for a number that is not known. */
const device = (event: LiveEvent): number =>
  hasFile(event) && (event.record.i64(OPEN.ret) !== 0 || (event.record.flags & FLAG.IO_URING) !== 0)
    ? event.record.u32(OPEN.dev)
    : 0;

const fileFlag = (flag: number): LiveGetter =>
  known((event) => isOpen(event) && (event.record.u32(OPEN.file_flags) & flag) !== 0);

export const FD_GETTERS: GetterTable = {
  'fd.num': plain(number),
  'fd.type': plain(type),
  'fd.typechar': plain(typeChar),
  'fd.name': plain(name),
  'fd.nameraw': plain(nameRaw),
  'fd.directory': plain(directory),
  'fd.filename': plain(filename),
  'fd.realpath': plain(realpath),
  'fd.ip': plain(addresses),
  'fd.net': plain(addresses),
  'fd.cip': plain(clientAddress),
  'fd.cnet': plain(clientAddress),
  'fd.sip': plain(serverAddress),
  'fd.snet': plain(serverAddress),
  'fd.lip': plain(localIp),
  'fd.lnet': plain(localIp),
  'fd.rip': plain(remoteIp),
  'fd.rnet': plain(remoteIp),
  'fd.port': plain(ports),
  'fd.proto': plain(ports),
  'fd.cport': plain(clientPort),
  'fd.sport': plain(serverPort),
  'fd.lport': plain(localPortOf),
  'fd.rport': plain(remotePortOf),
  'fd.cproto': plain(clientService),
  'fd.sproto': plain(serverService),
  'fd.lproto': plain(portText((event) => localPortOf(event) as number | null)),
  'fd.rproto': plain(portText((event) => remotePortOf(event) as number | null)),
  'fd.l4proto': plain(known(transport)),
  'fd.sockfamily': plain((event) => (isIp(event) ? 'ip' : isUnix(event) ? 'unix' : null)),
  'fd.is_server': plain(known(isServer)),
  'fd.uid': plain((event) => {
    const fd = number(event);
    return fd === null ? null : `${event.record.tid}${fd}`;
  }),
  'fd.containername': plain(inContainer(name)),
  'fd.containerdirectory': plain(inContainer(directory)),
  'fd.connected': plain(connected),
  'fd.name_changed': plain(nameChanged),
  'fd.dev': plain(known(device)),
  'fd.dev.major': plain(known((event) => (device(event) >> 8) & 0xfff)),
  'fd.dev.minor': plain(
    known((event) => (device(event) & 0xff) | ((device(event) >>> 12) & 0xfff00)),
  ),
  'fd.ino': plain(known((event) => (isOpen(event) ? event.record.u64(OPEN.ino) : 0))),
  'fd.is_upper_layer': plain(fileFlag(FILE_FLAG.UPPER_LAYER)),
  'fd.is_lower_layer': plain(fileFlag(FILE_FLAG.LOWER_LAYER)),
};
