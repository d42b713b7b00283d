import type { Ast, AstOperand } from '../../../../grammar/index.js';
import type { Condition, Span } from '../../ir.js';
import { didYouMean } from '../../../core/index.js';
import { resolveCompare } from './comparisons.js';
import { Findings } from './findings.js';
import type { ConditionFinding } from './findings.js';
import { comparedOperand, typedOperand } from './operands.js';
import type { TypedOperand } from './operands.js';

/** What names in a condition refer to. */
export interface ResolveScope {
  /** The body of a macro; null when it is known but has errors of its own; undefined when it is not visible. */
  macro(name: string): Condition | null | undefined;
  /** Words for "did you mean" behind an unknown macro. */
  macroNames(): Iterable<string>;
  /** Why an invisible macro is invisible, when it exists at all. */
  whyInvisible?(name: string): string | null;
  /** Is it invisible because it refers to itself? */
  isLoop?(name: string): boolean;
  /** All networks of `fd.net in (…)` count, as one would think (`--compat strict`). */
  readonly strict: boolean;
}

/** A condition with names looked up, macros in place and literals typed; null when something is wrong with it. */
export interface Resolved {
  readonly condition: Condition | null;
  readonly findings: readonly ConditionFinding[];
}

/** Looks up names and checks types in a syntax tree. */
export function resolve(ast: Ast, scope: ResolveScope): Resolved {
  const findings = new Findings();
  const condition = resolveCondition(ast, scope, findings);
  return { condition, findings: findings.all };
}

/** As `resolve`, for one operand: outputs and exceptions name fields and transformers too. */
export function resolveOperand(operand: AstOperand): {
  readonly value: TypedOperand | null;
  readonly findings: readonly ConditionFinding[];
} {
  const findings = new Findings();
  return { value: typedOperand(operand, operand.span, findings), findings: findings.all };
}

function resolveCondition(ast: Ast, scope: ResolveScope, findings: Findings): Condition | null {
  switch (ast.kind) {
    case 'and':
    case 'or': {
      const items = ast.items.map((item) => resolveCondition(item, scope, findings));
      const whole = items.filter((item) => item !== null);
      if (whole.length < items.length) return null;
      return { kind: ast.kind, items: whole, span: ast.span };
    }
    case 'not': {
      const item = resolveCondition(ast.item, scope, findings);
      return item === null ? null : { kind: 'not', item, span: ast.span };
    }
    case 'macro':
      return resolveMacro(ast.name, ast.span, scope, findings);
    case 'exists': {
      const left = comparedOperand(ast.left, ast.span, findings);
      return left === null ? null : { kind: 'exists', left: left.operand, span: ast.span };
    }
    case 'compare':
      return resolveCompare(ast, scope.strict, findings);
  }
}

function resolveMacro(
  name: string,
  span: Span,
  scope: ResolveScope,
  findings: Findings,
): Condition | null {
  const body = scope.macro(name);
  if (body != null) return { kind: 'macro', name, body, span };
  if (body === undefined) {
    const why = scope.whyInvisible?.(name) ?? null;
    findings.report({
      code: 'unknown-macro',
      falco: 'LOAD_ERR_VALIDATE',
      message: why ?? `unknown macro "${name}"`,
      falcoMessage:
        scope.isLoop?.(name) === true
          ? `reference loop in macro '${name}'`
          : `Undefined macro '${name}' used in filter.`,
      hint: why !== null ? null : macroHint(name, scope),
      span,
    });
  }
  return null;
}

function macroHint(name: string, scope: ResolveScope): string | null {
  if (name === 'and' || name === 'or')
    return `"${name}" reads as the name of a macro where a check is due`;
  return didYouMean(name, scope.macroNames()) ?? 'a field has a dot, as proc.name';
}
