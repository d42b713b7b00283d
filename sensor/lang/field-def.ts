/** Types of Falco's fields (falco-fields, legend). `dyn`: the parameter's own type (`evt.rawarg`). */
export type FieldType =
  | 'string'
  | 'path'
  | 'int'
  | 'uint'
  | 'bool'
  | 'abstime'
  | 'reltime'
  | 'ip'
  | 'net'
  | 'port'
  | 'bytes'
  | 'double'
  | 'dyn';

/** How a field's value is held in JavaScript: see `FieldValue`. `bigint` for what passes 2^53 (epoch times, cgroup ids). */
export type FieldRepr = 'string' | 'number' | 'bigint' | 'boolean' | 'ip' | 'any';

/** Can this build supply the field? `never`: always null by definition (falco-fields); `not-captured`: known and typed only. */
export type Availability = 'live' | 'not-captured' | 'never';

/** Who has a say in the value: `kernel` truth, or `subject`: the watched process can set it to what it likes. */
export type Trust = 'kernel' | 'subject' | 'config';

/**
 * A field that stands for several values in a condition: its getter returns an array.
 * `either-end`: both ends of a connection; `!=` is true when both differ, everything else when either fits.
 * `any-ancestor`: without an index, nearest first; a comparison is true when it is for any of them.
 */
export type Multi = 'either-end' | 'any-ancestor';

/** Where a value is kept: in the record itself, with the process, with its container, in a database of users, in the sensor. */
export type Home = 'event' | 'process' | 'container' | 'user' | 'sensor';

/** Kinds of events this sensor takes; each maps to one or more values of `evt.type`. */
export type EventKind =
  | 'process.fork'
  | 'process.exec'
  | 'process.exec_failed'
  | 'process.exit'
  | 'file.open'
  | 'net.connect'
  | 'net.send'
  | 'net.bind';

/** One field of the field table: the single source for checks, completion, `saker fields`, docs and push-down. */
export interface FieldDef {
  /** `proc.name`; without argument. */
  readonly name: string;
  /** Heading it is listed under: `evt`, `process`, `user`, `group`, `fd`, `fs.path`, `fdlist`, `util`, `container`, `k8s`, `k8smeta`. */
  readonly group: string;
  readonly type: FieldType;
  /** Width of a number in Falco: 16, 32 or 64; where negative constants of an unsigned field wrap. Null for what is no number. */
  readonly bits: 16 | 32 | 64 | null;
  readonly repr: FieldRepr;
  /** The value is a list (`fd.types`): only in, intersects, exists. */
  readonly list: boolean;
  /** Stands for several values in a condition (`fd.ip`, bare `proc.aname`); null for all others. */
  readonly multi: Multi | null;
  /** `none`, `required` (`evt.arg`), `optional` (`proc.aname`). */
  readonly arg: 'none' | 'required' | 'optional';
  /** What the argument may be: an index, a key, or a name checked against a table (parameter names for evt.arg, event names for evt.type.is). */
  readonly argKind: 'index' | 'key' | 'index-or-key' | 'param' | 'event' | null;
  /** How the argument is written: `evt.arg.name`, `proc.aname[2]`, or either. Null without argument. */
  readonly argForm: 'dot' | 'bracket' | 'both' | null;
  /** Not in outputs ({F}), not in conditions ({P}). */
  readonly filterOnly: boolean;
  readonly printOnly: boolean;
  readonly deprecated: boolean;
  readonly hidden: boolean;
  /** May not stand in `val()` ({R}); may not stand in a transformer ({T}). */
  readonly noRhs: boolean;
  readonly noTransform: boolean;
  readonly availability: Availability;
  /** Kinds of events that have it. Documentation only: a check outside them is null, not an error. */
  readonly kinds: readonly EventKind[] | 'all';
  readonly home: Home;
  readonly trust: Trust;
  /** Our own addition, unknown to Falco (`fd.realpath`). */
  readonly own: boolean;
  /** One or two sentences: what the value is, with unit. */
  readonly doc: string;
}

/**
 * A value of a field while rules are judged:
 * string, path, bytes → `ByteString`; int, uint, port, reltime … → number, or bigint where `repr` says so; bool → boolean;
 * ip, net → number (IPv4, unsigned, host order) or 16-character `ByteString` (IPv6; IPv4-mapped ones are numbers);
 * list fields and `multi` fields (`fd.ip`, `fd.net`, bare `proc.aname`) → array; nothing → null.
 */
export type FieldValue =
  string | number | bigint | boolean | null | readonly (string | number | bigint)[];

/** A field as it stands in a condition or an output: `proc.aname[2]`, `evt.arg.flags`. */
export interface FieldUse {
  readonly def: FieldDef;
  /** Index (`proc.aname[2]` → 2), key (`proc.env[HOME]`), parameter name (`evt.arg.flags`), or null. */
  readonly arg: string | number | null;
  /** As written: key of `output_fields`. */
  readonly text: string;
}
