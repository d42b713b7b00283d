import { toBytes } from '../../core/bytes.js';
import type { Condition } from '../../lang/ir.js';
import { Interpreter } from '../naive.js';
import type { Graph, Leaf, Node } from './graph.js';

/** What is left of a condition when the event's type is known: tests of `evt.type` become true or false. */
export function specialise(graph: Graph, node: Node, type: string): Node {
  if (!node.namesType) return node;
  switch (node.kind) {
    case 'not':
      return graph.not(specialise(graph, node.item, type));
    case 'and':
    case 'or':
      return graph.join(
        node.kind,
        node.items.map((item) => specialise(graph, item, type)),
      );
    case 'leaf':
      return holds(node, type) ? graph.TRUE : graph.FALSE;
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
