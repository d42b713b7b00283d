import { toText, type ByteString } from '../core/bytes.js';
import type { FieldValue } from '../lang/field-def.js';
import type { Condition, Literal, Operand } from '../lang/ir.js';
import { addressOf } from './ops/net.js';
import { addressText } from '../core/index.js';
import { domainOf, isLiteral } from './shape.js';

/** A typed condition in the language's words. A macro is its name. */
export function printCondition(condition: Condition): string {
  switch (condition.kind) {
    case 'and':
    case 'or':
      return `(${condition.items.map(printCondition).join(` ${condition.kind} `)})`;
    case 'not':
      return `not ${printCondition(condition.item)}`;
    case 'macro':
      return condition.name;
    case 'exists':
      return `${printOperand(condition.left)} exists`;
    case 'compare':
      return printCompare(condition);
  }
}

const LIST_OPS = new Set(['in', 'intersects', 'pmatch']);

function printCompare(condition: Extract<Condition, { kind: 'compare' }>): string {
  const { left, op, modifier, right } = condition;
  const values = right.map((item) => (isLiteral(item) ? printLiteral(item) : printRight(item)));
  const isList = modifier !== null || LIST_OPS.has(op);
  const words = [printOperand(left), op, ...(modifier === null ? [] : [modifier])];
  return `${words.join(' ')} ${isList ? `(${values.join(', ')})` : values.join()}`;
}

function printRight(operand: Operand): string {
  return operand.kind === 'field' ? `val(${operand.use.text})` : printOperand(operand);
}

export function printOperand(operand: Operand): string {
  switch (operand.kind) {
    case 'literal':
      return quoteIfNeeded(operand.value);
    case 'field':
      return operand.use.text;
    case 'call': {
      const index = operand.index === null ? '' : `[${operand.index}]`;
      return `${operand.name}(${operand.args.map(printOperand).join(', ')})${index}`;
    }
  }
}

function printLiteral(literal: Literal): string {
  switch (literal.kind) {
    case 'string':
      return quoteIfNeeded(literal.value);
    case 'int':
    case 'bool':
      return String(literal.value);
    case 'regex':
      return quoteIfNeeded(literal.text);
    case 'net': {
      const { family, bits } = literal.value;
      const isHost = bits === (family === 4 ? 32 : 128);
      const address = addressText(addressOf(literal.value));
      return isHost ? address : `${address}/${bits}`;
    }
  }
}

function quoteIfNeeded(bytes: ByteString): string {
  const text = toText(bytes);
  return /^[^\s()"'=,\\]+$/.test(text) ? text : JSON.stringify(text);
}

/** A value of a field, for a person: text in quotes, addresses in their spelling, nothing as `<NA>`. */
export function printValue(operand: Operand, value: FieldValue): string {
  if (value === null) return '<NA>';
  if (typeof value === 'object') {
    return `[${value.map((item) => printValue(operand, item)).join(', ')}]`;
  }
  if (domainOf(operand) === 'net' && (typeof value === 'string' || typeof value === 'number')) {
    return addressText(value);
  }
  return typeof value === 'string' ? JSON.stringify(toText(value)) : String(value);
}
