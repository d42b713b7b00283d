import type { AstCall, AstField, AstOperand, AstText } from '../../../../grammar/index.js';
import { toText } from '../../../core/bytes.js';
import type { FieldDef } from '../../field-def.js';
import { splitFieldName } from '../../fields/index.js';
import type { Operand, Span } from '../../ir.js';
import type { ValueType } from '../operators.js';
import { isArgList, typeOfCall } from './calls.js';
import { argumentHint, fieldText, suggestField, typeOfUse } from './field-names.js';
import type { Findings } from './findings.js';

/** An operand with the type of its value. */
export interface TypedOperand extends ValueType {
  readonly operand: Operand;
  /** Definition behind a plain field. */
  readonly def: FieldDef | null;
}

/** Looks up a field or a call of a transformer; null, with a finding, when something is wrong with it. */
export function typedOperand(
  ast: AstOperand,
  check: Span,
  findings: Findings,
): TypedOperand | null {
  return ast.kind === 'field'
    ? resolveField(ast, check, findings)
    : resolveCall(ast, check, findings);
}

/** As `typedOperand`, where a field that stands in outputs only is an error. */
export function comparedOperand(
  ast: AstOperand,
  check: Span,
  findings: Findings,
): TypedOperand | null {
  const left = typedOperand(ast, check, findings);
  if (left?.def?.printOnly === true) {
    findings.error(
      'field-only-in-outputs',
      `${left.def.name} can only stand in outputs`,
      ast.span,
      check,
    );
    return null;
  }
  return left;
}

function resolveField(ast: AstField, check: Span, findings: Findings): TypedOperand | null {
  const written = fieldText(ast);
  const found = splitFieldName(ast.name, ast.arg === null ? null : toText(ast.arg));
  if (!found.ok) {
    findings.report({
      code: found.problem,
      falco: 'LOAD_ERR_COMPILE_CONDITION',
      message: found.reason,
      ...(found.problem === 'unknown-field'
        ? { falcoMessage: `filter_check called with nonexistent field ${written}` }
        : {}),
      hint:
        found.problem === 'unknown-field'
          ? (suggestField(ast.name) ?? 'saker fields lists them')
          : argumentHint(ast, found.def),
      span: ast.span,
      at: check,
      unknown: true,
    });
    return null;
  }
  const { def } = found;
  if (def.deprecated) {
    findings.report({
      code: 'deprecated-field',
      falco: 'LOAD_DEPRECATED_ITEM',
      severity: 'warning',
      message: `${def.name} is deprecated: ${def.doc}`,
      deprecatedField: def.name,
      span: ast.span,
      at: check,
    });
  }
  if (def.availability === 'not-captured') {
    findings.report({
      code: 'not-captured',
      severity: 'warning',
      message: `${def.name} is not captured yet: it has no value, so every comparison with it is false`,
      span: ast.span,
    });
  }
  const use = { def, arg: found.arg, text: written };
  const operand: Operand = { kind: 'field', use, span: ast.span };
  return { operand, def, type: typeOfUse(def, found.arg), list: def.list };
}

function resolveCall(ast: AstCall, check: Span, findings: Findings): TypedOperand | null {
  const args: Operand[] = [];
  const types: ValueType[] = [];
  let ok = true;
  const add = (arg: AstOperand | AstText): void => {
    if (arg.kind === 'text') {
      args.push({ kind: 'literal', value: arg.value, span: arg.span });
      types.push({ type: 'string', list: false });
      return;
    }
    const value = comparedOperand(arg, check, findings);
    if (value === null) ok = false;
    else if (value.def?.noTransform === true) {
      findings.error('no-transformer', `${value.def.name} cannot be transformed`, arg.span, check);
      ok = false;
    } else {
      args.push(value.operand);
      types.push(value);
    }
  };
  for (const arg of ast.args) {
    if (isArgList(arg)) {
      if (ast.name !== 'join') {
        findings.error(
          'bad-argument',
          `${ast.name} takes no list`,
          arg[0]?.span ?? ast.span,
          check,
        );
        ok = false;
      } else arg.forEach(add);
    } else add(arg);
  }
  if (!ok) return null;
  const result = typeOfCall(ast, types, check, findings);
  if (result === null) return null;
  const operand: Operand = {
    kind: 'call',
    name: ast.name,
    args,
    index: ast.index,
    span: ast.span,
  };
  return { operand, def: null, ...result };
}
