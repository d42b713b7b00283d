import { toBytes } from '../../core/bytes.js';
import { didYouMean } from '../../core/index.js';
import type { FieldDef, FieldUse, FieldValue } from '../../lang/field-def.js';
import { allFields, findField, resolveFieldText } from '../../lang/fields/index.js';
import { shapeOfUse } from '../shape.js';
import { parseAddress } from '../ops/address.js';
import type { FieldSource, Getter } from '../types.js';
import { derive } from './derive.js';

/** An event as plain values, by field: rule tests, `eval`, `explain`. What is not given is null. */
export type PlainEvent = ReadonlyMap<string, FieldValue>;

/** What is wrong with a value of a plain event. */
export interface PlainProblem {
  readonly field: string;
  readonly reason: string;
}

/**
 * Reads `{field: value}`: values as a person writes them become what the live sensor would give, by the field's type.
 * Addresses are text, lists and both ends of a connection arrays (or one value), ancestors arrays from the parent up,
 * epoch times nanoseconds or ISO 8601 text, durations nanoseconds or `5s`, `20ms`.
 */
export function plainEvent(values: Readonly<Record<string, unknown>>): {
  readonly event: PlainEvent;
  readonly problems: readonly PlainProblem[];
} {
  const event = new Map<string, FieldValue>();
  const problems: PlainProblem[] = [];
  for (const [field, value] of Object.entries(values)) {
    const found = resolveFieldText(field);
    if (!found.ok) {
      const hint = didYouMean(
        field,
        allFields().map(({ name }) => name),
      );
      problems.push({ field, reason: hint === null ? found.reason : `${found.reason}: ${hint}` });
      continue;
    }
    const use: FieldUse = { def: found.def, arg: found.arg, text: field };
    try {
      event.set(keyOf(use), convert(use, value));
    } catch (error) {
      problems.push({ field, reason: error instanceof Error ? error.message : String(error) });
    }
  }
  for (const [parent, ancestors] of PARENT_OF) {
    const value = event.get(parent);
    const list = event.get(ancestors);
    if (list === undefined) {
      const named = ancestorsByName(event, parent, ancestors);
      if (named.length > 0) event.set(ancestors, named);
      continue;
    }
    if (value === undefined || value === null || !Array.isArray(list)) continue;
    // An event's base gives both.
    if (parent === 'proc.ppid') continue;
    event.set(ancestors, [value, ...(list as readonly FieldValue[]).slice(1)] as FieldValue);
  }
  return { event, problems };
}

/** The parent's own fields win over the first of the list: a base event gives the list, a test the parent. */
const PARENT_OF: readonly (readonly [parent: string, ancestors: string])[] = [
  ['proc.pname', 'proc.aname'],
  ['proc.pexe', 'proc.aexe'],
  ['proc.pexepath', 'proc.aexepath'],
  ['proc.pcmdline', 'proc.acmdline'],
  ['proc.ppid', 'proc.apid'],
];

/** The parent and `proc.aname[2]`, `[3]`, … as far as they are given without a gap. */
function ancestorsByName(
  event: PlainEvent,
  parent: string,
  ancestors: string,
): (string | number | bigint)[] {
  const found: (string | number | bigint)[] = [];
  for (let level = 1; ; level++) {
    const own = event.get(`${ancestors}[${level}]`);
    const value = own ?? (level === 1 ? event.get(parent) : null);
    if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'bigint')
      return found;
    found.push(value);
  }
}

/** Field values out of plain events; what follows from given values (`fd.filename` from `fd.name`) need not be given. */
export const PLAIN_FIELDS: FieldSource<PlainEvent> = {
  getter(use, place = 'condition'): Getter<PlainEvent> {
    // Falco never shows it (falco-fields §1.2).
    if (place === 'output' && use.def.name === 'evt.type.is') return () => null;
    const own = place === 'output' && use.arg === null ? OWN_IN_OUTPUT[use.def.name] : undefined;
    const key = own ?? keyOf(use);
    const derived = derive(use, (name, arg = null) => {
      const def = findField(name);
      return def === undefined ? () => null : PLAIN_FIELDS.getter({ def, arg, text: name });
    });
    return (event) => {
      const value = event.get(key);
      if (value !== undefined) return value;
      return derived === null ? null : derived(event);
    };
  },
};

/** These mean every ancestor in a condition but the process itself in an output (falco-fields §1.5). */
const OWN_IN_OUTPUT: Readonly<Record<string, string>> = {
  'proc.apid': 'proc.pid',
  'proc.aenv': 'proc.env',
};

function keyOf(use: FieldUse): string {
  return use.arg === null ? use.def.name : `${use.def.name}[${use.arg}]`;
}

function convert(use: FieldUse, value: unknown): FieldValue {
  if (value === null || value === undefined) return null;
  if (shapeOfUse(use) === 'scalar') return scalar(use.def, value);
  const items = Array.isArray(value) ? (value as unknown[]) : [value];
  return items.map((item) => {
    const one = scalar(use.def, item);
    if (typeof one === 'boolean') throw new Error('true and false cannot stand in a list');
    return one;
  });
}

function scalar(def: FieldDef, value: unknown): string | number | bigint | boolean {
  const text = plainText(value);
  switch (def.repr) {
    case 'string':
      return toBytes(text);
    case 'boolean':
      if (text !== 'true' && text !== 'false') throw new Error(`"${text}" is not true or false`);
      return text === 'true';
    case 'ip': {
      const address = parseAddress(text);
      if (address === null) throw new Error(`"${text}" is not an address`);
      return address;
    }
    case 'number': {
      if (def.type === 'double') return double(text);
      const whole = integer(def, text);
      const number = Number(whole);
      // Past 2^53 a number would be another one.
      return Number.isSafeInteger(number) ? number : whole;
    }
    case 'bigint':
      return integer(def, text);
    case 'any':
      return typeof value === 'string' ? toBytes(value) : (value as number | bigint | boolean);
  }
}

function double(text: string): number {
  const number = Number(text);
  if (text.trim() === '' || !Number.isFinite(number)) throw new Error(`"${text}" is not a number`);
  return number;
}

const UNITS_NS: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
};

function integer(def: FieldDef, text: string): bigint {
  if (/^-?\d+$/.test(text)) return BigInt(text);
  const span = def.type === 'reltime' ? /^(\d+)(ns|us|ms|s|m|h)$/.exec(text) : null;
  if (span) return BigInt(span[1] ?? '') * (UNITS_NS[span[2] ?? ''] ?? 1n);
  const atMs = def.type === 'abstime' ? Date.parse(text) : NaN;
  if (Number.isNaN(atMs)) throw new Error(`"${text}" is not a whole number`);
  return BigInt(atMs) * 1_000_000n;
}

function plainText(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return value;
    case 'number':
    case 'bigint':
    case 'boolean':
      return String(value);
    default:
      throw new Error('a single value is wanted here');
  }
}
