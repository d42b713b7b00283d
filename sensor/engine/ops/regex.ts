import { toText, type ByteString } from '../../core/bytes.js';
import type { Literal } from '../../lang/ir.js';
import { RegexMatcher } from '../../lang/index.js';

/** A test of a whole value. */
export type Matcher = (value: ByteString) => boolean;

/** The literal's pattern as a test of a whole value; patterns are about text, so bytes that are no UTF-8 count as U+FFFD. */
export function compileRegex(literal: Extract<Literal, { kind: 'regex' }>): Matcher {
  const matcher = new RegexMatcher(literal.text);
  return (value) => matcher.test(toText(value));
}
