import type { Finding } from '../../diagnostic.js';
import type { Span } from '../../ir.js';

/** Something about a condition, at a span of its text. */
export interface ConditionFinding extends Finding {
  readonly span: Span;
  /** A field or event type that is not known: `skip-if-unknown-filter` forgives it. */
  readonly unknown?: boolean;
  /** Where Falco places it, if elsewhere: errors stand at the start of the check. */
  readonly at?: Span;
}

/** What to do about a fault that has no hint of its own. */
const ADVICE: Readonly<Record<string, string>> = {
  'bad-regex':
    'patterns are those of RE2 in POSIX mode: classes as [[:digit:]], no \\d \\w \\b, no (?…)',
  'field-comparison': 'both sides need one type, of the same width and sign',
  'no-transformer': 'compare the field itself',
  'field-only-in-outputs': 'evt.time is its twin for conditions',
  'event-type-not-literal': 'write evt.type = open, or evt.type in (open, openat)',
  'bad-argument': 'as in tolower(proc.name), len(proc.cmdline), concat(proc.name, "-", proc.pname)',
  'modifier-not-for-operator': 'oneof, anyof and allof go with = != and the operators of text',
};

/** What the look-up of one condition reports, in order. */
export class Findings {
  readonly all: ConditionFinding[] = [];

  report(finding: ConditionFinding): void {
    this.all.push(finding);
  }

  /** An error that Falco places at `check`, the start of the whole check. */
  error(code: string, message: string, span: Span, check: Span, hint: string | null = null): void {
    this.report({
      code,
      falco: 'LOAD_ERR_COMPILE_CONDITION',
      message,
      hint: hint ?? ADVICE[code] ?? null,
      span,
      at: check,
    });
  }
}
