import type { FieldType } from '../field-def.js';
import type { CompareOp } from '../ir.js';

const ORDER: readonly CompareOp[] = ['<', '<=', '>', '>='];
const SETS: readonly CompareOp[] = ['in', 'intersects'];
const EQUALITY: readonly CompareOp[] = ['=', '!='];
const NUMBERS: ReadonlySet<CompareOp> = new Set([...EQUALITY, ...ORDER, ...SETS]);
const PLAIN: ReadonlySet<CompareOp> = new Set([...EQUALITY, ...SETS]);
const TEXT: ReadonlySet<CompareOp> = new Set([
  ...NUMBERS,
  'contains',
  'icontains',
  'startswith',
  'endswith',
  'glob',
  'iglob',
  'regex',
  'pmatch',
]);
const BYTES: ReadonlySet<CompareOp> = new Set([
  ...PLAIN,
  'contains',
  'startswith',
  'endswith',
  'bcontains',
  'bstartswith',
]);
const ALL: ReadonlySet<CompareOp> = new Set([...TEXT, ...BYTES]);
const LIST: ReadonlySet<CompareOp> = new Set(SETS);

/** Operators that a type accepts beside `exists` (falco-compat §1.6). */
const BY_TYPE: Readonly<Record<FieldType, ReadonlySet<CompareOp>>> = {
  int: NUMBERS,
  uint: NUMBERS,
  port: NUMBERS,
  abstime: NUMBERS,
  reltime: NUMBERS,
  double: NUMBERS,
  bool: PLAIN,
  string: TEXT,
  path: TEXT,
  bytes: BYTES,
  ip: PLAIN,
  net: PLAIN,
  dyn: ALL,
};

/** What stands on the left, as far as operators care. */
export interface ValueType {
  readonly type: FieldType;
  readonly list: boolean;
}

export function operatorsOf(value: ValueType): ReadonlySet<CompareOp> {
  return value.list ? LIST : BY_TYPE[value.type];
}

/** Operators that take `oneof`, `anyof`, `allof`. */
export const MODIFIABLE: ReadonlySet<CompareOp> = new Set([
  '=',
  '!=',
  'contains',
  'icontains',
  'bcontains',
  'startswith',
  'bstartswith',
  'endswith',
  'glob',
  'iglob',
  'regex',
]);

/** Operators that may compare with another field; a network may not at all. */
export const FIELD_TO_FIELD_REFUSED: ReadonlySet<CompareOp> = new Set(['pmatch', 'regex']);

const WORDS: Readonly<Record<FieldType, string>> = {
  int: 'a number',
  uint: 'a number',
  double: 'a number',
  port: 'a port',
  abstime: 'a time',
  reltime: 'a duration',
  bool: 'true or false',
  string: 'text',
  path: 'a path',
  bytes: 'bytes',
  ip: 'an address',
  net: 'a network',
  dyn: 'a parameter',
};

export const nameOfType = (value: ValueType): string =>
  value.list ? `a list (${WORDS[value.type]} each)` : WORDS[value.type];
