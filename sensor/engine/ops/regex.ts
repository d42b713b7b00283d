import { RegexMatcher } from '../../lang/index.js';
import type { Literal } from '../../lang/ir.js';

/** What a pattern and a glob have in common. */
export interface Matcher {
  test(subject: string): boolean;
}

/** The literal's pattern, in RE2's meaning and in linear time; matches the whole value, as text. */
export function compileRegex(literal: Extract<Literal, { kind: 'regex' }>): Matcher {
  return new RegexMatcher(literal.text);
}
