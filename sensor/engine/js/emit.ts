import type { FieldValue } from '../../lang/field-def.js';
import type { CompareOp, Literal, Operand } from '../../lang/ir.js';
import { amongValues, compareScalars } from '../ops/compare.js';
import { compileSpanSearch } from '../ops/search.js';
import { transform } from '../ops/transform.js';
import { isLiteral, shapeOf } from '../shape.js';
import type { FieldSource, Getter, SpanGetter, TextSpan } from '../types.js';
import { costOfOperand } from './cost.js';
import { CODED_FROM, makeCodes, type ValueCodes, TextCodes } from './codes.js';
import type { Graph, Leaf, Node } from './graph.js';
import type { UseCounter } from './plan.js';
import type { Pool } from './pool.js';
import { anyOf } from './scalar.js';
import { SEARCHED_TOGETHER_FROM } from './text.js';

/** Below this a repeated evaluation is cheaper than remembering it. */
const MEMO_COST = 3;

/** Stands for the value in a test until it is known how often the test names it. No literal in code holds a bare NUL. */
const PLACE = '\0';

/**
 * Writes the functions that evaluate nodes and operands. What is used in several places is a function; what costs enough
 * remembers its result for the event: `T` is the event's number (even), a node's mark holds T (false) or T + 1 (true).
 */
export class Emitter<E> {
  /** Functions and marks, to stand before whatever uses them. */
  readonly declarations: string[] = [];
  /** Statements that forget every mark. */
  readonly resets: string[] = [];
  readonly getters: Getter<E>[] = [];
  readonly #graph: Graph;
  readonly #pool: Pool;
  readonly #source: FieldSource<E>;
  readonly #uses: ReadonlyMap<Node, number>;
  readonly #operandUses: ReadonlyMap<string, number>;
  readonly #nodeNames = new Map<Node, string>();
  readonly #operandNames = new Map<string, string>();
  readonly #codes = new Map<string, ValueCodes | TextCodes>();
  readonly #codeNames = new Map<string, string>();
  readonly #codeKey: (leaf: Leaf) => string;
  /** The one place where spans are handed over. */
  readonly #place: TextSpan = { bytes: new Uint8Array(0), start: 0, end: 0 };
  #names = 0;

  constructor(graph: Graph, pool: Pool, source: FieldSource<E>, uses: UseCounter) {
    this.#graph = graph;
    this.#pool = pool;
    this.#source = source;
    this.#uses = uses.nodes;
    this.#operandUses = uses.operands;
    this.#codeKey = (leaf) => uses.codeKey(leaf);
    for (const [key, { leaves, most }] of uses.comparisons) {
      const inPlace = leaves.some(({ left }) => this.#span(left) !== null);
      if (most >= CODED_FROM || inPlace) this.#codes.set(key, makeCodes(leaves));
    }
  }

  /** An expression, true or false, over the event `e`; may use the scratch variables `s` and `r`. */
  node(node: Node): string {
    if (node.kind === 'const') return String(node.value);
    if (node.kind === 'not') return `!${this.node(node.item)}`;
    const shared = (this.#uses.get(node) ?? 0) > 1;
    // A number that is looked up once is remembered already.
    const isCoded =
      node.kind === 'leaf' && this.#codes.get(this.#codeKey(node))?.has(node) === true;
    if (!shared || isCoded || node.stateful) return this.#body(node);
    let name = this.#nodeNames.get(node);
    if (name === undefined) {
      name = `n${node.id}`;
      this.#nodeNames.set(node, name);
      this.#declareNode(node, name);
    }
    return `${name}(e)`;
  }

  #declareNode(node: Node, name: string): void {
    const body = this.#body(node);
    if (node.cost < MEMO_COST) {
      this.declarations.push(`function ${name}(e) { let s, r; return ${body}; }`);
      return;
    }
    const mark = `${name}_`;
    this.resets.push(`${mark} = 0;`);
    this.declarations.push(
      `let ${mark} = 0;`,
      `function ${name}(e) {`,
      `  if (${mark} === T) return false;`,
      `  if (${mark} === T + 1) return true;`,
      '  let s, r;',
      `  const yes = ${body};`,
      `  ${mark} = yes ? T + 1 : T;`,
      '  return yes;',
      '}',
    );
  }

  #body(node: Node): string {
    switch (node.kind) {
      case 'and':
        return `(${node.items.map((item) => this.node(item)).join(' && ')})`;
      case 'or':
        return `(${node.items.map((item) => this.node(item)).join(' || ')})`;
      case 'leaf':
        return this.#leaf(node);
      default:
        return this.node(node);
    }
  }

  #leaf(leaf: Leaf): string {
    const key = this.#codeKey(leaf);
    const codes = this.#codes.get(key);
    if (codes?.has(leaf) === true) {
      return codes.test(leaf, this.#code(key, leaf.left, codes), (value) =>
        this.#pool.constant(value),
      );
    }
    const searched = this.#searchInPlace(leaf);
    if (searched !== null) return searched;
    const shape = shapeOf(leaf.left);
    const value = this.#operand(leaf.left);
    if (leaf.op === 'exists') {
      return shape === 'list' || shape === 'ancestors'
        ? `((s = ${value}) !== null && s.length > 0)`
        : `(${value} !== null)`;
    }
    if (shape === 'scalar') {
      const { code, nullSafe } = this.#scalar(leaf, leaf.op, PLACE);
      const pieces = code.split(PLACE);
      if (nullSafe && pieces.length === 2) return `(${pieces.join(value)})`;
      const guard = nullSafe ? `((s = ${value}), ` : `((s = ${value}) !== null && `;
      return `${guard}${pieces.join('s')})`;
    }
    const all = (shape === 'ends' && leaf.op === '!=') || (shape === 'list' && leaf.op === 'in');
    const name = `a${this.#names++}`;
    this.declarations.push(
      `function ${name}(e, list) {`,
      '  let r;',
      '  if (list === null) return false;',
      '  for (let i = 0; i < list.length; i++) {',
      '    const s = list[i];',
      `    if (${all ? '!' : ''}(${this.#scalar(leaf, leaf.op, 's').code})) return ${!all};`,
      '  }',
      `  return ${all ? 'list.length > 0' : 'false'};`,
      '}',
    );
    return `${name}(e, ${value})`;
  }

  /** `contains` of few texts in a field whose text often lies in the event: searched there, no string is made. Null for others. */
  #searchInPlace(leaf: Leaf): string | null {
    const span = this.#span(leaf.left);
    const isSearch = leaf.op === 'contains' || leaf.op === 'bcontains';
    if (span === null || !isSearch || (leaf.modifier !== null && leaf.modifier !== 'anyof'))
      return null;
    const texts = leaf.right.flatMap((item) => (item.kind === 'string' ? [item.value] : []));
    if (texts.length !== leaf.right.length || texts.length >= SEARCHED_TOGETHER_FROM) return null;
    const name = `f${this.#names++}`;
    const place = this.#pool.constant(this.#place);
    const inSpan = texts.map((text) => `${this.#pool.constant(compileSpanSearch(text))}(${place})`);
    this.declarations.push(
      `function ${name}(e) {`,
      '  let r;',
      `  if (${this.#pool.constant(span)}(e, ${place})) return ${inSpan.join(' || ')};`,
      `  const s = ${this.#operand(leaf.left)};`,
      `  return s !== null && ${this.#scalar(leaf, leaf.op, 's').code};`,
      '}',
    );
    return `${name}(e)`;
  }

  /** An expression for the number of an operand's value among those it is compared with: looked up once per event. */
  #code(key: string, operand: Operand, codes: ValueCodes | TextCodes): string {
    let name = this.#codeNames.get(key);
    if (name !== undefined) return name;
    const id = `c${this.#names++}`;
    name = `${id}(e)`;
    this.#codeNames.set(key, name);
    const value = this.#operand(operand);
    let number: string;
    if (codes instanceof TextCodes) {
      const { trie, backwards } = codes;
      const ofText = this.#pool.constant(backwards ? trie.ofTextBackwards : trie.ofText);
      number = `${ofText}(${value})`;
      const span = this.#span(operand);
      if (span !== null) {
        const place = this.#pool.constant(this.#place);
        const ofSpan = this.#pool.constant(backwards ? trie.ofSpanBackwards : trie.ofSpan);
        number = `${this.#pool.constant(span)}(e, ${place}) ? ${ofSpan}(${place}) : ${number}`;
      }
    } else {
      number = `${this.#pool.constant(codes.byValue)}.get(${value}) | 0`;
    }
    this.resets.push(`${id}t = 0;`);
    this.declarations.push(
      `let ${id}t = 0, ${id}v = 0;`,
      `function ${id}(e) {`,
      `  if (${id}t === T) return ${id}v;`,
      `  ${id}v = ${number};`,
      `  ${id}t = T;`,
      `  return ${id}v;`,
      '}',
    );
    return name;
  }

  #span(operand: Operand): SpanGetter<E> | null {
    return operand.kind === 'field' ? (this.#source.span?.(operand.use) ?? null) : null;
  }

  /** A test of the value in `v`, which is not null unless the test is `nullSafe`. */
  #scalar(leaf: Leaf, op: CompareOp, v: string): { code: string; nullSafe: boolean } {
    const literals = leaf.right.filter(isLiteral);
    const operands = leaf.right.filter((item): item is Operand => !isLiteral(item));
    const single = (item: Literal | Operand): string =>
      isLiteral(item)
        ? `(${anyOf(this.#pool, op, leaf.left, [item], v).code})`
        : `(${this.#against(op, item, v)})`;
    switch (leaf.modifier) {
      case 'allof':
        return { code: `(${leaf.right.map(single).join(' && ') || 'false'})`, nullSafe: false };
      case 'oneof': {
        const count = leaf.right.map((item) => ` + ${single(item)}`).join('');
        return { code: `0${count} === 1`, nullSafe: false };
      }
      case 'anyof':
      case null: {
        if (operands.length === 0) return anyOf(this.#pool, op, leaf.left, literals, v);
        const tests = operands.map(single);
        if (literals.length > 0) tests.unshift(anyOf(this.#pool, op, leaf.left, literals, v).code);
        return { code: `(${tests.map((test) => `(${test})`).join(' || ')})`, nullSafe: false };
      }
    }
  }

  #against(op: CompareOp, right: Operand, v: string): string {
    const value = this.#operand(right);
    if (op === 'in' || op === 'intersects') {
      return `${this.#pool.constant(amongValues)}(${v}, ${value})`;
    }
    const compare = this.#pool.constant(compareOne);
    return `(r = ${value}) !== null && ${compare}(${JSON.stringify(op)}, ${v}, r)`;
  }

  /** An expression for the value of an operand. */
  #operand(operand: Operand): string {
    if (operand.kind === 'literal') return JSON.stringify(operand.value);
    const key = this.#graph.operandKey(operand);
    if (isStatefulUse(this.#operandUses, key)) return this.#fresh(operand);
    const repeated = (this.#operandUses.get(key) ?? 0) > 1;
    let name = this.#operandNames.get(key);
    if (name === undefined) {
      name =
        repeated && costOfOperand(operand) >= MEMO_COST
          ? this.#remembered(operand)
          : this.#fresh(operand);
      this.#operandNames.set(key, name);
    }
    return name;
  }

  #remembered(operand: Operand): string {
    const name = `o${this.#names++}`;
    this.resets.push(`${name}t = 0; ${name}v = null;`);
    this.declarations.push(
      `let ${name}t = 0, ${name}v = null;`,
      `function ${name}(e) {`,
      `  if (${name}t === T) return ${name}v;`,
      `  ${name}v = ${this.#fresh(operand)};`,
      `  ${name}t = T;`,
      `  return ${name}v;`,
      '}',
    );
    return `${name}(e)`;
  }

  #fresh(operand: Operand): string {
    switch (operand.kind) {
      case 'literal':
        return JSON.stringify(operand.value);
      case 'field': {
        const name = `g${this.getters.push(this.#source.getter(operand.use)) - 1}`;
        return `${name}(e)`;
      }
      case 'call': {
        const args = operand.args.map((arg) => this.#operand(arg)).join(', ');
        const call = this.#pool.constant(transform);
        return `${call}(${JSON.stringify(operand.name)}, [${args}], ${JSON.stringify(operand.index)})`;
      }
    }
  }
}

/** Operands with a state of their own are marked by a negative count: one getter for each occurrence. */
function isStatefulUse(uses: ReadonlyMap<string, number>, key: string): boolean {
  return (uses.get(key) ?? 0) < 0;
}

function compareOne(
  op: CompareOp,
  left: string | number | bigint | boolean,
  right: FieldValue,
): boolean {
  return right !== null && typeof right !== 'object' && compareScalars(op, left, right);
}
