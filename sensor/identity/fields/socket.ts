import { addressText, isUnspecified, type Address, type ByteString } from '../../core/index.js';
import { AT, KIND, STRING } from '../../events/index.js';
import type { LiveEvent } from '../live-event.js';
import { ROLE } from '../socket-memory.js';
import { readAddress } from './address.js';

const NET = AT.net_call;
const VERDICT = AT.net_verdict;

const AF_UNIX = 1;
const AF_INET = 2;
const AF_INET6 = 10;
const AF_NETLINK = 16;
const SOCK_STREAM = 1;
const SOCK_DGRAM = 2;
const SOCK_RAW = 3;
const IPPROTO_ICMP = 1;
const IPPROTO_TCP = 6;
const IPPROTO_UDP = 17;
const IPPROTO_ICMPV6 = 58;

/** A call on a socket. */
export const isSocket = (event: LiveEvent): boolean =>
  event.kind === KIND.NET_CONNECT || event.kind === KIND.NET_SEND || event.kind === KIND.NET_BIND;

/** The descriptor of the call is a socket: behind that of a call that failed with EBADF or ENOTSOCK there is none. */
export const hasSocket = (event: LiveEvent): boolean =>
  isSocket(event) && event.record.u16(NET.family) !== 0;

/** What enforcement decided about a flow: it has the flow's ends, and no descriptor. Our end is the client. */
export const isVerdict = (event: LiveEvent): boolean => event.kind === KIND.NET_VERDICT;

export const isIp = (event: LiveEvent): boolean => {
  if (isVerdict(event)) return true;
  if (!isSocket(event)) return false;
  const family = event.record.u16(NET.family);
  return family === AF_INET || family === AF_INET6;
};

export const isUnix = (event: LiveEvent): boolean =>
  isSocket(event) && event.record.u16(NET.family) === AF_UNIX;

const ends = (event: LiveEvent): typeof NET | typeof VERDICT => (isVerdict(event) ? VERDICT : NET);

export function localAddress(event: LiveEvent): Address {
  const address = readAddress(event.record, ends(event).local_addr);
  // One that is not chosen yet has no family, neither in a verdict nor where an IPv6 socket talks to an IPv4 address.
  const isIpv4 =
    typeof address === 'string' &&
    isUnspecified(address) &&
    typeof remoteAddress(event) === 'number';
  return isIpv4 ? 0 : address;
}
export const remoteAddress = (event: LiveEvent): Address =>
  readAddress(event.record, ends(event).remote_addr);
export const localPort = (event: LiveEvent): number => event.record.u16(ends(event).local_port);
export const remotePort = (event: LiveEvent): number => event.record.u16(ends(event).remote_port);

/** A connection has two ends; a bound socket has one, and one that was never connected has none. */
export function hasTuple(event: LiveEvent): boolean {
  if (!isIp(event) || event.kind === KIND.NET_BIND) return false;
  return remotePort(event) !== 0 || !isUnspecified(remoteAddress(event));
}

/** A socket that a successful bind gave an address. */
export const isBound = (event: LiveEvent): boolean =>
  event.kind === KIND.NET_BIND && isIp(event) && event.record.i64(NET.ret) === 0;

/** Is it known which end of its connections the socket is? */
export const hasRole = (event: LiveEvent): boolean =>
  isSocket(event) && event.sockets.role !== ROLE.unknown;

/** Is the sender the server of its connection? */
export const isServerEnd = (event: LiveEvent): boolean =>
  !isVerdict(event) && event.sockets.role === ROLE.server;

export function clientAddress(event: LiveEvent): Address | null {
  if (!hasTuple(event)) return null;
  return isServerEnd(event) ? remoteAddress(event) : localAddress(event);
}

export function serverAddress(event: LiveEvent): Address | null {
  if (isBound(event)) return event.sockets.role === ROLE.server ? localAddress(event) : null;
  if (!hasTuple(event)) return null;
  return isServerEnd(event) ? localAddress(event) : remoteAddress(event);
}

export function clientPort(event: LiveEvent): number | null {
  if (!hasTuple(event)) return null;
  return isServerEnd(event) ? remotePort(event) : localPort(event);
}

export function serverPort(event: LiveEvent): number | null {
  if (isBound(event)) return localPort(event);
  if (!hasTuple(event)) return null;
  return isServerEnd(event) ? localPort(event) : remotePort(event);
}

/** Word and letter of a socket's kind. IPv4 spoken through an IPv6 socket is IPv4. */
export function socketType(event: LiveEvent): { word: string; char: string } {
  if (isVerdict(event)) return typeof remoteAddress(event) === 'number' ? IPV4 : IPV6;
  switch (event.record.u16(NET.family)) {
    case AF_UNIX:
      return UNIX;
    case AF_INET:
      return IPV4;
    case AF_INET6: {
      const end = event.kind === KIND.NET_BIND ? localAddress(event) : remoteAddress(event);
      return typeof end === 'number' ? IPV4 : IPV6;
    }
    case AF_NETLINK:
      return NETLINK;
    default:
      return OTHER;
  }
}
const UNIX = { word: 'unix', char: 'u' };
const IPV4 = { word: 'ipv4', char: '4' };
const IPV6 = { word: 'ipv6', char: '6' };
const NETLINK = { word: 'netlink', char: 'n' };
const OTHER = { word: '<NA>', char: 'o' };

/** tcp, udp, icmp, raw; the text "<NA>" where there is none or the socket has no role yet. */
export function transport(event: LiveEvent): string {
  if (isVerdict(event)) return event.record.u8(VERDICT.protocol) === IPPROTO_UDP ? 'udp' : 'tcp';
  if (!isIp(event)) return '<NA>';
  const type = event.record.u16(NET.type);
  const protocol = event.record.u16(NET.protocol);
  if (type === SOCK_RAW) return 'raw';
  if (event.sockets.role === ROLE.unknown) return '<NA>';
  if (protocol === IPPROTO_TCP || (type === SOCK_STREAM && protocol === 0)) return 'tcp';
  if (protocol === IPPROTO_ICMP || protocol === IPPROTO_ICMPV6) return 'icmp';
  if (protocol === IPPROTO_UDP || (type === SOCK_DGRAM && protocol === 0)) return 'udp';
  return '<NA>';
}

/** `fd.name` of a socket. */
export function socketName(event: LiveEvent): ByteString {
  if (isUnix(event)) return unixName(event);
  if (!isIp(event)) return '';
  if (isBound(event)) return `${addressText(localAddress(event))}:${localPort(event)}`;
  const client = clientAddress(event);
  const server = serverAddress(event);
  if (client === null || server === null) return '';
  const what = transport(event);
  if (what === 'raw' || what === 'icmp') {
    if (typeof server !== 'number' && what === 'raw') return '<unknown>';
    return `${addressText(client)}->${addressText(server)}`;
  }
  return `${addressText(client)}:${clientPort(event)}->${addressText(server)}:${serverPort(event)}`;
}

/** Falco shows the kernel addresses of both sockets before the path; we do not give those away, and keep the shape. */
function unixName(event: LiveEvent): ByteString {
  const path = event.record.string(STRING.net_call.unix_path) ?? '';
  if (event.kind === KIND.NET_BIND) return event.record.i64(NET.ret) === 0 ? path : '';
  return `0->0 ${path}`;
}

/** Does the address of the server belong to this machine? */
export function isServer(event: LiveEvent): boolean {
  if (isBound(event)) return true;
  const server = serverAddress(event);
  return server !== null && event.addresses.has(server);
}
