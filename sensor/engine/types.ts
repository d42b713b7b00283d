import type { FieldUse, FieldValue } from '../lang/field-def.js';
import type { Rule } from '../lang/ir.js';

/** Reads one field of the current event. Never throws; null when the event has no such value. */
export type Getter<E> = (event: E) => FieldValue;

/**
 * Where a field stands. In an output a bare `proc.aname` is the ancestors' names joined by blanks, `proc.apid` and `proc.aenv` are
 * the process's own; in a condition all three are lists of ancestors.
 */
export type FieldPlace = 'condition' | 'output';

/** Where a text lies among the bytes of an event: from `start` up to `end`. */
export interface TextSpan {
  bytes: Uint8Array;
  start: number;
  end: number;
}

/** Finds a field's bytes. False: they do not lie anywhere as they are, or there is no value; the getter says which. */
export type SpanGetter<E> = (event: E, span: TextSpan) => boolean;

/**
 * Where field values come from. Two exist: the live one (identity/fields: record, process table, containers) and the one
 * over plain values (`saker rules test`, `eval`). Asked once per field use at compile time.
 */
export interface FieldSource<E> {
  /**
   * @param place - Some fields differ: in an output a bare `proc.apid` is the process's own id, a bare `proc.aenv` its own
   *   environment. Default: condition.
   */
  getter(use: FieldUse, place?: 'condition' | 'output'): Getter<E>;
  /** For a field of type text whose value often lies in the event as it is: comparing it there makes no string. Null for others. */
  span?(use: FieldUse): SpanGetter<E> | null;
}

/** The names of event types (`evt.type`) and their dense ids. */
export interface EventTypes {
  /** Names in the order of their ids. */
  readonly names: readonly string[];
}

/** `first`: an event alerts for the first rule it matches, in the order of definition (Falco's default); `all`: for every one. */
export type RuleMatching = 'first' | 'all';

/** How a rule set is compiled. */
export interface CompileOptions<E> {
  readonly fields: FieldSource<E>;
  readonly types: EventTypes;
  readonly matching: RuleMatching;
  /** Told of an event on which a getter threw: the rules concerned were taken as not matching. */
  readonly onError?: (rule: Rule, error: unknown) => void;
}

/** A rule that matched, and how to tell of it. */
export interface Match<E> {
  readonly rule: Rule;
  /** The message: output with values put in; text (UTF-8), unescaped. */
  message(event: E): string;
  /** The rule itself shows `evt.time`, which every alert has as the time of its prefix. */
  readonly showsTime: boolean;
  /** `output_fields` as JSON text, keys in alphabetical order, integers in full (falco-formats §2.3). `timeNs`: value of evt.time. */
  fieldsJson(event: E, timeNs: bigint): string;
  /** The members of `fieldsJson`, in its order, values as JSON text: for who has members to add. */
  fields(event: E, timeNs: bigint): [key: string, json: string][];
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

/** What `compileRules` gives: the engine and what was left to others. */
export interface CompiledEngine<E> extends Engine<E> {
  /** Rules judged here: enabled, of the syscall source, without an action. */
  readonly rules: readonly Rule[];
  /** Rules with an action: their alerts come from verdicts, not from `match`. `matchOf` renders them. */
  readonly actionRules: readonly Rule[];
  /** The output of any rule of the set, also of those with an action. */
  matchOf(rule: Rule): Match<E>;
  /** Rule evaluations that a throwing getter ended. */
  readonly errors: number;
}
