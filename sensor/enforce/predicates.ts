import type { ByteString } from '../core/bytes.js';
import { isMapped } from './address.js';
import type { Condition, Literal, Net, Operand } from '../lang/ir.js';
import { nearestPath, refuse, refuseField, type Refusal } from './refusals.js';

/** `action: block` judges flows of these protocols. */
export const PROTOCOLS = ['tcp', 'udp'] as const;
export type Protocol = (typeof PROTOCOLS)[number];

/** Bytes of an executable's path that the kernel compares; an exact path needs one more for its closing NUL. */
export const PATH_BYTES = 256;

/** An inclusive range of ports. */
export type PortRange = readonly [low: number, high: number];

/** One test that both back ends can make of a flow, about exactly one of its dimensions. */
export type Test =
  /** The executable's resolved path is one of `exact` or begins with one of `prefixes`. */
  | {
      readonly dimension: 'subject';
      readonly exact: readonly ByteString[];
      readonly prefixes: readonly ByteString[];
    }
  /** The container is one of these ids (12 characters), or `host`: none. */
  | { readonly dimension: 'group'; readonly ids: readonly string[] }
  /** The far end lies in one of these. */
  | { readonly dimension: 'remote'; readonly nets: readonly Net[] }
  /** The far end's port and the protocol. */
  | {
      readonly dimension: 'port';
      readonly protocols: readonly Protocol[];
      readonly ranges: readonly PortRange[];
    };

export type Dimension = Test['dimension'];
export const DIMENSIONS: readonly Dimension[] = ['subject', 'group', 'remote', 'port'];

type Leaf = Extract<Condition, { kind: 'compare' | 'exists' }>;

/** What a comparison means for a block. */
export type Reading =
  | {
      readonly kind: 'test';
      readonly test: Test;
      readonly negated: boolean;
      readonly note?: string;
    }
  /** True of every attempt (its result is not known yet), whether negated or not. */
  | { readonly kind: 'folded'; readonly note: string }
  /** True of every flow. Its negation is true of none, and refused. */
  | { readonly kind: 'always'; readonly note: string }
  /** Names the direction: out. */
  | { readonly kind: 'egress' }
  | Refusal;

const EGRESS = new Set(['connect', 'sendto', 'sendmsg', 'sendmmsg']);
const INGRESS = new Set([
  'accept',
  'accept4',
  'listen',
  'bind',
  'recvfrom',
  'recvmsg',
  'recvmmsg',
  'recv',
]);

/** Fields about how the attempt ended: at the time of the verdict it has not been made. */
const OUTCOME = new Set([
  'evt.rawres',
  'evt.res',
  'evt.failed',
  'evt.dir',
  'evt.is_async',
  'evt.buflen',
  'fd.connected',
  'fd.name_changed',
  'fd.is_upstream',
]);

const REMOTE_ADDRESS = new Set(['fd.sip', 'fd.rip', 'fd.snet', 'fd.rnet']);
const EITHER_ADDRESS = new Set(['fd.ip', 'fd.net']);
const REMOTE_PORT = new Set(['fd.sport', 'fd.rport']);
const EITHER_PORT = new Set(['fd.port']);

/** Reads one comparison of a block rule's condition. */
export function readLeaf(leaf: Leaf): Reading {
  const { left } = leaf;
  if (left.kind !== 'field') {
    return refuse(
      left.span,
      `${describe(left)} cannot be decided in the kernel`,
      'compare the field itself',
    );
  }
  const name = left.use.def.name;
  if (OUTCOME.has(name)) {
    return {
      kind: 'folded',
      note: `${left.use.text} tells how an attempt ended; a block comes before, so it counts as true`,
    };
  }
  if (leaf.kind === 'exists') {
    if (name === 'proc.exepath' || REMOTE_ADDRESS.has(name) || REMOTE_PORT.has(name)) {
      return { kind: 'always', note: `${name} exists for every flow` };
    }
    if (name === 'container.id')
      return refuse(leaf.span, 'container.id exists for every flow', 'use container.id != host');
    return refuseField(left);
  }
  if (leaf.modifier !== null) {
    return refuse(leaf.span, `${leaf.modifier} cannot be decided in the kernel`, `use in (...)`);
  }
  const values: Literal[] = [];
  for (const right of leaf.right) {
    if (right.kind === 'field' || right.kind === 'call' || right.kind === 'literal') {
      return refuse(
        right.span,
        'a comparison with another field cannot be decided in the kernel',
        'compare with fixed values',
      );
    }
    values.push(right);
  }
  if (name === 'evt.type') return readType(leaf, values);
  if (name === 'proc.exepath') return readPath(leaf, values);
  if (REMOTE_ADDRESS.has(name)) return readAddress(leaf, values);
  if (EITHER_ADDRESS.has(name)) {
    return withNote(readAddress(leaf, values), `${name} means the far end in a block rule`);
  }
  if (REMOTE_PORT.has(name)) return readPort(leaf, values);
  if (EITHER_PORT.has(name)) {
    return withNote(readPort(leaf, values), `${name} means the far end's port in a block rule`);
  }
  if (name === 'fd.l4proto') return readProtocol(leaf, values);
  if (name === 'fd.typechar' || name === 'fd.type' || name === 'fd.sockfamily')
    return readFamily(leaf, values);
  if (name === 'container.id') return readContainer(leaf, values);
  return refuseField(left);
}

type Compare = Extract<Leaf, { kind: 'compare' }>;

function readType(leaf: Compare, values: readonly Literal[]): Reading {
  const wrong = equality(leaf);
  if (wrong) return wrong;
  const names = values.map(text);
  const other = names.find((name) => !EGRESS.has(name));
  if (other !== undefined) {
    return refuse(
      leaf.span,
      INGRESS.has(other)
        ? `evt.type ${other}: flows that come in are not enforceable yet`
        : `evt.type ${other} is no network flow: there is nothing to block`,
      'use evt.type in (connect, sendto, sendmsg)',
    );
  }
  if (leaf.op === '!=') {
    return refuse(
      leaf.span,
      'every event but these is no network flow',
      'use evt.type in (connect, sendto, sendmsg)',
    );
  }
  return { kind: 'egress' };
}

function readPath(leaf: Compare, values: readonly Literal[]): Reading {
  const paths = values.map(text);
  const prefixes = leaf.op === 'startswith' || leaf.op === 'bstartswith';
  if (!prefixes && !isEquality(leaf.op)) {
    return refuse(
      leaf.span,
      `proc.exepath ${leaf.op} cannot be decided in the kernel`,
      nearestPath(leaf.op, paths) ?? 'use proc.exepath = PATH, in (PATHS) or startswith PREFIX',
    );
  }
  if (leaf.op === 'bstartswith') {
    return refuse(leaf.span, 'bstartswith takes bytes in hexadecimal', 'use startswith');
  }
  const partial = paths.find((path) => !/^(?:\/|memfd:)/.test(path));
  if (partial !== undefined) {
    return refuse(
      leaf.span,
      `proc.exepath is a whole path, no program's ${prefixes ? 'begins with' : 'is'} "${partial}"`,
      `write it from the root: /usr/bin/${partial.split('/').at(-1)}`,
    );
  }
  const limit = prefixes ? PATH_BYTES : PATH_BYTES - 1;
  const long = paths.find((path) => path.length > limit);
  if (long !== undefined) {
    return refuse(
      leaf.span,
      `the kernel compares the first ${limit} bytes of a path, this one has ${long.length}`,
      'use startswith with its beginning',
    );
  }
  return test(leaf, {
    dimension: 'subject',
    exact: prefixes ? [] : paths,
    prefixes: prefixes ? paths : [],
  });
}

function readAddress(leaf: Compare, values: readonly Literal[]): Reading {
  const wrong = equality(leaf);
  if (wrong) return wrong;
  const nets: Net[] = [];
  for (const value of values) {
    if (value.kind !== 'net') {
      return refuse(
        leaf.span,
        'only addresses and networks can be decided in the kernel',
        'write the address',
      );
    }
    nets.push(unmapped(value.value));
  }
  return test(leaf, { dimension: 'remote', nets });
}

/** ::ffff:a.b.c.d/n is IPv4, however it is written. */
function unmapped(net: Net): Net {
  if (net.family === 4 || net.bits < 96 || !isMapped(net.address)) return net;
  return { family: 4, address: net.address & 0xffffffffn, bits: net.bits - 96 };
}

function readPort(leaf: Compare, values: readonly Literal[]): Reading {
  const ports: number[] = [];
  for (const value of values) {
    if (value.kind !== 'int')
      return refuse(
        leaf.span,
        'only port numbers can be decided in the kernel',
        'write the number',
      );
    ports.push(Number(value.value));
  }
  const ranges = rangesOf(leaf.op, ports);
  if (ranges === null) {
    return refuse(
      leaf.span,
      `a port cannot be compared with ${leaf.op} in the kernel`,
      'use =, !=, <, <=, >, >= or in',
    );
  }
  return test(leaf, { dimension: 'port', protocols: PROTOCOLS, ranges });
}

/** `!=` is read as `=` here, and negated by the caller. */
function rangesOf(op: string, ports: readonly number[]): PortRange[] | null {
  const bound = ports[0] ?? 0;
  switch (op) {
    case '=':
    case '!=':
    case 'in':
      return ports.filter((port) => port >= 0 && port <= 65535).map((port) => [port, port]);
    case '<':
      return clip(0, bound - 1);
    case '<=':
      return clip(0, bound);
    case '>':
      return clip(bound + 1, 65535);
    case '>=':
      return clip(bound, 65535);
    default:
      return null;
  }
}

function clip(low: number, high: number): PortRange[] {
  const range: PortRange = [Math.max(low, 0), Math.min(high, 65535)];
  return range[0] <= range[1] ? [range] : [];
}

function readProtocol(leaf: Compare, values: readonly Literal[]): Reading {
  const wrong = equality(leaf);
  if (wrong) return wrong;
  const names = values.map(text);
  const other = names.find((name) => !PROTOCOLS.includes(name as Protocol));
  // `!= icmp` is true of every flow judged here; `= icmp` would promise what is not done.
  if (other !== undefined && leaf.op !== '!=') {
    return refuse(
      leaf.span,
      `protocol ${other} is not enforceable yet`,
      'use fd.l4proto = tcp or udp',
    );
  }
  const protocols = PROTOCOLS.filter((name) => names.includes(name));
  return test(leaf, { dimension: 'port', protocols, ranges: [[0, 65535]] });
}

const MAPPED: Net = { family: 4, address: 0n, bits: 0 };

/** Which family: told by the far address, an IPv4-mapped one is IPv4 (as in Falco). */
function readFamily(leaf: Compare, values: readonly Literal[]): Reading {
  const wrong = equality(leaf);
  if (wrong) return wrong;
  const names = values.map(text);
  if (names.includes('ip')) {
    return leaf.op === '!='
      ? refuse(leaf.span, 'only IP flows can be blocked', 'leave this part out')
      : { kind: 'always', note: 'only IP flows are judged' };
  }
  const known = names.filter((name) => /^(ipv)?[46]$/.test(name));
  if (known.length !== names.length) {
    return refuse(leaf.span, 'only IP flows can be blocked', 'use fd.typechar in (4, 6)');
  }
  const four = known.some((name) => name.endsWith('4'));
  const six = known.some((name) => name.endsWith('6'));
  if (four && six) {
    return leaf.op === '!='
      ? refuse(leaf.span, 'only IP flows can be blocked', 'leave this part out')
      : { kind: 'always', note: 'only IP flows are judged' };
  }
  const reading = test(leaf, { dimension: 'remote', nets: [MAPPED] });
  return six && reading.kind === 'test' ? { ...reading, negated: !reading.negated } : reading;
}

function readContainer(leaf: Compare, values: readonly Literal[]): Reading {
  const wrong = equality(leaf);
  if (wrong) return wrong;
  const ids = values.map((value) => {
    const id = text(value);
    return id === '' ? 'host' : id;
  });
  const odd = ids.find((id) => id !== 'host' && !/^[0-9A-Za-z_.-]{12}$/.test(id));
  if (odd !== undefined) {
    return refuse(
      leaf.span,
      `"${odd}" is no container id`,
      /^[0-9a-f]{13,64}$/.test(odd)
        ? `use the first 12 characters: ${odd.slice(0, 12)}`
        : 'use the first 12 characters of the id, or host',
    );
  }
  return test(leaf, { dimension: 'group', ids });
}

function test(leaf: Compare, what: Test): Reading {
  return { kind: 'test', test: what, negated: leaf.op === '!=' };
}

function withNote(reading: Reading, note: string): Reading {
  return reading.kind === 'test' ? { ...reading, note } : reading;
}

function isEquality(op: string): boolean {
  return op === '=' || op === '!=' || op === 'in';
}

function equality(leaf: Compare): Reading | null {
  if (isEquality(leaf.op)) return null;
  const field = leaf.left.kind === 'field' ? leaf.left.use.text : 'this';
  return refuse(
    leaf.span,
    `${field} ${leaf.op} cannot be decided in the kernel`,
    'use =, != or in',
  );
}

function text(literal: Literal): string {
  switch (literal.kind) {
    case 'string':
      return literal.value;
    case 'regex':
      return literal.text;
    case 'int':
    case 'bool':
      return String(literal.value);
    case 'net':
      return '';
  }
}

function describe(operand: Operand): string {
  switch (operand.kind) {
    case 'field':
      return operand.use.text;
    case 'literal':
      return 'a value on the left';
    case 'call':
      return `${operand.name}()`;
  }
}
