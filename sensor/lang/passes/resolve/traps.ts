import { TRANSFORMERS, printOperand } from '../../../../grammar/index.js';
import type { AstCompare, AstText } from '../../../../grammar/index.js';
import { toText } from '../../../core/bytes.js';
import { EVENT_NAMES } from '../../events/index.js';
import type { FieldDef } from '../../field-def.js';
import type { CompareOp } from '../../ir.js';
import { simplerThanRegex } from '../../regex/index.js';
import { didYouMean } from '../../../core/index.js';
import { isEventTypeValue } from '../events.js';
import { fieldText, looksLikeField } from './field-names.js';
import type { Findings } from './findings.js';

/** Warns of a system call that does not exist; false where strict mode refuses it. */
export function warnOfTraps(
  ast: AstCompare,
  op: CompareOp,
  def: FieldDef,
  strict: boolean,
  findings: Findings,
): boolean {
  let ok = true;
  if (def.name === 'syscall.type' && (op === '=' || op === 'in')) {
    for (const value of ast.right) {
      if (value.kind !== 'text' || isEventTypeValue(toText(value.value))) continue;
      ok = !strict;
      findings.report({
        code: 'unknown-syscall',
        severity: strict ? 'error' : 'warning',
        message: `no system call is named "${toText(value.value)}": this never matches`,
        hint: didYouMean(toText(value.value), EVENT_NAMES),
        span: value.span,
      });
    }
  }
  return ok;
}

/** Warns of `proc.aname != x`: true as soon as one ancestor differs. */
export function warnOfAnyAncestor(ast: AstCompare, strict: boolean, findings: Findings): void {
  const field = printOperand(ast.left);
  findings.report({
    code: 'any-ancestor-differs',
    severity: 'warning',
    message: strict
      ? `${field} != …: Falco asks whether any ancestor differs, which is nearly always so`
      : `${field} != … asks whether any ancestor differs, which is nearly always so`,
    hint: `write ${field} exists and not ${field} = …, or name one: ${field}[1] != …`,
    span: ast.span,
  });
}

/** Warns of text that reads as a call or a field, and of patterns that need no regex. */
export function warnOfLiteral(
  text: AstText,
  op: CompareOp,
  ast: AstCompare,
  findings: Findings,
): void {
  const value = toText(text.value);
  const bare = value.replaceAll(/[ \t]/g, '');
  const call = CALL.exec(bare);
  const warn = (message: string, hint: string): void => {
    findings.report({
      code: 'suspicious-literal',
      falco: 'LOAD_COMPILE_CONDITION',
      severity: 'warning',
      message,
      hint,
      span: text.span,
    });
  };
  if (call !== null)
    warn(`"${value}" is compared as text`, `write ${bare} without quotes to call ${call[1]}`);
  else if (bare.includes('.') && looksLikeField(bare)) {
    warn(
      `"${value}" is compared as text, not as the field of that name`,
      `write val(${bare}) to compare with the field`,
    );
  } else if (op === 'regex') {
    const simpler = simplerThanRegex(value);
    if (simpler !== null)
      warn(`the pattern needs no regex`, `write ${printOperand(ast.left)} ${simpler}`);
  }
}

const CALL = new RegExp(`^(${TRANSFORMERS.join('|')}|val)\\(.*\\)$`);

/** Warns that Falco honours only the first network of `fd.net in (…)`. */
export function warnFirstNet(ast: AstCompare, strict: boolean, findings: Findings): void {
  findings.report({
    code: 'net-in-first-only',
    severity: 'warning',
    message: strict
      ? 'fd.net in (…): Falco honours only the first network'
      : 'fd.net in (…) honours only the first network',
    hint: 'write fd.lnet in (…) or fd.rnet in (…): they honour all',
    span: ast.rightSpan,
  });
}

/** Warns of a comparison with `<NA>`, which no value is. */
export function warnOfUnsafeNa(ast: AstCompare, findings: Findings): void {
  const { left } = ast;
  if (left.kind !== 'field' || !/^(?:ka|jevt)\./.test(left.name)) return;
  if (!['=', '==', '!=', 'in', 'intersects', 'pmatch'].includes(ast.op)) return;
  if (ast.right.some((value) => value.kind === 'text' && value.value === '<NA>')) {
    findings.report({
      code: 'unsafe-na-check',
      falco: 'LOAD_UNSAFE_NA_CHECK',
      severity: 'warning',
      message: 'a missing value is null, never the text <NA>',
      hint: `write ${fieldText(left)} exists`,
      span: ast.span,
    });
  }
}
