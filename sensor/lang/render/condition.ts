import { printValue } from '../../../grammar/index.js';
import { toBytes, toText } from '../../core/bytes.js';
import type { Condition, Literal, Net, Operand } from '../ir.js';

/** Longer texts end in an ellipsis: macros that double at each level would fill the memory. */
export const MAX_LENGTH = 1 << 20;

/**
 * A resolved condition as Falco prints it in descriptions: macros in place, `and` and `or` groups in parentheses, one blank
 * around operators.
 */
export function printCondition(condition: Condition): string {
  return new Printer().print(condition);
}

/** Collects the parts of a text until it is long enough. */
class Printer {
  readonly #parts: string[] = [];
  #left = MAX_LENGTH;

  print(condition: Condition): string {
    this.#print(condition);
    const text = this.#parts.join('');
    return this.#left < 0 ? `${text}…` : text;
  }

  #put(text: string): void {
    this.#left -= text.length;
    if (this.#left >= 0) this.#parts.push(text);
  }

  #print(condition: Condition): void {
    if (this.#left < 0) return;
    switch (condition.kind) {
      case 'and':
      case 'or':
        this.#put('(');
        condition.items.forEach((item, i) => {
          if (i > 0) this.#put(` ${condition.kind} `);
          this.#print(item);
        });
        return this.#put(')');
      case 'not':
        this.#put('not ');
        return this.#print(condition.item);
      case 'macro':
        return this.#print(condition.body);
      case 'exists':
        return this.#put(`${printOperand(condition.left)} exists`);
      case 'compare': {
        const right = condition.right.map((value) => printRight(value, condition.op));
        const many =
          condition.modifier !== null || ['in', 'intersects', 'pmatch'].includes(condition.op);
        const op =
          condition.modifier === null ? condition.op : `${condition.op} ${condition.modifier}`;
        const text = many ? `(${right.join(', ')})` : right.join('');
        return this.#put(`${printOperand(condition.left)} ${op} ${text}`);
      }
    }
  }
}

function printRight(value: Literal | Operand, op: string): string {
  switch (value.kind) {
    case 'field':
      return `val(${printOperand(value)})`;
    case 'call':
    case 'literal':
      return printOperand(value);
    case 'string':
      return op === 'bcontains' || op === 'bstartswith'
        ? Buffer.from(value.value, 'latin1').toString('hex')
        : printValue(value.value);
    case 'int':
    case 'bool':
      return String(value.value);
    case 'regex':
      return printValue(toBytes(value.text));
    case 'net':
      return netText(value.value);
  }
}

/** An operand as it is written. */
export function printOperand(operand: Operand): string {
  switch (operand.kind) {
    case 'field':
      return operand.use.text;
    case 'literal':
      return JSON.stringify(toText(operand.value));
    case 'call': {
      const index = operand.index === null ? '' : `[${operand.index}]`;
      return `${operand.name}(${operand.args.map(printOperand).join(', ')})${index}`;
    }
  }
}

function netText({ family, address, bits }: Net): string {
  const width = family === 4 ? 32 : 128;
  const text = family === 4 ? ipv4Text(address) : ipv6Text(address);
  return bits === width ? text : `${text}/${bits}`;
}

const ipv4Text = (address: bigint): string =>
  [24n, 16n, 8n, 0n].map((shift) => (address >> shift) & 255n).join('.');

function ipv6Text(address: bigint): string {
  const words = Array.from({ length: 8 }, (_, i) => (address >> BigInt(112 - 16 * i)) & 0xffffn);
  let best = { at: -1, length: 1 };
  for (let i = 0; i < 8;) {
    let length = 0;
    while (i + length < 8 && words[i + length] === 0n) length++;
    if (length > best.length) best = { at: i, length };
    i += Math.max(1, length);
  }
  const hex = words.map((word) => word.toString(16));
  if (best.at < 0) return hex.join(':');
  return `${hex.slice(0, best.at).join(':')}::${hex.slice(best.at + best.length).join(':')}`;
}
