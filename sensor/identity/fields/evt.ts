import { dateAndTime, timeOfDay, utcTime } from '../../core/index.js';
import { AT, FILE_FLAG, KIND } from '../../events/index.js';
import {
  errnoName,
  EVENTS,
  eventTypeId,
  KERNEL_OPEN,
  OPEN_BITS,
  openBits,
  openMode,
} from '../../lang/events/index.js';
import type { LiveEvent } from '../live-event.js';
import { IS_SYSCALL, returnValue, TYPE } from './calls.js';
import { abspath } from './fs.js';
import { constant, plain, type GetterTable, type LiveGetter, type MakeGetter } from './getter.js';
import { argsText, argumentGetter, rawArgumentGetter } from './params.js';
import { hasSocket, isIp, isUnix, isVerdict, socketName } from './socket.js';

const OPEN = AT.file_open;
const NS = 1_000_000_000n;
const ANY_X = 0o111;

const isOpenCall = (event: LiveEvent): boolean =>
  event.kind === KIND.FILE_OPEN && event.type !== TYPE.creat;

const accessMode = (event: LiveEvent): number =>
  event.record.u32(OPEN.open_flags) & KERNEL_OPEN.ACCMODE;

const isOpenRead: LiveGetter = (event) =>
  isOpenCall(event) && (accessMode(event) === 0 || accessMode(event) === KERNEL_OPEN.RDWR);

const isOpenWrite: LiveGetter = (event) =>
  isOpenCall(event) &&
  (accessMode(event) === KERNEL_OPEN.WRONLY || accessMode(event) === KERNEL_OPEN.RDWR);

function isOpenExec(event: LiveEvent): boolean {
  if (event.kind !== KIND.FILE_OPEN) return false;
  const mode = event.record.u32(OPEN.mode);
  if (event.type === TYPE.creat) return (mode & ANY_X) !== 0;
  const flags = event.record.u32(OPEN.open_flags);
  const creates = (flags & (KERNEL_OPEN.CREAT | KERNEL_OPEN.TMPFILE)) !== 0;
  return creates && (openMode(flags, mode) & ANY_X) !== 0;
}

function isOpenCreate(event: LiveEvent): boolean {
  if (!isOpenCall(event) || event.record.i64(OPEN.ret) < 0) return false;
  if (event.record.u32(OPEN.file_flags) & FILE_FLAG.CREATED) return true;
  return (openBits(event.record.u32(OPEN.open_flags)) & OPEN_BITS.TMPFILE) !== 0;
}

function result(event: LiveEvent): string | null {
  const value = returnValue(event);
  if (value === null) return null;
  if (value >= 0) return 'SUCCESS';
  return errnoName(-value) ?? String(-value);
}

const failed = (event: LiveEvent): boolean | null => {
  const value = returnValue(event);
  return value === null ? null : value < 0;
};

/** 1 if the call failed, 0 if not, null where it is not of that kind. */
const countError =
  (concerns: (event: LiveEvent) => boolean): LiveGetter =>
  (event) => {
    const value = returnValue(event);
    return value === null || !concerns(event) ? null : value < 0 ? 1 : 0;
  };
const isFileCall = (event: LiveEvent): boolean => event.kind === KIND.FILE_OPEN;
/** A socket that is neither IP nor Unix counts as something else; without any, only a connect is known to be about one. */
const isNetCall = (event: LiveEvent): boolean =>
  isIp(event) || isUnix(event) || (event.kind === KIND.NET_CONNECT && !hasSocket(event));

/** Bytes sent: null for failures and for calls that are no I/O. */
const sent: LiveGetter = (event) => {
  if (event.kind !== KIND.NET_SEND) return null;
  const value = event.record.i64(AT.net_call.ret);
  return value >= 0 ? value : null;
};
const sentOnIp: LiveGetter = (event) => (isIp(event) ? sent(event) : null);

/** Words of `evt.category` that differ from the table's. */
const CATEGORY: readonly string[] = EVENTS.map(({ work }) => {
  switch (work) {
    case 'ipc':
      return 'IPC';
    case 'io_read':
    case 'io_write':
    case 'io_other':
      return 'io';
    default:
      return work;
  }
});

function category(event: LiveEvent): string {
  if (isVerdict(event)) return 'net';
  const word = CATEGORY[event.type] ?? 'unknown';
  if (word !== 'io') return word;
  if (isIp(event)) return 'net';
  return isUnix(event) ? 'ipc' : 'unknown';
}

/** `evt.type.is.NAME`; a number, as outputs may have it, is never shown. */
const typeIs: MakeGetter = ({ arg }) => {
  const id = eventTypeId(String(arg));
  return (current) => (current.type === id ? 1 : 0);
};

/** Time since the last event on which this very use was asked. */
function sinceLast(part: (ns: bigint) => bigint): MakeGetter {
  return () => {
    let last: bigint | null = null;
    return (event) => {
      const now = event.timeNs();
      const passed = last === null ? 0n : now - last;
      last = now;
      return Number(part(passed));
    };
  };
}

/** The event lies within D milliseconds of T: the comparison is with D, so the value is the distance in whole ones, rounded up. */
const around: MakeGetter = ({ arg }) => {
  const centre = BigInt(String(arg));
  return (event) => {
    const distance = event.timeNs() - centre;
    const positive = distance < 0n ? -distance : distance;
    return (positive + 999_999n) / 1_000_000n;
  };
};

const counter: MakeGetter = () => {
  let count = 0;
  return () => ++count;
};

const whole = (ns: bigint): bigint => ns;
const seconds = (ns: bigint): bigint => ns / NS;
const nanos = (ns: bigint): bigint => ns % NS;

/** @param hostname - Value of `evt.hostname`. */
export function eventGetters(hostname: string): GetterTable {
  return {
    'evt.num': plain((event) => event.num),
    'evt.time': plain((event) => timeOfDay(event.timeNs(), true)),
    'evt.time.s': plain((event) => timeOfDay(event.timeNs(), false)),
    'evt.time.iso8601': plain((event) => `${utcTime(event.timeNs())}+0000`),
    'evt.datetime': plain((event) => dateAndTime(event.timeNs(), true)),
    'evt.datetime.s': plain((event) => dateAndTime(event.timeNs(), false)),
    'evt.outputtime': plain((event) => timeOfDay(event.timeNs(), true)),
    'evt.rawtime': plain((event) => event.timeNs()),
    'evt.rawtime.s': plain((event) => seconds(event.timeNs())),
    'evt.rawtime.ns': plain((event) => nanos(event.timeNs())),
    'evt.reltime': plain((event) => Number(event.relativeNs())),
    'evt.reltime.s': plain((event) => Number(seconds(event.relativeNs()))),
    'evt.reltime.ns': plain((event) => Number(nanos(event.relativeNs()))),
    'evt.source': constant('syscall'),
    'evt.is_async': constant(false),
    'evt.hostname': constant(hostname),
    'evt.latency': constant(0),
    'evt.latency.s': constant(0),
    'evt.latency.ns': constant(0),
    'evt.latency.quantized': constant(0),
    'evt.latency.human': constant('0ns'),
    'evt.wait_latency': constant(0),
    'evt.deltatime': sinceLast(whole),
    'evt.deltatime.s': sinceLast(seconds),
    'evt.deltatime.ns': sinceLast(nanos),
    'evt.dir': plain((event) => (IS_SYSCALL[event.type] ? '<' : '>')),
    'evt.type': plain((event) => event.typeName),
    'evt.type.is': (use, place) => (place === 'output' ? () => null : typeIs(use, place)),
    'syscall.type': plain((event) => (IS_SYSCALL[event.type] ? event.typeName : null)),
    'evt.category': plain(category),
    'evt.cpu': plain((event) => event.record.cpu),
    'evt.args': plain(argsText),
    'evt.info': plain(argsText),
    'evt.arg': argumentGetter,
    'evt.rawarg': rawArgumentGetter,
    'evt.buflen': plain(sent),
    'evt.buflen.out': plain(sent),
    'evt.buflen.net': plain(sentOnIp),
    'evt.buflen.net.out': plain(sentOnIp),
    'evt.res': plain(result),
    'evt.rawres': plain(returnValue),
    'evt.failed': plain(failed),
    'evt.is_io': plain((event) => event.kind === KIND.NET_SEND),
    'evt.is_io_read': constant(false),
    'evt.is_io_write': plain((event) => event.kind === KIND.NET_SEND),
    'evt.io_dir': plain((event) => (event.kind === KIND.NET_SEND ? 'write' : null)),
    'evt.is_wait': constant(false),
    'evt.is_syslog': plain(
      (event) => event.kind === KIND.NET_SEND && socketName(event).includes('/dev/log'),
    ),
    'evt.count': constant(1),
    'evt.count.error': plain(countError(() => true)),
    'evt.count.error.file': plain(countError(isFileCall)),
    'evt.count.error.net': plain(countError(isNetCall)),
    'evt.count.error.other': plain(countError((event) => !isFileCall(event) && !isNetCall(event))),
    'evt.count.exit': plain((event) => (IS_SYSCALL[event.type] ? 1 : null)),
    'evt.count.procinfo': constant(0),
    'evt.count.threadinfo': constant(0),
    'evt.around': around,
    'evt.abspath': abspath,
    'evt.is_open_read': plain(isOpenRead),
    'evt.is_open_write': plain(isOpenWrite),
    'evt.is_open_exec': plain(isOpenExec),
    'evt.is_open_create': plain(isOpenCreate),
    'util.cnt': counter,
  };
}
