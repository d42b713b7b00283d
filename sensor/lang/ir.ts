import type { FieldUse } from './field-def.js';
import type { ByteString } from '../core/bytes.js';

/** Where something stands: offsets in a source text (UTF-16 units), end exclusive. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export type CompareOp =
  | '='
  | '!='
  | '<'
  | '<='
  | '>'
  | '>='
  | 'contains'
  | 'icontains'
  | 'bcontains'
  | 'startswith'
  | 'bstartswith'
  | 'endswith'
  | 'glob'
  | 'iglob'
  | 'regex'
  | 'in'
  | 'intersects'
  | 'pmatch';

export type Modifier = 'oneof' | 'anyof' | 'allof';

/** An address (IPv4 in 32 bits, IPv6 in 128; IPv4-mapped is IPv4) with the length of its prefix. */
export interface Net {
  readonly family: 4 | 6;
  readonly address: bigint;
  readonly bits: number;
}

/** A literal, parsed once by the type of the field it meets. */
export type Literal =
  | { readonly kind: 'string'; readonly value: ByteString }
  | { readonly kind: 'int'; readonly value: bigint }
  | { readonly kind: 'bool'; readonly value: boolean }
  | { readonly kind: 'net'; readonly value: Net }
  /** `text` is the pattern, in RE2's POSIX syntax; it matches the whole value, as text, not as bytes. */
  | {
      readonly kind: 'regex';
      readonly source: string;
      readonly flags: string;
      readonly text: string;
    };

export type TransformerName =
  'tolower' | 'toupper' | 'b64' | 'basename' | 'len' | 'join' | 'concat' | 'getopt';

/** A left-hand side, or a right-hand `val()`. */
export type Operand =
  | { readonly kind: 'field'; readonly use: FieldUse; readonly span: Span }
  | { readonly kind: 'literal'; readonly value: ByteString; readonly span: Span }
  | {
      readonly kind: 'call';
      readonly name: TransformerName;
      readonly args: readonly Operand[];
      /** `getopt(proc.args, "ab:")[b]` → `b`. */
      readonly index: string | null;
      readonly span: Span;
    };

/**
 * A condition, resolved and typed: names are looked up, macros stand in place, literals are parsed by type.
 * A macro's body is the same object wherever it is used, so a back end can evaluate it once per event.
 */
export type Condition =
  | { readonly kind: 'and' | 'or'; readonly items: readonly Condition[]; readonly span: Span }
  | { readonly kind: 'not'; readonly item: Condition; readonly span: Span }
  | { readonly kind: 'macro'; readonly name: string; readonly body: Condition; readonly span: Span }
  | { readonly kind: 'exists'; readonly left: Operand; readonly span: Span }
  | {
      readonly kind: 'compare';
      readonly op: CompareOp;
      readonly modifier: Modifier | null;
      readonly left: Operand;
      /** Literals, or operands (`val(...)`, transformers). One for a scalar operator, any number for in/intersects/pmatch/modifiers. */
      readonly right: readonly (Literal | Operand)[];
      readonly span: Span;
    };

/** One piece of an output: literal text or a field, perhaps through transformers, perhaps cut and padded to a width in bytes. */
export type OutputToken =
  | { readonly kind: 'text'; readonly text: string }
  | {
      readonly kind: 'value';
      readonly operand: Operand;
      readonly width: number;
      readonly text: string;
    };

/** A member of `output_fields` that the message does not show. */
export interface ExtraField {
  readonly key: string;
  readonly tokens: readonly OutputToken[];
  /** Text made from the tokens; else the one field they hold, with its own type. */
  readonly formatted: boolean;
}

export type Priority =
  'Emergency' | 'Alert' | 'Critical' | 'Error' | 'Warning' | 'Notice' | 'Informational' | 'Debug';

/** In falling severity: the index is the syslog severity. */
export const PRIORITIES: readonly Priority[] = [
  'Emergency',
  'Alert',
  'Critical',
  'Error',
  'Warning',
  'Notice',
  'Informational',
  'Debug',
];

/** What a rule does besides alerting. `null`: observe only. */
export interface RuleAction {
  readonly action: 'block' | 'deny' | 'kill';
  readonly mode: 'audit' | 'enforce';
  readonly reply: 'reject' | 'drop';
}

/** A rule ready for the back ends. */
export interface Rule {
  readonly name: string;
  readonly description: string;
  readonly condition: Condition;
  readonly output: readonly OutputToken[];
  /** Added by the configuration. */
  readonly extraFields: readonly ExtraField[];
  readonly priority: Priority;
  readonly source: string;
  readonly tags: readonly string[];
  readonly enabled: boolean;
  readonly action: RuleAction | null;
  /** `capture: true`: an alert of the rule begins a capture of what follows. 0: as long as the configuration says. */
  readonly capture: { readonly durationMs: number } | null;
  /** Names of events the condition can match (inference), or `all`. */
  readonly events: ReadonlySet<string> | 'all';
  /** Where it is defined. */
  readonly file: string;
  readonly line: number;
  /** The condition's text after list expansion, which spans in `condition` refer to. */
  readonly conditionText: string;
}

/** Everything a load gives: rules in order of evaluation. */
export interface RuleSet {
  readonly rules: readonly Rule[];
}
