import type { FieldUse, FieldValue } from '../lang/field-def.js';
import type { Rule } from '../lang/ir.js';

/** Reads one field of the current event. Never throws; null when the event has no such value. */
export type Getter<E> = (event: E) => FieldValue;

/**
 * Where field values come from. Two exist: the live one (identity/fields: record, process table, containers) and the one
 * over plain values (`saker rules test`, `eval`). Asked once per field use at compile time.
 */
export interface FieldSource<E> {
  getter(use: FieldUse): Getter<E>;
}

/** A rule that matched, and how to tell of it. */
export interface Match<E> {
  readonly rule: Rule;
  /** The message: output with values put in; text (UTF-8), unescaped. */
  message(event: E): string;
  /** `output_fields` as JSON text, keys in alphabetical order, integers in full (falco-formats §2.3). `timeNs`: value of evt.time. */
  fieldsJson(event: E, timeNs: bigint): string;
}

/** A compiled rule set. */
export interface Engine<E> {
  /**
   * Judges one event.
   * @param type - Dense id of its `evt.type` (lang/event-types).
   * @returns the rules that matched, in order; the array is reused by the next call.
   */
  match(type: number, event: E): readonly Match<E>[];
  /** Event types (dense ids) that any rule looks at. */
  readonly types: ReadonlySet<number>;
}
