import { toBytes } from '../../core/bytes.js';
import type { Condition } from '../../lang/ir.js';
import { Interpreter } from '../naive.js';
import type { Graph, Leaf, Node } from './graph.js';

/** What is left of conditions when the event's type is known: tests of `evt.type` become true or false. */
export class Specialiser {
  readonly #graph: Graph;
  readonly #type: string;
  readonly #known = new Map<Node, Node>();

  constructor(graph: Graph, type: string) {
    this.#graph = graph;
    this.#type = type;
  }

  of(node: Node): Node {
    if (!node.namesType) return node;
    let left = this.#known.get(node);
    if (left === undefined) this.#known.set(node, (left = this.#specialise(node)));
    return left;
  }

  #specialise(node: Node): Node {
    switch (node.kind) {
      case 'not':
        return this.#graph.not(this.of(node.item));
      case 'and':
      case 'or':
        return this.#graph.join(
          node.kind,
          node.items.map((item) => this.of(item)),
        );
      case 'leaf':
        return holds(node, this.#type) ? this.#graph.TRUE : this.#graph.FALSE;
      case 'const':
        return node;
    }
  }
}

function holds(leaf: Leaf, type: string): boolean {
  const span = { start: 0, end: 0 };
  const condition: Condition =
    leaf.op === 'exists'
      ? { kind: 'exists', left: leaf.left, span }
      : { ...leaf, kind: 'compare', op: leaf.op, span };
  return TYPE_ONLY.test(condition, toBytes(type));
}

/** Sees nothing of an event but the name of its type. */
const TYPE_ONLY = new Interpreter<string>({ getter: () => (type) => type });
