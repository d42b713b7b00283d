import type { FieldUse } from '../../lang/field-def.js';
import type { Condition, Operand, Rule } from '../../lang/ir.js';

/**
 * Does a rule ask for the environment of a process? Only then the kernel reads it: secrets lie there, and it makes records of
 * programs twice as long. `evt.args`, which lists every parameter, is no such question.
 */
export function asksForEnvironment(rules: readonly Rule[]): boolean {
  return rules.some((rule) => {
    if (!rule.enabled) return false;
    const shown = [rule.output, ...rule.extraFields.map(({ tokens }) => tokens)].flat();
    return (
      inCondition(rule.condition) ||
      shown.some((token) => token.kind === 'value' && inOperand(token.operand))
    );
  });
}

function inCondition(condition: Condition): boolean {
  switch (condition.kind) {
    case 'and':
    case 'or':
      return condition.items.some(inCondition);
    case 'not':
      return inCondition(condition.item);
    case 'macro':
      return inCondition(condition.body);
    case 'exists':
      return inOperand(condition.left);
    case 'compare':
      return inOperand(condition.left) || condition.right.some(inRight);
  }
}

function inRight(right: Extract<Condition, { kind: 'compare' }>['right'][number]): boolean {
  return (right.kind === 'field' || right.kind === 'call') && inOperand(right);
}

function inOperand(operand: Operand): boolean {
  switch (operand.kind) {
    case 'field':
      return isEnvironment(operand.use);
    case 'call':
      return operand.args.some(inOperand);
    case 'literal':
      return false;
  }
}

function isEnvironment({ def, arg }: FieldUse): boolean {
  switch (def.name) {
    case 'proc.env':
    case 'proc.aenv':
      return true;
    case 'evt.arg':
    case 'evt.rawarg':
      return arg === 'env';
    default:
      return false;
  }
}
