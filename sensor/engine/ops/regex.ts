import { toText, type ByteString } from '../../core/bytes.js';
import type { Literal } from '../../lang/ir.js';
import { RegexMatcher } from '../../lang/index.js';

/** The literal's pattern as a test of a whole value; patterns are about text, so bytes that are no UTF-8 count as U+FFFD. */
export function compileRegex(
  literal: Extract<Literal, { kind: 'regex' }>,
): (value: ByteString) => boolean {
  const matcher = new RegexMatcher(literal.source);
  return (value) => matcher.test(toText(value));
}
