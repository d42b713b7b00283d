import type { FieldUse } from '../lang/field-def.js';
import type { CompareOp, Literal, Operand } from '../lang/ir.js';

/**
 * How many values an operand has, and what a comparison says of several:
 * - `scalar`: one;
 * - `list`: `in` asks all, `intersects` any; an empty list is no value;
 * - `ancestors`: from the parent up; every comparison asks whether any of them satisfies it, `!=` too;
 * - `ends`: both ends of a connection (or the one of a bound socket); `!=` asks both, everything else either.
 */
export type Shape = 'scalar' | 'list' | 'ancestors' | 'ends';

/** What literals an operand is compared with. `any`: the event decides (`evt.rawarg`). */
export type Domain = 'string' | 'int' | 'bool' | 'net' | 'any';

export function shapeOfUse(use: FieldUse): Shape {
  const { list, multi, name } = use.def;
  if (list) return 'list';
  switch (multi) {
    case 'either-end':
      return 'ends';
    case 'any-ancestor': {
      // A number after proc.aenv is no level in a condition: it asks any ancestor's whole environment, as the bare field does.
      const any = use.arg === null || (name === 'proc.aenv' && /^\d+$/.test(String(use.arg)));
      return any ? 'ancestors' : 'scalar';
    }
    case null:
      return 'scalar';
  }
}

export function shapeOf(operand: Operand): Shape {
  switch (operand.kind) {
    case 'field':
      return shapeOfUse(operand.use);
    case 'literal':
      return 'scalar';
    case 'call': {
      if (operand.name === 'getopt') return operand.index === null ? 'list' : 'scalar';
      const keepsLists = ['tolower', 'toupper', 'basename', 'b64'].includes(operand.name);
      return keepsLists && operand.args[0] !== undefined ? shapeOf(operand.args[0]) : 'scalar';
    }
  }
}

export function domainOf(operand: Operand): Domain {
  if (operand.kind === 'literal') return 'string';
  if (operand.kind === 'call') return operand.name === 'len' ? 'int' : 'string';
  switch (operand.use.def.repr) {
    case 'boolean':
      return 'bool';
    case 'ip':
      return 'net';
    case 'number':
    case 'bigint':
      return 'int';
    case 'string':
      return 'string';
    case 'any':
      return 'any';
  }
}

export function isLiteral(right: Literal | Operand): right is Literal {
  return right.kind !== 'field' && right.kind !== 'literal' && right.kind !== 'call';
}

/** `evt.around[T] = D` asks whether the event lies within D of T: the field's value is its distance from T (falco-fields §1.2). */
export function effectiveOp(op: CompareOp, left: Operand): CompareOp {
  const within = op === '=' && left.kind === 'field' && left.use.def.name === 'evt.around';
  return within ? '<=' : op;
}

/** Fields whose value depends on how often, or when, this very occurrence was asked: never shared, never reordered. */
export function isStateful(operand: Operand): boolean {
  switch (operand.kind) {
    case 'field':
      return /^(evt\.deltatime|util\.cnt)/.test(operand.use.def.name);
    case 'literal':
      return false;
    case 'call':
      return operand.args.some(isStateful);
  }
}
