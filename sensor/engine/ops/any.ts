import type { CompareOp, Literal } from '../../lang/ir.js';
import { compareScalars } from './compare.js';

type Scalar = string | number | bigint | boolean;

/**
 * A value whose type only the event knows (`evt.rawarg`) against a literal: numbers by value where the literal is one, else
 * as text. A literal that cannot be of the value's type is different from it, and neither smaller nor larger.
 */
export function compareAny(op: CompareOp, value: Scalar, literal: Literal): boolean {
  const right = convert(value, literal);
  return right === null ? op === '!=' : compareScalars(op, value, right);
}

function convert(value: Scalar, literal: Literal): Scalar | null {
  if (literal.kind === 'net' || literal.kind === 'regex') return null;
  const text = String(literal.value);
  switch (typeof value) {
    case 'string':
      return text;
    case 'boolean':
      return text === 'true' ? true : text === 'false' ? false : null;
    default:
      return /^-?\d+$/.test(text) ? BigInt(text) : null;
  }
}
