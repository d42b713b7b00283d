import { toBytes } from '../../sensor/core/bytes.js';
import { resolveFieldText } from '../../sensor/lang/fields/index.js';
import type { FieldUse } from '../../sensor/lang/field-def.js';
import type {
  CompareOp,
  Condition,
  Literal,
  Modifier,
  Net,
  Operand,
  Rule,
  TransformerName,
} from '../../sensor/lang/ir.js';
import { parseAddress } from '../../sensor/engine/ops/address.js';

/** Builds typed conditions without the loader, so that the back end is tested on its own. */
const span = { start: 0, end: 0 };

export function use(text: string): FieldUse {
  const found = resolveFieldText(text);
  if (!found.ok) throw new Error(found.reason);
  return { def: found.def, arg: found.arg, text };
}

export function field(text: string): Operand {
  return { kind: 'field', use: use(text), span };
}

export function call(
  name: TransformerName,
  args: readonly (Operand | string)[],
  index: string | null = null,
): Operand {
  const operands = args.map((arg): Operand =>
    typeof arg === 'string' ? { kind: 'literal', value: toBytes(arg), span } : arg,
  );
  return { kind: 'call', name, args: operands, index, span };
}

/** `10.0.0.0/8`, or an address. */
export function net(text: string): Literal {
  const [address = '', bits] = text.split('/');
  const parsed = parseAddress(address);
  if (parsed === null) throw new Error(`no address: ${text}`);
  const value: Net =
    typeof parsed === 'number'
      ? { family: 4, address: BigInt(parsed), bits: Number(bits ?? 32) }
      : {
          family: 6,
          address: BigInt(`0x${Buffer.from(parsed, 'latin1').toString('hex')}`),
          bits: Number(bits ?? 128),
        };
  return { kind: 'net', value };
}

export function regex(source: string): Literal {
  return { kind: 'regex', source, flags: '', text: source };
}

type Right = string | number | bigint | boolean | Literal | Operand;

function right(value: Right): Literal | Operand {
  switch (typeof value) {
    case 'string':
      return { kind: 'string', value: toBytes(value) };
    case 'number':
    case 'bigint':
      return { kind: 'int', value: BigInt(value) };
    case 'boolean':
      return { kind: 'bool', value };
    default:
      return value;
  }
}

export function compare(
  left: string | Operand,
  op: CompareOp,
  ...values: readonly Right[]
): Condition {
  return check(left, op, null, ...values);
}

export function check(
  left: string | Operand,
  op: CompareOp,
  modifier: Modifier | null,
  ...values: readonly Right[]
): Condition {
  const operand = typeof left === 'string' ? field(left) : left;
  return { kind: 'compare', op, modifier, left: operand, right: values.map(right), span };
}

export function exists(left: string | Operand): Condition {
  return { kind: 'exists', left: typeof left === 'string' ? field(left) : left, span };
}

export function and(...items: readonly Condition[]): Condition {
  return { kind: 'and', items, span };
}

export function or(...items: readonly Condition[]): Condition {
  return { kind: 'or', items, span };
}

export function not(item: Condition): Condition {
  return { kind: 'not', item, span };
}

export function macro(name: string, body: Condition): Condition {
  return { kind: 'macro', name, body, span };
}

export function rule(name: string, condition: Condition, parts: Partial<Rule> = {}): Rule {
  return {
    name,
    description: '',
    condition,
    output: [],
    extraFields: [],
    priority: 'Notice',
    source: 'syscall',
    tags: [],
    enabled: true,
    action: null,
    capture: null,
    events: 'all',
    file: 'test.yaml',
    line: 1,
    conditionText: '',
    ...parts,
  };
}

/** A condition in Falco's words, near enough to be read in a failed test. */
export function print(condition: Condition): string {
  switch (condition.kind) {
    case 'and':
    case 'or':
      return `(${condition.items.map(print).join(` ${condition.kind} `)})`;
    case 'not':
      return `not ${print(condition.item)}`;
    case 'macro':
      return `${condition.name}{${print(condition.body)}}`;
    case 'exists':
      return `${printOperand(condition.left)} exists`;
    case 'compare': {
      const { left, op, modifier } = condition;
      const values = condition.right.map(printRight).join(', ');
      return `${printOperand(left)} ${op}${modifier === null ? '' : ` ${modifier}`} (${values})`;
    }
  }
}

function printRight(item: Literal | Operand): string {
  switch (item.kind) {
    case 'field':
    case 'call':
    case 'literal':
      return `val(${printOperand(item)})`;
    case 'net':
      return `${item.value.address}/${item.value.bits}`;
    case 'regex':
      return item.text;
    default:
      return JSON.stringify(String(item.value));
  }
}

function printOperand(operand: Operand): string {
  switch (operand.kind) {
    case 'field':
      return operand.use.text;
    case 'literal':
      return JSON.stringify(operand.value);
    case 'call':
      return `${operand.name}(${operand.args.map(printOperand).join(', ')})`;
  }
}
