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

/** One field of the field table: the single source for checks, completion, `saker fields`, docs and push-down. */
export interface FieldDef {
  /** `proc.name`; without argument. */
  readonly name: string;
  readonly type: FieldType;
  readonly repr: FieldRepr;
  /** The value is a list (`fd.types`): only in, intersects, exists. */
  readonly list: boolean;
  /** `none`, `required` (`evt.arg`), `optional` (`proc.aname`). */
  readonly arg: 'none' | 'required' | 'optional';
  /** What the argument may be: an index, a key, or a name checked against a table (parameter names for evt.arg). */
  readonly argKind: 'index' | 'key' | 'index-or-key' | 'param' | null;
  /** Not in outputs ({F}), not in conditions ({P}). */
  readonly filterOnly: boolean;
  readonly printOnly: boolean;
  readonly deprecated: boolean;
  readonly hidden: boolean;
  /** May not stand in `val()` ({R}); may not stand in a transformer ({T}). */
  readonly noRhs: boolean;
  readonly noTransform: boolean;
  /** Names of events (evt.type) that have it, or `all`. Documentation only: a check outside them is null, not an error. */
  readonly availability: Availability;
  readonly trust: Trust;
  /** Our own addition, unknown to Falco (`fd.realpath`). */
  readonly own: boolean;
  /** One or two sentences: what the value is, with unit. */
  readonly doc: string;
}

/**
 * A value of a field while rules are judged:
 * string, path, bytes → `ByteString`; int, uint, port, reltime … → number, or bigint where `repr` says so; bool → boolean;
 * ip → number (IPv4, unsigned, host order) or 16-character `ByteString` (IPv6; IPv4-mapped ones are numbers);
 * list fields and both-ends fields (`fd.ip`, `fd.port`, `fd.net`) → array; nothing → null.
 */
export type FieldValue = string | number | bigint | boolean | null | readonly (string | number | bigint)[];

/** A field as it stands in a condition or an output: `proc.aname[2]`, `evt.arg.flags`. */
export interface FieldUse {
  readonly def: FieldDef;
  /** Index (`proc.aname[2]` → 2), key (`proc.env[HOME]`), parameter name (`evt.arg.flags`), or null. */
  readonly arg: string | number | null;
  /** As written: key of `output_fields`. */
  readonly text: string;
}
