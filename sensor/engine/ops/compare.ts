import type { FieldValue } from '../../lang/field-def.js';
import type { CompareOp } from '../../lang/ir.js';
import { containsFolded, lowerAscii } from './fold.js';
import { compileGlob } from './glob.js';

type Scalar = string | number | bigint | boolean;

/**
 * One value against another (`val(…)`, transformers), by the types they have. Numbers and big numbers mix; anything else
 * of unequal type is simply different.
 */
export function compareScalars(op: CompareOp, left: Scalar, right: Scalar): boolean {
  switch (op) {
    case '=':
    case 'in':
    case 'intersects':
      return same(left, right);
    case '!=':
      return !same(left, right);
    case '<':
      return comparable(left, right) && left < right;
    case '<=':
      return comparable(left, right) && left <= right;
    case '>':
      return comparable(left, right) && left > right;
    case '>=':
      return comparable(left, right) && left >= right;
    default:
      return typeof left === 'string' && typeof right === 'string' && compareText(op, left, right);
  }
}

function compareText(op: CompareOp, left: string, right: string): boolean {
  switch (op) {
    case 'contains':
      return left.includes(right);
    case 'icontains':
      return containsFolded(left, lowerAscii(right));
    case 'startswith':
      return left.startsWith(right);
    case 'endswith':
      return left.endsWith(right);
    case 'glob':
      return compileGlob(right).test(left);
    case 'iglob':
      return compileGlob(right, true).test(left);
    default:
      return false;
  }
}

/** Equal, numbers by value whatever their type. */
export function same(left: Scalar, right: Scalar): boolean {
  if (typeof left === 'bigint' || typeof right === 'bigint') {
    return isNumeric(left) && isNumeric(right) && left == right;
  }
  return left === right;
}

function comparable(left: Scalar, right: Scalar): boolean {
  return isNumeric(left) ? isNumeric(right) : typeof left === typeof right;
}

function isNumeric(value: Scalar): boolean {
  return typeof value === 'number' || typeof value === 'bigint';
}

/** Is `left` the right-hand value, or (when that is a list) one of its values? */
export function amongValues(left: Scalar, right: FieldValue): boolean {
  if (right === null) return false;
  if (typeof right !== 'object') return same(left, right);
  for (const item of right) if (same(left, item)) return true;
  return false;
}
