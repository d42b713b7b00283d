import { CLASS, KIND } from '../../events/index.js';
import type { FieldUse, FieldValue } from '../../lang/field-def.js';

/** What the kernel knows of a field's value when it knows the class of an event. Nothing at all: undefined. */
export type Fact =
  /** Exactly this (`evt.type`). */
  | { readonly kind: 'is'; readonly value: FieldValue }
  /** One of these, or nothing. */
  | { readonly kind: 'among'; readonly values: readonly FieldValue[] }
  /** A whole number from `low` to `high`, or nothing. */
  | { readonly kind: 'range'; readonly low: number; readonly high: number }
  /** Some text, but none of these; or nothing. */
  | { readonly kind: 'except'; readonly texts: readonly string[] };

/** What a class says of an event. */
export interface ClassFacts {
  /** Names `evt.type` can have. */
  readonly types: readonly string[];
  of(use: FieldUse, type: string): Fact | undefined;
}

/** Kinds that are filtered, with the values `evt.type` can have and the number of their classes. */
export const FILTERED_KINDS: readonly {
  readonly kind: number;
  readonly types: readonly string[];
  readonly classes: number;
}[] = [
  // io_uring_enter: a record of a call whose own number was lost on the way.
  {
    kind: KIND.FILE_OPEN,
    types: ['open', 'openat', 'openat2', 'creat', 'io_uring_enter'],
    classes: 32,
  },
  { kind: KIND.NET_CONNECT, types: ['connect', 'io_uring_enter'], classes: 16 },
  { kind: KIND.NET_SEND, types: ['sendto', 'sendmsg', 'sendmmsg', 'io_uring_enter'], classes: 16 },
  { kind: KIND.NET_BIND, types: ['bind', 'io_uring_enter'], classes: 16 },
  { kind: KIND.PROCESS_EXEC_FAILED, types: ['execve', 'execveat'], classes: 1 },
];

/** The facts of one class of one kind. */
export function factsOf(kind: number, types: readonly string[], bits: number): ClassFacts {
  switch (kind) {
    case KIND.FILE_OPEN:
      return { types, of: (use, type) => openFact(use, type, bits) };
    case KIND.PROCESS_EXEC_FAILED:
      return { types, of: (use) => failedExecFact(use) };
    default:
      return { types, of: (use) => netFact(use, bits) };
  }
}

const among = (...values: FieldValue[]): Fact => ({ kind: 'among', values });
const NEGATIVE: Fact = { kind: 'range', low: -4095, high: -1 };
const NOT_NEGATIVE: Fact = { kind: 'range', low: 0, high: Number.MAX_SAFE_INTEGER };
const ERRNO_TEXT: Fact = { kind: 'except', texts: ['SUCCESS', '0'] };

function openFact(use: FieldUse, type: string, bits: number): Fact | undefined {
  const has = (bit: number): boolean => (bits & bit) !== 0;
  const failed = has(CLASS.OPEN_FAILED);
  const flagFact = (bit: number): Fact => {
    if (!has(bit)) return among(false);
    // By the rules' words, creat is neither; a getter may take it by its flags.
    return type === 'creat' || type === 'io_uring_enter' ? among(false, true) : among(true);
  };
  switch (use.def.name) {
    case 'evt.is_open_read':
      return flagFact(CLASS.OPEN_READ);
    case 'evt.is_open_write':
      return flagFact(CLASS.OPEN_WRITE);
    case 'evt.is_open_create':
    case 'evt.is_open_exec':
      return has(CLASS.OPEN_CREATE) || has(CLASS.OPEN_DIRECTORY) ? undefined : among(false);
    case 'fd.num':
      return failed ? NEGATIVE : undefined;
    default:
      return isSocketField(use) ? among(null) : resultFact(use, failed, !failed);
  }
}

function failedExecFact(use: FieldUse): Fact | undefined {
  if (use.def.group === 'fd') return among(null);
  return isOpenFlag(use) ? among(false) : resultFact(use, true, false);
}

function netFact(use: FieldUse, bits: number): Fact | undefined {
  const family = (bits >> CLASS.NET_FAMILY_SHIFT) & 3;
  const failed = (bits & CLASS.NET_FAILED) !== 0;
  const isIp = family === 1 || family === 2;
  if (isSocketField(use)) return isIp ? undefined : among(null);
  switch (use.def.name) {
    case 'fd.typechar':
      return among('o', ...FAMILY_CHARS[family]!);
    case 'fd.type':
      return among('<NA>', ...FAMILY_TYPES[family]!);
    case 'fd.sockfamily':
      return among(...(isIp ? ['ip'] : family === 3 ? ['unix'] : []));
    case 'fd.l4proto': {
      const other = (bits & CLASS.NET_DGRAM) !== 0 ? 'tcp' : 'udp';
      return { kind: 'except', texts: [other] };
    }
    default:
      // Success is not known: a connect in progress is no failure to the kernel's class, but one to the rules.
      return isOpenFlag(use) ? among(false) : resultFact(use, failed, false);
  }
}

/** By the class's family: other, IPv4, IPv6 (whose sockets also carry IPv4), unix. */
const FAMILY_CHARS: readonly (readonly string[])[] = [
  ['n', 'f', 'X', 'p'],
  ['4'],
  ['4', '6'],
  ['u'],
];
const FAMILY_TYPES: readonly (readonly string[])[] = [
  ['netlink', 'file', 'pipe'],
  ['ipv4'],
  ['ipv4', 'ipv6'],
  ['unix'],
];

/** The result of the call. Neither failed nor succeeded: not known. */
function resultFact(use: FieldUse, failed: boolean, succeeded: boolean): Fact | undefined {
  if (!failed && !succeeded) return undefined;
  switch (use.def.name) {
    case 'evt.failed':
      return among(failed);
    case 'evt.count.error':
      return among(failed ? 1 : 0);
    case 'evt.rawres':
      return failed ? NEGATIVE : NOT_NEGATIVE;
    case 'evt.res':
      return failed ? ERRNO_TEXT : among('SUCCESS');
    case 'evt.arg':
      return failed && use.arg === 'res' ? ERRNO_TEXT : undefined;
    case 'evt.rawarg':
      return failed && use.arg === 'res' ? NEGATIVE : undefined;
    default:
      return undefined;
  }
}

function isSocketField(use: FieldUse): boolean {
  const { type, group } = use.def;
  return group === 'fd' && (type === 'ip' || type === 'net' || type === 'port');
}

function isOpenFlag(use: FieldUse): boolean {
  return use.def.name.startsWith('evt.is_open_');
}
