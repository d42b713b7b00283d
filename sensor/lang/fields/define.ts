import type {
  Availability,
  EventKind,
  FieldDef,
  FieldRepr,
  FieldType,
  Home,
  Multi,
  Trust,
} from '../field-def.js';

/**
 * A row of the table: name, type, marks, documentation, and what departs from the group's defaults.
 *
 * Marks are the reference's letters: A argument required, a optional; F only in conditions, P only in outputs; D deprecated,
 * H hidden; R not on the right-hand side, T not in a transformer; L a list.
 */
export type FieldRow = readonly [
  name: string,
  type: FieldType | keyof typeof NARROW,
  marks: string,
  doc: string,
  departs?: FieldOptions,
];

export interface FieldOptions {
  readonly availability?: Availability;
  readonly repr?: FieldRepr;
  readonly argKind?: FieldDef['argKind'];
  readonly argForm?: FieldDef['argForm'];
  readonly multi?: Multi;
  readonly kinds?: readonly EventKind[] | 'all';
  readonly home?: Home;
  readonly trust?: Trust;
  readonly own?: boolean;
}

/** Numbers narrower than 64 bits. */
const NARROW = {
  int16: { type: 'int', bits: 16 },
  int32: { type: 'int', bits: 32 },
  uint32: { type: 'uint', bits: 32 },
} as const;

const BITS: Readonly<Partial<Record<FieldType, FieldDef['bits']>>> = {
  int: 64,
  uint: 64,
  abstime: 64,
  reltime: 64,
  double: 64,
  port: 16,
};

/** What most fields of a group have in common. */
export interface GroupDefaults {
  readonly group: string;
  readonly home: Home;
  readonly trust: Trust;
  readonly availability?: Availability;
  readonly kinds?: readonly EventKind[] | 'all';
}

const REPR: Readonly<Record<FieldType, FieldRepr>> = {
  string: 'string',
  path: 'string',
  bytes: 'string',
  int: 'number',
  uint: 'number',
  port: 'number',
  double: 'number',
  reltime: 'number',
  abstime: 'bigint',
  bool: 'boolean',
  ip: 'ip',
  net: 'ip',
  dyn: 'any',
};

/** Turns rows into definitions. */
export function defineFields(
  defaults: GroupDefaults,
  rows: readonly FieldRow[],
): readonly FieldDef[] {
  return rows.map(([name, written, marks, doc, departs = {}]) => {
    const { type, bits } =
      written in NARROW
        ? NARROW[written as keyof typeof NARROW]
        : { type: written as FieldType, bits: BITS[written as FieldType] ?? null };
    const arg = marks.includes('A') ? 'required' : marks.includes('a') ? 'optional' : 'none';
    return Object.freeze({
      name,
      group: defaults.group,
      type,
      bits,
      repr: departs.repr ?? REPR[type],
      list: marks.includes('L'),
      multi: departs.multi ?? null,
      arg,
      argKind: arg === 'none' ? null : (departs.argKind ?? 'key'),
      argForm: arg === 'none' ? null : (departs.argForm ?? 'bracket'),
      filterOnly: marks.includes('F'),
      printOnly: marks.includes('P'),
      deprecated: marks.includes('D'),
      hidden: marks.includes('H'),
      noRhs: marks.includes('R'),
      noTransform: marks.includes('T'),
      availability: departs.availability ?? defaults.availability ?? 'live',
      kinds: departs.kinds ?? defaults.kinds ?? 'all',
      home: departs.home ?? defaults.home,
      trust: departs.trust ?? defaults.trust,
      own: departs.own ?? false,
      doc,
    });
  });
}

/** Kinds that concern a file descriptor. */
export const FD_KINDS: readonly EventKind[] = ['file.open', 'net.connect', 'net.send', 'net.bind'];
/** Kinds that concern a socket. */
export const NET_KINDS: readonly EventKind[] = ['net.connect', 'net.send', 'net.bind'];
