import { FIELDS, RECORDS, type RecordShape } from '../events/index.js';

/** Offset, size in bytes, signed. */
type Member = readonly [offset: number, size: number, signed: boolean];

/** Where the members of records lie: what makes a capture readable by builds whose records look otherwise. */
export interface RecordLayout {
  /** Members of each struct, by C names. */
  readonly structs: Readonly<Record<string, Readonly<Record<string, Member>>>>;
  readonly records: readonly LayoutShape[];
}

type LayoutShape = Omit<RecordShape, 'name' | 'struct'> & {
  readonly name: string;
  readonly struct: string;
};

/** The layout of this build. */
export const LAYOUT: RecordLayout = {
  structs: Object.fromEntries(RECORDS.map(({ struct }) => [struct, FIELDS[struct]!])),
  records: RECORDS,
};

/** A record's size is 16 bits. */
const MAX_FIXED = 0xffff;
const MAX_SHAPES = 256;

/** Checks a layout from a file. @throws Error that says what is wrong. */
export function parseLayout(value: unknown): RecordLayout {
  const { structs, records } = object(value, 'layout');
  const parsed: Record<string, Record<string, Member>> = {};
  for (const [name, members] of Object.entries(object(structs, 'structs')))
    parsed[name] = parseMembers(members);
  if (!Array.isArray(records) || records.length > MAX_SHAPES) throw new Error('records');
  return { structs: parsed, records: records.map((shape) => parseShape(shape, parsed)) };
}

function parseMembers(value: unknown): Record<string, Member> {
  const members: Record<string, Member> = {};
  for (const [name, place] of Object.entries(object(value, 'struct'))) {
    if (!Array.isArray(place)) throw new Error(`member ${name}`);
    const [offset, size, signed] = place as unknown[];
    members[name] = [integer(offset, MAX_FIXED), integer(size, MAX_FIXED), signed === true];
  }
  return members;
}

function parseShape(value: unknown, structs: RecordLayout['structs']): LayoutShape {
  const { kind, name, struct, fixed, lengthsAt, stringNames } = object(value, 'record');
  if (typeof name !== 'string' || typeof struct !== 'string') throw new Error('record');
  const members = structs[struct];
  if (members === undefined) throw new Error(`record ${name}`);
  const shape: LayoutShape = {
    kind: integer(kind, 255),
    name,
    struct,
    fixed: integer(fixed, MAX_FIXED),
    lengthsAt: list(lengthsAt).map((at) => integer(at, MAX_FIXED)),
    stringNames: list(stringNames).map(String),
  };
  const inside = Object.values(members).every(([offset, size]) => offset + size <= shape.fixed);
  const lengthsInside = shape.lengthsAt.every((at) => at + 2 <= shape.fixed);
  if (!inside || !lengthsInside || shape.lengthsAt.length !== shape.stringNames.length)
    throw new Error(`record ${name}`);
  return shape;
}

function object(value: unknown, what: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error(what);
  return value as Record<string, unknown>;
}

function list(value: unknown): unknown[] {
  if (!Array.isArray(value) || value.length > MAX_SHAPES) throw new Error('a list');
  return value;
}

function integer(value: unknown, max: number): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > max)
    throw new Error('a number');
  return value;
}
