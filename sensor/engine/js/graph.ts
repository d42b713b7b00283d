import type { ByteString } from '../../core/bytes.js';
import type { CompareOp, Condition, Literal, Modifier, Operand } from '../../lang/ir.js';
import { compileGlob } from '../ops/glob.js';
import { domainOf, effectiveOp, isLiteral, isStateful, shapeOf } from '../shape.js';
import { costOfLeaf, oddsOfLeaf } from './cost.js';

/** A comparison, or `exists` (no right-hand side). */
export interface Leaf {
  readonly kind: 'leaf';
  readonly id: number;
  readonly op: CompareOp | 'exists';
  readonly modifier: Modifier | null;
  readonly left: Operand;
  readonly right: readonly (Literal | Operand)[];
  readonly stateful: boolean;
  readonly cost: number;
  readonly odds: number;
  readonly namesType: boolean;
}

/**
 * Conditions as a graph in which equal ones are one node: what rules share, through macros or by chance, is seen and
 * evaluated once per event.
 *
 * `cost`: rough nanoseconds to evaluate. `odds`: rough chance to be true. `namesType`: depends on `evt.type`, so it differs
 * from event type to event type. `stateful`: see `isStateful`.
 */
export type Node =
  | Leaf
  | {
      readonly kind: 'and' | 'or';
      readonly id: number;
      readonly items: readonly Node[];
      readonly stateful: boolean;
      readonly cost: number;
      readonly odds: number;
      readonly namesType: boolean;
    }
  | {
      readonly kind: 'not';
      readonly id: number;
      readonly item: Node;
      readonly stateful: boolean;
      readonly cost: number;
      readonly odds: number;
      readonly namesType: boolean;
    }
  | {
      readonly kind: 'const';
      readonly id: number;
      readonly value: boolean;
      readonly stateful: false;
      readonly cost: 0;
      readonly odds: number;
      readonly namesType: false;
    };

/** Builds nodes; equal ones come out as the same object. */
export class Graph {
  readonly TRUE: Node;
  readonly FALSE: Node;
  readonly #byKey = new Map<string, Node>();
  readonly #byCondition = new Map<Condition, Node>();
  readonly #regexIds = new Map<string, number>();
  #nextId = 0;
  #nextState = 0;

  constructor() {
    this.TRUE = this.#constant(true);
    this.FALSE = this.#constant(false);
  }

  of(condition: Condition): Node {
    let node = this.#byCondition.get(condition);
    if (node === undefined) this.#byCondition.set(condition, (node = this.#convert(condition)));
    return node;
  }

  #convert(condition: Condition): Node {
    switch (condition.kind) {
      case 'macro':
        return this.of(condition.body);
      case 'not':
        return this.not(this.of(condition.item));
      case 'and':
      case 'or':
        return this.join(
          condition.kind,
          condition.items.map((item) => this.of(item)),
        );
      case 'exists':
        return this.leaf('exists', null, condition.left, []);
      case 'compare':
        return this.leaf(
          effectiveOp(condition.op, condition.left),
          condition.modifier,
          condition.left,
          condition.right,
        );
    }
  }

  not(item: Node): Node {
    if (item.kind === 'const') return item.value ? this.FALSE : this.TRUE;
    if (item.kind === 'not') return item.item;
    return this.#intern(`!${item.id}`, (id) => ({
      kind: 'not',
      id,
      item,
      stateful: item.stateful,
      cost: item.cost,
      odds: 1 - item.odds,
      namesType: item.namesType,
    }));
  }

  /** And, or: flattened, constants folded, repeats dropped, items in the order in which they are best tried. */
  join(kind: 'and' | 'or', parts: readonly Node[]): Node {
    const absorbing = kind === 'and' ? this.FALSE : this.TRUE;
    const neutral = kind === 'and' ? this.TRUE : this.FALSE;
    const flat = new Set<Node>();
    for (const part of parts) {
      for (const item of part.kind === kind ? part.items : [part]) {
        if (item === absorbing) return absorbing;
        if (item !== neutral) flat.add(item);
      }
    }
    let items = [...flat];
    const stateful = items.some((item) => item.stateful);
    if (!stateful) {
      for (const item of items) if (flat.has(this.not(item))) return absorbing;
      if (kind === 'or') items = this.#mergeAlternatives(items);
      items.sort((a, b) => rank(kind, a) - rank(kind, b) || a.id - b.id);
    }
    const [first] = items;
    if (first === undefined) return neutral;
    if (items.length === 1) return first;
    const ids = items.map((item) => item.id);
    if (!stateful) ids.sort((a, b) => a - b);
    return this.#intern(`${kind}:${ids.join()}`, (id) => ({
      kind,
      id,
      items,
      stateful,
      ...estimate(kind, items),
      namesType: items.some((item) => item.namesType),
    }));
  }

  leaf(
    op: Leaf['op'],
    modifier: Modifier | null,
    left: Operand,
    right: readonly (Literal | Operand)[],
  ): Node {
    const known = foreseen(op, modifier, left, right);
    if (known !== null) return known ? this.TRUE : this.FALSE;
    const [only] = right;
    if (op === 'glob' && modifier === null && only?.kind === 'string' && right.length === 1) {
      if (shapeOf(left) === 'scalar' && domainOf(left) === 'string' && !isStateful(left))
        return this.#glob(left, only);
    }
    return this.#leaf(op, modifier, left, right);
  }

  /** A pattern as the plain comparison it comes down to, else behind the beginning that it asks for: those cost less. */
  #glob(left: Operand, pattern: Extract<Literal, { kind: 'string' }>): Node {
    const { shape } = compileGlob(pattern.value);
    const plain = (op: CompareOp, value: ByteString): Node =>
      this.#leaf(op, null, left, [{ kind: 'string', value }]);
    switch (shape.kind) {
      case 'never':
        return this.FALSE;
      case 'equals':
        return plain('=', shape.text);
      case 'starts':
        return plain('startswith', shape.text);
      case 'ends':
        return plain('endswith', shape.text);
      case 'contains':
        return plain('contains', shape.text);
      case 'any':
        return this.#leaf('glob', null, left, [pattern]);
      case 'pattern': {
        const whole = this.#leaf('glob', null, left, [pattern]);
        if (shape.prefix === '') return whole;
        return this.join('and', [plain('startswith', shape.prefix), whole]);
      }
    }
  }

  #leaf(
    op: Leaf['op'],
    modifier: Modifier | null,
    left: Operand,
    right: readonly (Literal | Operand)[],
  ): Node {
    const operands = right.filter((item): item is Operand => !isLiteral(item));
    const stateful = isStateful(left) || operands.some(isStateful);
    let key = `${op}|${modifier}|${this.operandKey(left)}|`;
    key += right.map((item) => this.#rightKey(item)).join('|');
    if (stateful) key += `#${this.#nextState++}`;
    return this.#intern(key, (id) => {
      const leaf = { op, modifier, left, right };
      return {
        kind: 'leaf',
        id,
        ...leaf,
        stateful,
        cost: costOfLeaf(leaf),
        odds: oddsOfLeaf(leaf),
        namesType: namesTypeOnly(leaf),
      };
    });
  }

  /** Equal for operands that have the same value in every event. */
  operandKey(operand: Operand): string {
    switch (operand.kind) {
      case 'literal':
        return JSON.stringify(operand.value);
      case 'field': {
        const { def, arg } = operand.use;
        return `${def.name}[${typeof arg}:${JSON.stringify(arg)}]`;
      }
      case 'call': {
        const args = operand.args.map((arg) => this.operandKey(arg)).join();
        return `${operand.name}(${args})[${JSON.stringify(operand.index)}]`;
      }
    }
  }

  #rightKey(item: Literal | Operand): string {
    if (!isLiteral(item)) return `val ${this.operandKey(item)}`;
    switch (item.kind) {
      case 'net':
        return `net ${item.value.family} ${item.value.address}/${item.value.bits}`;
      case 'regex': {
        const text = `${item.flags}/${item.source}`;
        let id = this.#regexIds.get(text);
        if (id === undefined) this.#regexIds.set(text, (id = this.#regexIds.size));
        return `regex ${id}`;
      }
      default:
        return `${item.kind} ${JSON.stringify(String(item.value))}`;
    }
  }

  /** `a = x or a in (y, z)` → `a in (x, y, z)`; `a startswith x or a startswith y` → `a startswith anyof (x, y)`. */
  #mergeAlternatives(items: readonly Node[]): Node[] {
    const groups = new Map<string, Leaf[]>();
    const kept: Node[] = [];
    for (const item of items) {
      const family = item.kind === 'leaf' ? mergeFamily(item) : null;
      if (item.kind !== 'leaf' || family === null) {
        kept.push(item);
        continue;
      }
      const key = `${family}|${this.operandKey(item.left)}`;
      const group = groups.get(key);
      if (group === undefined) groups.set(key, [item]);
      else group.push(item);
    }
    for (const [key, group] of groups) {
      const [first] = group;
      if (first === undefined) continue;
      if (group.length === 1) {
        kept.push(first);
        continue;
      }
      const right = distinct(group.flatMap((leaf) => leaf.right as Literal[]));
      const op = key.slice(0, key.indexOf('|')) as CompareOp;
      kept.push(this.leaf(op, op === 'in' ? null : 'anyof', first.left, right));
    }
    return kept;
  }

  #constant(value: boolean): Node {
    return this.#intern(String(value), (id) => ({
      kind: 'const',
      id,
      value,
      stateful: false,
      cost: 0,
      odds: value ? 1 : 0,
      namesType: false,
    }));
  }

  #intern(key: string, make: (id: number) => Node): Node {
    let node = this.#byKey.get(key);
    if (node === undefined) this.#byKey.set(key, (node = make(this.#nextId++)));
    return node;
  }
}

const MERGED_OPS = new Set(['startswith', 'endswith', 'contains', 'icontains']);

function mergeFamily(leaf: Leaf): string | null {
  if (leaf.stateful || shapeOf(leaf.left) !== 'scalar') return null;
  if (!leaf.right.every((item) => valueKey(item) !== null)) return null;
  if (leaf.modifier !== null && leaf.modifier !== 'anyof') return null;
  const domain = domainOf(leaf.left);
  if (domain !== 'string' && domain !== 'int' && domain !== 'net') return null;
  if (leaf.right.some((item) => (item.kind === 'net') !== (domain === 'net'))) return null;
  if (leaf.op === '=' || leaf.op === 'in') return 'in';
  return MERGED_OPS.has(leaf.op) ? leaf.op : null;
}

function distinct(literals: readonly Literal[]): Literal[] {
  return [...new Map(literals.map((literal) => [valueKey(literal), literal])).values()];
}

/** Equal for equal texts, numbers, networks; null for what is not merged. */
function valueKey(item: Literal | Operand): string | bigint | null {
  switch (item.kind) {
    case 'string':
    case 'int':
      return item.value;
    case 'net':
      return `${item.value.address}/${item.value.bits}/${item.value.family}`;
    default:
      return null;
  }
}

/** Events are counted from 1, so `evt.num = 0` (upstream's "never") and `evt.num >= 0` ("always") are known beforehand. */
function foreseen(
  op: Leaf['op'],
  modifier: Modifier | null,
  left: Operand,
  right: readonly (Literal | Operand)[],
): boolean | null {
  if (left.kind !== 'field' || left.use.def.name !== 'evt.num' || modifier !== null) return null;
  if (op === 'exists') return true;
  const values = right.map((item) => (item.kind === 'int' ? item.value : null));
  const [value = null] = values;
  if (op === 'in') return values.every((one) => one !== null && one < 1n) ? false : null;
  if (value === null) return null;
  switch (op) {
    case '=':
      return value < 1n ? false : null;
    case '!=':
      return value < 1n ? true : null;
    case '<':
      return value <= 1n ? false : null;
    case '<=':
      return value < 1n ? false : null;
    case '>':
      return value < 1n ? true : null;
    case '>=':
      return value <= 1n ? true : null;
    default:
      return null;
  }
}

/** Is it about nothing but `evt.type`, so that it is known for each event type? */
function namesTypeOnly(leaf: Pick<Leaf, 'left' | 'right'>): boolean {
  return (
    leaf.left.kind === 'field' &&
    leaf.left.use.def.name === 'evt.type' &&
    leaf.right.every(isLiteral)
  );
}

/** Cheap and decisive first: cost for each event that needs no further test. */
function rank(kind: 'and' | 'or', node: Node): number {
  const decides = kind === 'and' ? 1 - node.odds : node.odds;
  return node.cost / Math.max(decides, 0.01);
}

function estimate(kind: 'and' | 'or', items: readonly Node[]): { cost: number; odds: number } {
  let cost = 0;
  let reached = 1;
  for (const item of items) {
    cost += reached * item.cost;
    reached *= kind === 'and' ? item.odds : 1 - item.odds;
  }
  return { cost, odds: kind === 'and' ? reached : 1 - reached };
}
