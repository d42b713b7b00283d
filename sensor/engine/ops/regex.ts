import { setFlagsFromString } from 'node:v8';
import type { Literal } from '../../lang/ir.js';

/**
 * After 50,000 backtracks V8 goes on with its linear-time engine, so a hostile pattern or value costs milliseconds, not
 * hours. The flag counts for the whole process; set before the first expression is compiled.
 */
setFlagsFromString('--enable-experimental-regexp-engine-on-excessive-backtracks');

/** The literal's expression, which matches the whole value, as text. */
export function compileRegex(literal: Extract<Literal, { kind: 'regex' }>): RegExp {
  return new RegExp(literal.source, literal.flags);
}
