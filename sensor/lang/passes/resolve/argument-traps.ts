import type { AstCompare, AstValue } from '../../../../grammar/index.js';
import { toBytes, toText } from '../../../core/bytes.js';
import type { FlagTable, ParamDef } from '../../events/index.js';
import { EVENTS, FLAG_TABLES, enumNames } from '../../events/index.js';
import { findField } from '../../fields/index.js';
import type { CompareOp } from '../../ir.js';
import { fieldText, isNumericParam } from './field-names.js';
import type { Findings } from './findings.js';
import type { TypedOperand } from './operands.js';

/** A comparison as strict mode reads it. */
export interface Reread {
  readonly left: TypedOperand;
  readonly right: readonly AstValue[];
}

const ORDER: readonly CompareOp[] = ['<', '<=', '>', '>='];
const EQUALITY: readonly CompareOp[] = ['=', '!=', 'in'];

/**
 * Warns of `evt.arg.NAME` compared as if it were a number or one of several names of a value: it is the text that an output shows
 * (falco-formats §7, traps 15 and 16). Strict mode compares what was meant.
 */
export function rereadArgument(
  ast: AstCompare,
  op: CompareOp,
  left: TypedOperand,
  strict: boolean,
  findings: Findings,
): Reread {
  const asWritten = { left, right: ast.right };
  if (left.def?.name !== 'evt.arg' || ast.left.kind !== 'field' || left.operand.kind !== 'field')
    return asWritten;
  const { arg } = left.operand.use;
  if (typeof arg !== 'string') return asWritten;
  const written = fieldText(ast.left);
  const raw = written.replace('evt.arg', 'evt.rawarg');
  const numeric = isNumericParam(arg);
  const byNumber = (): Reread =>
    strict && numeric ? { ...asWritten, left: asRaw(left, raw) } : asWritten;
  if (ORDER.includes(op)) {
    findings.report({
      code: 'text-comparison',
      severity: 'warning',
      message: `${written} is text: "1000" is less than "900"`,
      hint: numeric ? `write ${raw} to compare numbers` : null,
      span: ast.left.span,
    });
    return byNumber();
  }
  if (!EQUALITY.includes(op)) return asWritten;
  const words = ast.right.map((value) => (value.kind === 'text' ? toText(value.value) : null));
  if (words.length > 0 && words.every((word) => word !== null && printsOtherwise(arg, word))) {
    findings.report({
      code: 'resolved-argument',
      severity: 'warning',
      message: `${written} is a name, not a number: this compares with the text "${words[0]}"`,
      hint: `write ${raw} to compare numbers`,
      span: ast.left.span,
    });
    return byNumber();
  }
  return {
    left,
    right: ast.right.map((value) => sharedName(value, arg, written, strict, findings)),
  };
}

/** The same parameter as a number. */
function asRaw(left: TypedOperand, text: string): TypedOperand {
  if (left.operand.kind !== 'field') return left;
  const def = findField('evt.rawarg');
  if (def === undefined) return left;
  const use = { def, arg: left.operand.use.arg, text };
  return { operand: { ...left.operand, use }, def, type: 'int', list: false };
}

const paramsByName = new Map<string, ParamDef[]>();
for (const { params } of EVENTS) {
  for (const param of params) {
    const same = paramsByName.get(param.name);
    if (same === undefined) paramsByName.set(param.name, [param]);
    else same.push(param);
  }
}

const NAMED = /^(?:uid|gid|pid(?:32)?|fd(?:32)?|sigtype)$/;
const FLAGS = /^(?:enum)?flags\d+$/;

/** Is the parameter, at this number, printed as something else? Results of calls print as numbers unless they fail. */
function printsOtherwise(name: string, word: string): boolean {
  if (!/^-?[0-9]{1,15}$/.test(word)) return false;
  const number = Number(word);
  const params = paramsByName.get(name) ?? [];
  if (params.some(({ type }) => type === 'errno')) return false;
  if (params.some(({ type }) => NAMED.test(type))) return true;
  return params.every(({ type, format, flags }) => {
    if (type === 'mode' || format === 'oct') return number > 7;
    if (format === 'hex') return number > 9;
    return FLAGS.test(type) && flags !== null && enumNames(flags, number) !== null;
  });
}

/** One of several names of a value prints with the others: `AF_UNIX` never stands alone. */
function sharedName(
  value: AstValue,
  param: string,
  written: string,
  strict: boolean,
  findings: Findings,
): AstValue {
  if (value.kind !== 'text') return value;
  const name = toText(value.value);
  const tables = new Set(
    (paramsByName.get(param) ?? []).flatMap(({ type, flags }) =>
      type.startsWith('enumflags') && flags !== null ? [flags] : [],
    ),
  );
  for (const table of tables) {
    const printed = printedWith(table, name);
    if (printed === null) continue;
    findings.report({
      code: 'shared-name',
      severity: 'warning',
      message: `${written} is never "${name}" alone: the value prints as "${printed}"`,
      hint: `write ${written} contains ${name}, or = ${printed}`,
      span: value.span,
    });
    return strict ? { ...value, value: toBytes(printed) } : value;
  }
  return value;
}

/** All names of a value that has several; null where this is the only one, or none. */
function printedWith(table: FlagTable, name: string): string | null {
  const found = FLAG_TABLES[table].find(([other]) => other === name);
  const printed = found === undefined ? null : enumNames(table, found[1]);
  return printed === null || printed === name ? null : printed;
}
