import type { AstCompare, AstOperand, AstText } from '../../../../grammar/index.js';
import { toText } from '../../../core/bytes.js';
import type { CompareOp, Condition, Literal, Operand } from '../../ir.js';
import { parseLiteral } from '../../literals.js';
import { FIELD_TO_FIELD_REFUSED, MODIFIABLE, nameOfType, operatorsOf } from '../operators.js';
import { rereadArgument } from './argument-traps.js';
import { isText } from './calls.js';
import { checkEventName } from './event-names.js';
import type { Findings } from './findings.js';
import { comparedOperand } from './operands.js';
import type { TypedOperand } from './operands.js';
import {
  warnFirstNet,
  warnOfAnyAncestor,
  warnOfLiteral,
  warnOfTraps,
  warnOfUnsafeNa,
} from './traps.js';

/** Looks up both sides of a comparison and checks that its operator fits them; null, with findings, when something is wrong. */
export function resolveCompare(
  ast: AstCompare,
  strict: boolean,
  findings: Findings,
): Condition | null {
  const given = comparedOperand(ast.left, ast.span, findings);
  const op: CompareOp = ast.op === '==' ? '=' : ast.op;
  warnOfUnsafeNa(ast, findings);
  if (given === null) return null;
  if (!operatorFits(ast, op, given, findings)) return null;
  if (ast.form === 'name' && !bareNameStands(ast, strict, findings)) return null;
  const { left, right: values } = rereadArgument(ast, op, given, strict, findings);
  const onEventType = left.def?.name === 'evt.type' || callsEventType(left.operand);
  if (onEventType && (left.operand.kind === 'call' || ast.right.some((v) => v.kind !== 'text'))) {
    findings.error(
      'event-type-not-literal',
      'evt.type is compared with names of events only, without transformers',
      ast.span,
      ast.span,
    );
    return null;
  }
  const right: (Literal | Operand)[] = [];
  let ok = true;
  for (const value of values) {
    const made =
      value.kind === 'text'
        ? resolveLiteral(value, op, left, ast, strict, findings)
        : rightOperand(value, op, left, ast, findings);
    if (made === null) ok = false;
    else right.push(made);
  }
  if (!ok) return null;
  if (left.def !== null && !warnOfTraps(ast, op, left.def, strict, findings)) return null;
  const negated = op === '!=' && ast.modifier === null && isAnyAncestor(left.operand);
  if (negated) warnOfAnyAncestor(ast, strict, findings);
  const firstOnly = left.def?.name === 'fd.net' && op === 'in' && right.length > 1;
  if (firstOnly) warnFirstNet(ast, strict, findings);
  const compare = {
    kind: 'compare',
    op,
    modifier: ast.modifier,
    left: left.operand,
    right: firstOnly && !strict ? right.slice(0, 1) : right,
    span: ast.span,
  } as const;
  return negated && strict ? noneOf(compare) : compare;
}

/**
 * `proc.name in cat`: no list has the name, or it would have been put in. To Falco it is the one value in the list; strict mode
 * refuses it.
 */
function bareNameStands(ast: AstCompare, strict: boolean, findings: Findings): boolean {
  const name = toText((ast.right[0] as AstText).value);
  const op = ast.modifier === null ? ast.op : `${ast.op} ${ast.modifier}`;
  findings.report({
    code: 'list-without-parentheses',
    severity: strict ? 'error' : 'warning',
    ...(strict ? { falco: 'LOAD_ERR_COMPILE_CONDITION', at: ast.span } : {}),
    message: strict
      ? 'a list stands in parentheses'
      : `no list is called "${name}": this is a list of that one value`,
    hint: `write ${op} (${name})`,
    span: ast.rightSpan,
  });
  return !strict;
}

/** Without an index: every ancestor (falco-compat §1.7). */
function isAnyAncestor(operand: Operand): boolean {
  return (
    operand.kind === 'field' && operand.use.def.multi === 'any-ancestor' && operand.use.arg === null
  );
}

/** There are ancestors, and none of them equals: what `!=` seems to say. */
function noneOf(compare: Extract<Condition, { kind: 'compare' }>): Condition {
  const { span, left } = compare;
  const equal: Condition = { ...compare, op: '=' };
  return {
    kind: 'and',
    span,
    items: [
      { kind: 'exists', left, span },
      { kind: 'not', item: equal, span },
    ],
  };
}

function operatorFits(
  ast: AstCompare,
  op: CompareOp,
  left: TypedOperand,
  findings: Findings,
): boolean {
  const subject = left.def?.name ?? `${(left.operand as { name: string }).name}(…)`;
  const usable = operatorsOfField(subject) ?? [...operatorsOf(left)];
  if (!usable.includes(op)) {
    findings.error(
      'operator-not-for-type',
      `${subject} is ${nameOfType(left)}: "${ast.op}" does not compare that`,
      ast.opSpan,
      ast.span,
      `use one of ${usable.join(' ')} exists`,
    );
    return false;
  }
  if (ast.modifier !== null && !MODIFIABLE.has(op)) {
    findings.error(
      'modifier-not-for-operator',
      `"${ast.op}" takes no ${ast.modifier}`,
      ast.opSpan,
      ast.span,
    );
    return false;
  }
  return true;
}

/** Fields that take fewer operators than their type does. */
function operatorsOfField(name: string): readonly CompareOp[] | null {
  if (/^fd\.[cslr]ip\.name$/.test(name)) return ['=', '!=', 'in'];
  return name === 'evt.around' ? ['='] : null;
}

function callsEventType(operand: Operand): boolean {
  if (operand.kind === 'field') return operand.use.def.name === 'evt.type';
  return operand.kind === 'call' && operand.args.some(callsEventType);
}

function resolveLiteral(
  text: AstText,
  op: CompareOp,
  left: TypedOperand,
  ast: AstCompare,
  strict: boolean,
  findings: Findings,
): Literal | null {
  let { value } = text;
  if (left.def?.name === 'evt.type') {
    const name = checkEventName(text, ast.span, strict, findings);
    if (name === null) return null;
    value = name;
  }
  const result = parseLiteral(left.type, left.def?.name ?? '', op, value);
  if (!result.ok) {
    const inside = result.at !== undefined && text.value.length === text.span.end - text.span.start;
    const start = inside
      ? text.span.start + Math.min(result.at, text.value.length - 1)
      : text.span.start;
    const span = inside ? { start, end: start + 1 } : text.span;
    const code = op === 'regex' ? 'bad-regex' : 'bad-literal';
    findings.error(code, result.message, span, ast.span, result.hint ?? null);
    return null;
  }
  warnOfLiteral(text, op, ast, findings);
  return result.literal;
}

function rightOperand(
  value: AstOperand,
  op: CompareOp,
  left: TypedOperand,
  ast: AstCompare,
  findings: Findings,
): Operand | null {
  const right = comparedOperand(value, ast.span, findings);
  if (right === null) return null;
  const refuse = (message: string, hint: string | null = null): null => {
    findings.error('field-comparison', message, value.span, ast.span, hint);
    return null;
  };
  if (right.def?.noRhs === true) {
    const { name } = right.def;
    return refuse(
      `${name} cannot stand on the right-hand side`,
      `it may on the left: ${name} ${ast.op} …`,
    );
  }
  if (FIELD_TO_FIELD_REFUSED.has(op))
    return refuse(`"${op}" compares with literals only`, 'write the patterns themselves');
  if (left.type === 'net' || right.type === 'net')
    return refuse('networks are compared with literals only', 'as in fd.snet = 10.0.0.0/8');
  const same = sameType(left, right);
  if (!same || left.list !== right.list) {
    return refuse(
      `${nameOfType(left)} is not compared with ${nameOfType(right)}${differs(left, right)}`,
    );
  }
  return right.operand;
}

/** What the words for both types do not tell. */
function differs(left: TypedOperand, right: TypedOperand): string {
  if (nameOfType(left) !== nameOfType(right)) return '';
  return left.type === right.type ? ' of another width' : ': one has a sign, the other has none';
}

/** Text with text; numbers only of the same sign and width, as Falco types them. */
function sameType(left: TypedOperand, right: TypedOperand): boolean {
  if (isText(left.type) && isText(right.type)) return true;
  return left.type === right.type && (left.def?.bits ?? 64) === (right.def?.bits ?? 64);
}
