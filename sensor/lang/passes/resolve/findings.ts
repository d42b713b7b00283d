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
      hint,
      span,
      at: check,
    });
  }
}
