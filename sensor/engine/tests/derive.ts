import type { FieldUse, FieldValue } from '../../lang/field-def.js';
import { errnoName, paramsOf } from '../../lang/events/index.js';
import { addressText, dateAndTime, timeOfDay, utcTime } from '../../core/index.js';
import type { Getter } from '../types.js';
import type { PlainEvent } from './plain-event.js';

type Lookup = (name: string, arg?: string | number | null) => Getter<PlainEvent>;

/**
 * What follows from other values of a plain event, so that a test need not repeat itself: parts of `fd.name`, both ends of
 * a connection, networks from addresses, `proc.pname` and `proc.aname[2]` from `proc.aname`, raw results,
 * times from `evt.rawtime`, single arguments and variables; and what is the same for every event.
 * Null: nothing to follow from.
 */
export function derive(use: FieldUse, lookup: Lookup): Getter<PlainEvent> | null {
  const { name } = use.def;
  switch (name) {
    case 'fd.directory':
    case 'fd.filename':
      return pathPart(name, lookup);
    case 'fd.ip':
    case 'fd.net':
      return bothEnds('ip', lookup);
    case 'fd.port':
    case 'fd.proto':
      return bothEnds('port', lookup);
    case 'fd.cproto':
    case 'fd.sproto':
    case 'fd.lproto':
    case 'fd.rproto':
      return asText(lookup(name.replace('proto', 'port')));
    case 'fd.dev.major':
      return ofNumber(lookup('fd.dev'), (device) => (device >> 8) & 0xfff);
    case 'fd.dev.minor':
      return ofNumber(lookup('fd.dev'), (device) => (device & 0xff) | ((device >>> 12) & 0xfff00));
    case 'fd.cnet':
    case 'fd.snet':
    case 'fd.lnet':
    case 'fd.rnet':
      return lookup(name.replace('net', 'ip'));
    case 'fd.lip':
    case 'fd.rip':
    case 'fd.lport':
    case 'fd.rport':
      return nearOrFar(name, lookup);
    case 'fd.name':
      return socketName(lookup);
    case 'evt.failed':
      return fromResult(lookup, (result) => result < 0);
    case 'evt.res':
      return fromResult(lookup, (result) =>
        result < 0 ? (errnoName(-result) ?? String(result)) : 'SUCCESS',
      );
    case 'evt.arg':
      if (typeof use.arg === 'number') return argumentAt(use.arg, lookup);
      if (use.arg !== 'res') return null;
      return fromResult(lookup, (result) =>
        result < 0 ? (errnoName(-result) ?? String(result)) : String(result),
      );
    case 'evt.rawarg':
      return use.arg === 'res' ? lookup('evt.rawres') : null;
    case 'proc.cmdline':
      return joined(lookup('proc.name'), lookup('proc.args'));
    case 'proc.args':
      return typeof use.arg === 'number' ? word(lookup('proc.args'), use.arg) : null;
    case 'proc.env':
      return typeof use.arg === 'string' ? variable(lookup('proc.env'), use.arg) : null;
    case 'proc.exeline':
      return joined(lookup('proc.exe'), lookup('proc.args'));
    case 'evt.time':
    case 'evt.outputtime':
      return fromTime(lookup, (ns) => timeOfDay(ns, true));
    case 'evt.time.s':
      return fromTime(lookup, (ns) => timeOfDay(ns, false));
    case 'evt.time.iso8601':
      return fromTime(lookup, (ns) => `${utcTime(ns)}+0000`);
    case 'evt.datetime':
      return fromTime(lookup, (ns) => dateAndTime(ns, true));
    case 'evt.datetime.s':
      return fromTime(lookup, (ns) => dateAndTime(ns, false));
    case 'evt.rawtime.s':
      return fromTime(lookup, (ns) => ns / NS_PER_S);
    case 'evt.rawtime.ns':
      return fromTime(lookup, (ns) => ns % NS_PER_S);
    case 'evt.reltime.s':
    case 'evt.deltatime.s':
      return ofNumber(lookup(name.slice(0, -'.s'.length)), (ns) => Math.floor(ns / 1e9));
    case 'evt.reltime.ns':
    case 'evt.deltatime.ns':
      return ofNumber(lookup(name.slice(0, -'.ns'.length)), (ns) => ns % 1e9);
    case 'evt.num':
    case 'evt.count':
      return () => 1;
    case 'evt.count.error':
      return fromResult(lookup, (result) => (result < 0 ? 1 : 0));
    case 'evt.is_async':
      return () => false;
    case 'evt.latency':
    case 'evt.latency.s':
    case 'evt.latency.ns':
    case 'evt.latency.quantized':
    case 'evt.wait_latency':
      return () => 0;
    case 'evt.latency.human':
      return () => '0ns';
    case 'evt.info':
      return lookup('evt.args');
    case 'evt.dir':
      return () => '<';
    case 'evt.source':
      return () => 'syscall';
    case 'evt.type.is': {
      const type = lookup('evt.type');
      return (event) => (type(event) === use.arg ? 1 : 0);
    }
    case 'syscall.type':
      return lookup('evt.type');
    case 'proc.ppid':
      return nth(lookup('proc.apid'), 0);
    case 'proc.pname':
    case 'proc.pexe':
    case 'proc.pexepath':
    case 'proc.pcmdline':
      return nth(lookup(name.replace('proc.p', 'proc.a')), 0);
    case 'proc.aname':
    case 'proc.aexe':
    case 'proc.aexepath':
    case 'proc.acmdline':
    case 'proc.apid':
      return ancestor(use, lookup);
    default:
      return null;
  }
}

/** `[0]` is the process itself, `[1]` its parent. */
function ancestor(use: FieldUse, lookup: Lookup): Getter<PlainEvent> | null {
  const { name } = use.def;
  const itself = `proc.${name.slice('proc.a'.length)}`;
  if (use.arg === null) return null;
  const level = Number(use.arg);
  return level === 0 ? lookup(itself) : nth(lookup(name), level - 1);
}

function nth(list: Getter<PlainEvent>, index: number): Getter<PlainEvent> {
  return (event) => {
    const values = list(event);
    return Array.isArray(values) ? ((values as readonly FieldValue[])[index] ?? null) : null;
  };
}

/** Nothing in the list with any other descriptor: `fd.ip exists` is true of a file, too (falco-fields §1.7). */
function bothEnds(part: 'ip' | 'port', lookup: Lookup): Getter<PlainEvent> {
  const client = lookup(`fd.c${part}`);
  const server = lookup(`fd.s${part}`);
  const [type, path, number] = [lookup('fd.type'), lookup('fd.name'), lookup('fd.num')];
  return (event) => {
    const ends = [client(event), server(event)].filter(
      (end) => typeof end === 'string' || typeof end === 'number',
    );
    if (ends.length > 0) return ends;
    const fd = number(event);
    const isOpen = typeof fd !== 'number' || fd >= 0;
    return type(event) !== null || (isOpen && path(event) !== null) ? [] : null;
  };
}

function asText(value: Getter<PlainEvent>): Getter<PlainEvent> {
  return (event) => {
    const given = value(event);
    return typeof given === 'number' ? String(given) : null;
  };
}

function ofNumber(
  value: Getter<PlainEvent>,
  derived: (value: number) => number,
): Getter<PlainEvent> {
  return (event) => {
    const given = value(event);
    return typeof given === 'number' ? derived(given) : null;
  };
}

/** `evt.arg[0]` by the name that the parameter has in the event's schema. */
function argumentAt(index: number, lookup: Lookup): Getter<PlainEvent> {
  const type = lookup('evt.type');
  return (event) => {
    const name = type(event);
    const param = typeof name === 'string' ? paramsOf(name)[index] : undefined;
    return param === undefined ? null : lookup('evt.arg', param.name)(event);
  };
}

function fromResult(lookup: Lookup, derived: (result: number) => FieldValue): Getter<PlainEvent> {
  const result = lookup('evt.rawres');
  return (event) => {
    const value = result(event);
    return typeof value === 'number' || typeof value === 'bigint' ? derived(Number(value)) : null;
  };
}

const NS_PER_S = 1_000_000_000n;

function fromTime(lookup: Lookup, derived: (timeNs: bigint) => FieldValue): Getter<PlainEvent> {
  const time = lookup('evt.rawtime');
  return (event) => {
    const value = time(event);
    return typeof value === 'bigint' ? derived(value) : null;
  };
}

function joined(first: Getter<PlainEvent>, args: Getter<PlainEvent>): Getter<PlainEvent> {
  return (event) => {
    const name = first(event);
    const rest = args(event);
    if (typeof name !== 'string') return null;
    return typeof rest === 'string' && rest !== '' ? `${name} ${rest}` : name;
  };
}

/** One argument, where none holds a blank; "" behind the last (falco-fields §1.5). */
function word(text: Getter<PlainEvent>, index: number): Getter<PlainEvent> {
  return (event) => {
    const value = text(event);
    return typeof value === 'string' ? (value.split(' ')[index] ?? '') : null;
  };
}

/** One variable, where none holds a blank; "" if it is not set. */
function variable(text: Getter<PlainEvent>, name: string): Getter<PlainEvent> {
  return (event) => {
    const value = text(event);
    if (typeof value !== 'string') return null;
    const found = value.split(' ').find((entry) => entry.startsWith(`${name}=`));
    return found?.slice(name.length + 1) ?? '';
  };
}

/** The client's end is the local one unless `fd.is_server`. */
function nearOrFar(name: string, lookup: Lookup): Getter<PlainEvent> {
  const part = name.endsWith('ip') ? 'ip' : 'port';
  const client = lookup(`fd.c${part}`);
  const server = lookup(`fd.s${part}`);
  const isServer = lookup('fd.is_server');
  const local = name.startsWith('fd.l');
  return (event) => (local === (isServer(event) === true) ? server(event) : client(event));
}

/** `client:port->server:port`, or `server:port` of a bound socket. */
function socketName(lookup: Lookup): Getter<PlainEvent> {
  const ends = (['c', 's'] as const).map((end) => ({
    ip: lookup(`fd.${end}ip`),
    port: lookup(`fd.${end}port`),
  }));
  return (event) => {
    const texts = ends.flatMap(({ ip, port }) => {
      const address = ip(event);
      const isThere = typeof address === 'string' || typeof address === 'number';
      return isThere ? [`${addressText(address)}:${String(port(event) ?? 0)}`] : [];
    });
    return texts.length === 0 ? null : texts.join('->');
  };
}

function pathPart(name: 'fd.directory' | 'fd.filename', lookup: Lookup): Getter<PlainEvent> {
  const whole = lookup('fd.name');
  const typechar = lookup('fd.typechar');
  return (event) => {
    const path = whole(event);
    const kind = typechar(event);
    if (typeof path !== 'string' || (kind !== null && kind !== 'f' && kind !== 'd')) return null;
    if (kind === 'd') return name === 'fd.directory' ? path : null;
    const slash = path.lastIndexOf('/');
    if (name === 'fd.filename') return slash < 0 ? '/' : path.slice(slash + 1);
    if (slash === path.length - 1) return path;
    return slash <= 0 ? '/' : path.slice(0, slash);
  };
}
