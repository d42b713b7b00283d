import type { Condition, Span } from '../ir.js';

export interface Contradiction {
  readonly message: string;
  readonly hint: string | null;
  readonly span: Span;
  /** Macro the span lies in; null for the condition itself. */
  readonly macro: string | null;
}
export function findContradictions(_condition: Condition): readonly Contradiction[] {
  return [];
}
