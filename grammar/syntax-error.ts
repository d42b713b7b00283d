import type { AstSpan } from './ast.js';

/** What the text breaks, and where. */
export class ConditionSyntaxError extends Error {
  override readonly name = 'ConditionSyntaxError';
  constructor(
    message: string,
    readonly span: AstSpan,
    readonly hint?: string,
  ) {
    super(message);
  }
}
