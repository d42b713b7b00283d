import { addressText, type Address, type ByteString } from '../../core/index.js';
import type { FieldUse, FieldValue } from '../../lang/field-def.js';
import { shapeOfUse } from '../shape.js';

/** Longest text of a list, in bytes (falco-fields §0). */
const LIST_BYTES = 1023;
/** Longest text of a byte buffer (falco-formats §2.1). */
const BUFFER_BYTES = 1020;

/** Fields that print the wall-clock time of the event, and stand in JSON as its nanoseconds. */
const EVENT_TIME = new Set([
  'evt.time',
  'evt.time.s',
  'evt.time.iso8601',
  'evt.datetime',
  'evt.datetime.s',
  'evt.outputtime',
]);

export function isEventTime(use: FieldUse): boolean {
  return EVENT_TIME.has(use.def.name);
}

/** A field's value as it stands in a message: bytes. */
export function textOf(use: FieldUse, value: FieldValue): ByteString {
  if (value === null) return '<NA>';
  if (isList(value)) {
    const items = value.map((item) => scalarText(use, item));
    if (shapeOfUse(use) === 'ancestors') return items.length === 0 ? '<NA>' : items.join(' ');
    return `(${items.join(',')})`.slice(0, LIST_BYTES);
  }
  return scalarText(use, value);
}

/** A field's value as JSON text: numbers in full, text as UTF-8, whatever has a spelling of its own as a string. */
export function jsonOf(
  use: FieldUse,
  value: FieldValue,
  toText: (bytes: ByteString) => string,
): string {
  if (value === null) return 'null';
  if (isList(value)) {
    if (shapeOfUse(use) === 'ancestors') {
      return value.length === 0 ? 'null' : JSON.stringify(toText(textOf(use, value)));
    }
    return `[${value.map((item) => scalarJson(use, item, toText)).join(',')}]`;
  }
  return scalarJson(use, value, toText);
}

function scalarJson(
  use: FieldUse,
  value: string | number | bigint | boolean,
  toText: (bytes: ByteString) => string,
): string {
  if (typeof value === 'string' || isSpelled(use)) {
    return JSON.stringify(toText(scalarText(use, value)));
  }
  return typeof value === 'number' && !Number.isFinite(value) ? 'null' : String(value);
}

/** Fields whose numbers are not printed in decimal. */
function isSpelled(use: FieldUse): boolean {
  return use.def.repr === 'ip' || use.def.name === 'fd.dev';
}

function scalarText(use: FieldUse, value: string | number | bigint | boolean): ByteString {
  const { type, name } = use.def;
  if (type === 'net') return '<IPNET>';
  if (use.def.repr === 'ip' && typeof value !== 'boolean') return addressText(value as Address);
  if (type === 'bytes' && typeof value === 'string') return printable(value.slice(0, BUFFER_BYTES));
  if (typeof value === 'string' || typeof value === 'boolean') return String(value);
  if (name === 'fd.dev') return value.toString(16).toUpperCase();
  if (type === 'double') return Number(value).toFixed(1);
  return isPadded(name) ? String(value).padStart(9, '0') : String(value);
}

/** Parts of a second are shown with all their digits. */
function isPadded(name: string): boolean {
  return name === 'evt.reltime' || (name.endsWith('.ns') && name.startsWith('evt.'));
}

function printable(bytes: ByteString): ByteString {
  return bytes.replace(/[^\x20-\x7e]/g, '.');
}

function isList(value: FieldValue): value is readonly (string | number | bigint)[] {
  return Array.isArray(value);
}
