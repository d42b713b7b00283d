import type { ByteString } from '../core/bytes.js';
import { toText } from '../core/bytes.js';
import type { FieldType } from './field-def.js';
import { findField } from './fields/index.js';
import type { CompareOp, Literal, Net } from './ir.js';
import { checkRegex } from './regex/index.js';
import { SERVICE_PORTS } from './services.js';

/** A literal, or why the text is none of that type. */
export type LiteralResult =
  | { readonly ok: true; readonly literal: Literal }
  | {
      readonly ok: false;
      readonly message: string;
      readonly hint?: string | null;
      /** Where in the literal, where that is known (patterns). */
      readonly at?: number;
    };

/** Longest text on a right-hand side, in bytes (falco-fields §0). */
export const MAX_LITERAL_BYTES = 255;

/** Width of a number in Falco, at which negative literals of an unsigned one wrap; `evt.rawarg` is what its parameter is, most often 32 bits. */
function widthOf(fieldName: string): 16 | 32 | 64 {
  return fieldName === 'evt.rawarg' ? 32 : (findField(fieldName)?.bits ?? 64);
}

/** Parses a literal by the type of what it is compared with. */
export function parseLiteral(
  type: FieldType,
  fieldName: string,
  op: CompareOp,
  value: ByteString,
): LiteralResult {
  if (value.length > MAX_LITERAL_BYTES) {
    return fail(`the text has ${value.length} bytes: at most ${MAX_LITERAL_BYTES} are compared`);
  }
  switch (type) {
    case 'string':
    case 'path':
    case 'bytes':
    case 'dyn':
      return parseText(op, value);
    case 'bool':
      if (value === 'true' || value === 'false')
        return { ok: true, literal: { kind: 'bool', value: value === 'true' } };
      return fail(`"${toText(value)}" is neither true nor false`, 'in lower case: = true');
    case 'port':
      return parsePort(value);
    case 'int':
      return parseInteger(value, fieldName === 'evt.rawarg' ? 64 : widthOf(fieldName), true);
    case 'uint':
      return parseInteger(value, widthOf(fieldName), false);
    case 'abstime':
    case 'reltime':
      return parseInteger(value, 64, false, 'times are whole nanoseconds');
    case 'double':
      return parseInteger(value, 64, true, 'only whole numbers are compared');
    case 'ip':
      return parseAddress(value);
    case 'net':
      return parseNetwork(value);
  }
}

function fail(message: string, hint: string | null = null, at?: number): LiteralResult {
  return { ok: false, message, hint, ...(at === undefined ? {} : { at }) };
}

const text = (value: ByteString): LiteralResult => ({
  ok: true,
  literal: { kind: 'string', value },
});

function parseText(op: CompareOp, value: ByteString): LiteralResult {
  if (op === 'bcontains' || op === 'bstartswith') {
    if (!/^(?:[0-9a-fA-F]{2})*$/.test(value)) {
      return fail(
        `"${toText(value)}" is no row of bytes`,
        `${op} takes an even number of hexadecimal digits, as in ${op} 504b0304`,
      );
    }
    return text(Buffer.from(value, 'hex').toString('latin1'));
  }
  if (op === 'regex') {
    const pattern = toText(value);
    const result = checkRegex(pattern);
    if (!result.ok) return fail(result.message, result.hint, result.at);
    return { ok: true, literal: { kind: 'regex', source: pattern, flags: '', text: pattern } };
  }
  return text(value);
}

const DIGITS = 'digits with a sign perhaps, nothing else';
const PORT = 'a number from 0 to 65535, or the name of a service: https';
const NETWORK = 'an address and the bits of its prefix: 10.0.0.0/8, fe80::/10';

function rangeOf(bits: 16 | 32 | 64, signed: boolean): string {
  const width = BigInt(bits);
  const [low, high] = signed
    ? [-(2n ** (width - 1n)), 2n ** (width - 1n) - 1n]
    : [0n, 2n ** width - 1n];
  return `from ${low} to ${high}`;
}

function parseInteger(
  value: string,
  bits: 16 | 32 | 64,
  signed: boolean,
  hint: string | null = null,
): LiteralResult {
  if (!/^[+-]?[0-9]+$/.test(value)) {
    const unit = /^[0-9]+(?:ns|us|ms|s|m|h|d)$/.test(value) && hint !== null;
    return fail(
      `"${toText(value)}" is no whole decimal number`,
      unit
        ? `${hint}, without unit`
        : /^0[xX]/.test(value)
          ? 'write it in decimal'
          : (hint ?? DIGITS),
    );
  }
  const number = BigInt(value.startsWith('+') ? value.slice(1) : value);
  if (signed) {
    if (BigInt.asIntN(bits, number) !== number)
      return fail(`${value} does not fit ${bits} bits`, rangeOf(bits, true));
    return { ok: true, literal: { kind: 'int', value: number } };
  }
  if (number >= 2n ** BigInt(bits) || number < -(2n ** BigInt(bits - 1))) {
    return fail(`${value} does not fit ${bits} bits`, rangeOf(bits, false));
  }
  return { ok: true, literal: { kind: 'int', value: BigInt.asUintN(bits, number) } };
}

function parsePort(value: string): LiteralResult {
  if (/^[0-9]+$/.test(value)) {
    const port = BigInt(value);
    if (port > 65535n) return fail(`${value} is no port: the highest is 65535`, PORT);
    return { ok: true, literal: { kind: 'int', value: port } };
  }
  const port = SERVICE_PORTS.get(value);
  if (port === undefined)
    return fail(`"${toText(value)}" is neither a port nor a known service`, PORT);
  return { ok: true, literal: { kind: 'int', value: BigInt(port) } };
}

function parseAddress(value: string): LiteralResult {
  const address = parseIp(value);
  if (address === null) {
    return fail(
      `"${toText(value)}" is no address`,
      value.includes('/')
        ? 'a network is compared with fd.net, fd.cnet, fd.snet, fd.lnet or fd.rnet'
        : 'as in 10.0.0.1 or fe80::1: no names, no zones',
    );
  }
  return { ok: true, literal: { kind: 'net', value: address } };
}

function parseNetwork(value: string): LiteralResult {
  const slash = value.indexOf('/');
  if (slash < 0) {
    return fail(
      `"${toText(value)}" is no network: the length of its prefix is missing`,
      parseIp(value) === null
        ? NETWORK
        : `${value}/${value.includes(':') ? 128 : 32} is this one address`,
    );
  }
  const address = parseIp(value.slice(0, slash));
  const length = value.slice(slash + 1);
  if (address === null || !/^[0-9]{1,3}$/.test(length)) {
    return fail(`"${toText(value)}" is no network`, NETWORK);
  }
  let bits = Number(length);
  const written = value.slice(0, slash).includes(':') ? 128 : 32;
  if (bits > written) return fail(`a prefix of ${bits} bits is longer than an address`, NETWORK);
  // An IPv4-mapped network is an IPv4 one.
  if (written === 128 && address.family === 4) {
    if (bits < 96) return fail(`"${toText(value)}" mixes IPv4 and IPv6`, NETWORK);
    bits -= 96;
  }
  const width = address.family === 4 ? 32 : 128;
  const shift = BigInt(width - bits);
  const net: Net = {
    family: address.family,
    address: (address.address >> shift) << shift,
    bits,
  };
  return { ok: true, literal: { kind: 'net', value: net } };
}

/** Parses an address: IPv4 where it holds a dot and no colon, else IPv6. IPv4-mapped ones come back as IPv4. */
export function parseIp(value: string): Net | null {
  if (!value.includes(':')) {
    const address = parseIpv4(value);
    return address === null ? null : { family: 4, address, bits: 32 };
  }
  const address = parseIpv6(value);
  if (address === null) return null;
  if (address >> 32n === 0xffffn) return { family: 4, address: address & 0xffffffffn, bits: 32 };
  return { family: 6, address, bits: 128 };
}

function parseIpv4(value: string): bigint | null {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(value);
  if (match === null) return null;
  let address = 0n;
  for (const part of match.slice(1)) {
    if (Number(part) > 255 || (part.length > 1 && part.startsWith('0'))) return null;
    address = (address << 8n) | BigInt(part);
  }
  return address;
}

function parseIpv6(value: string): bigint | null {
  let words = value;
  const dotted = /(?:^|:)([0-9.]+)$/.exec(value);
  if (dotted?.[1]?.includes('.')) {
    const tail = parseIpv4(dotted[1]);
    if (tail === null) return null;
    const high = (tail >> 16n).toString(16);
    words = `${value.slice(0, value.length - dotted[1].length)}${high}:${(tail & 0xffffn).toString(16)}`;
  }
  const halves = words.split('::');
  if (halves.length > 2) return null;
  const split = (half: string): string[] => (half === '' ? [] : half.split(':'));
  const head = split(halves[0]!);
  const tail = halves.length === 2 ? split(halves[1]!) : [];
  const missing = 8 - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return null;
  let address = 0n;
  for (const word of [...head, ...Array<string>(missing).fill('0'), ...tail]) {
    if (!/^[0-9a-fA-F]{1,4}$/.test(word)) return null;
    address = (address << 16n) | BigInt(`0x${word}`);
  }
  return address;
}
