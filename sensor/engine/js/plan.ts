import type { Operand } from '../../lang/ir.js';
import { isLiteral, isStateful } from '../shape.js';
import { codesOf } from './codes.js';
import type { Graph, Leaf, Node } from './graph.js';

/** A rule in the running for one event type: its number in the rule set and what is left of its condition, to be and-ed. */
export interface Candidate {
  readonly rule: number;
  readonly conjuncts: readonly Node[];
}

/** Rules as nested ifs: `guard` stands before all of `inner`; a leaf of the tree is a rule that matches. */
export type Plan =
  | { readonly kind: 'match'; readonly rule: number; readonly conjuncts: readonly Node[] }
  | { readonly kind: 'guard'; readonly guard: Node; readonly inner: readonly Plan[] };

/**
 * Puts what rules begin with before all of them: rules whose first conjunct is the same stand inside one `if`, and so on for
 * what is left of each. An event that fails `open_write` costs one test, not one for each rule about writing. Only the first
 * conjunct counts (the cheap and decisive ones come first): to pull out a later one would be to ask dear questions early,
 * and what rules share further on is remembered anyway.
 */
export function planRules(graph: Graph, candidates: readonly Candidate[]): Plan[] {
  const plans: Plan[] = [];
  const byFirst = new Map<Node, Candidate[]>();
  for (const candidate of candidates) {
    const [first, ...rest] = candidate.conjuncts;
    if (first === undefined || candidate.conjuncts.some((conjunct) => conjunct.stateful)) {
      plans.push({ kind: 'match', ...candidate });
      continue;
    }
    const group = byFirst.get(first);
    const inner = { rule: candidate.rule, conjuncts: rest };
    if (group === undefined) byFirst.set(first, [inner]);
    else group.push(inner);
  }
  for (const [guard, group] of byFirst) {
    const [only] = group;
    if (only !== undefined && group.length === 1) {
      plans.push({ kind: 'match', rule: only.rule, conjuncts: [guard, ...only.conjuncts] });
    } else {
      plans.push({ kind: 'guard', guard, inner: planRules(graph, group) });
    }
  }
  return behindOneLookUp(graph, plans);
}

/** From this many plans on, one test that says "none of these" is worth its price. */
const GATED_FROM = 3;

/**
 * Plans that begin with a look-up (`codesOf`) stand behind one more test, whether any of theirs holds: the values they ask for
 * are numbered, so that is one more look at a number, and for most events the last one.
 */
function behindOneLookUp(graph: Graph, plans: readonly Plan[]): Plan[] {
  const gated = plans.filter((plan) => beginsWithLookUp(plan));
  if (gated.length < GATED_FROM) return [...plans];
  const guard = graph.join(
    'or',
    gated.map((plan) => firstOf(plan)!),
  );
  const others = plans.filter((plan) => !gated.includes(plan));
  return [...others, { kind: 'guard', guard, inner: gated }];
}

function firstOf(plan: Plan): Node | undefined {
  return plan.kind === 'guard' ? plan.guard : plan.conjuncts[0];
}

function beginsWithLookUp(plan: Plan): boolean {
  const first = firstOf(plan);
  if (first === undefined || first.stateful) return false;
  const nodes = first.kind === 'or' ? first.items : [first];
  return nodes.every((node) => node.kind === 'leaf' && codesOf(node) !== null);
}

/** How often at most, for one event, each node and operand is asked under the plans of one event type. */
export class UseCounter {
  readonly nodes = new Map<Node, number>();
  readonly operands = new Map<string, number>();
  /** Comparisons that one look-up decides, by the operand they are about; the largest number of them that one event type has. */
  readonly comparisons = new Map<string, { readonly leaves: Leaf[]; most: number }>();
  readonly #compared = new Set<Leaf>();
  readonly #graph: Graph;

  constructor(graph: Graph) {
    this.#graph = graph;
  }

  /** Equal for leaves that one look-up decides (`codesOf`). */
  codeKey(leaf: Leaf): string {
    return `${codesOf(leaf)} ${this.#graph.operandKey(leaf.left)}`;
  }

  /** Adds the plans of one event type. Only one type's plans run for an event, so counts are per type and the largest is kept. */
  add(plans: readonly Plan[]): void {
    const nodes = new Map<Node, number>();
    const operands = new Map<string, number>();
    const comparisons = new Map<string, Leaf[]>();
    const visitOperand = (operand: Operand): void => {
      if (operand.kind === 'literal') return;
      const key = this.#graph.operandKey(operand);
      const count = operands.get(key) ?? 0;
      operands.set(key, isStateful(operand) ? -1 : count + 1);
      if (operand.kind === 'call' && count === 0) operand.args.forEach(visitOperand);
    };
    const visit = (node: Node): void => {
      const count = nodes.get(node) ?? 0;
      nodes.set(node, count + 1);
      if (count > 0) return;
      switch (node.kind) {
        case 'and':
        case 'or':
          node.items.forEach(visit);
          break;
        case 'not':
          visit(node.item);
          break;
        case 'leaf':
          visitOperand(node.left);
          if (codesOf(node) !== null) {
            const key = this.codeKey(node);
            comparisons.set(key, [...(comparisons.get(key) ?? []), node]);
          }
          for (const item of node.right) if (!isLiteral(item)) visitOperand(item);
          break;
        case 'const':
          break;
      }
    };
    const walk = (plan: Plan): void => {
      if (plan.kind === 'guard') {
        visit(plan.guard);
        plan.inner.forEach(walk);
      } else {
        plan.conjuncts.forEach(visit);
      }
    };
    plans.forEach(walk);
    keepLargest(this.nodes, nodes);
    keepLargest(this.operands, operands);
    for (const [key, leaves] of comparisons) {
      const known = this.comparisons.get(key) ?? { leaves: [], most: 0 };
      for (const leaf of leaves) {
        if (!this.#compared.has(leaf)) known.leaves.push(leaf);
        this.#compared.add(leaf);
      }
      known.most = Math.max(known.most, leaves.length);
      this.comparisons.set(key, known);
    }
  }
}

function keepLargest<K>(into: Map<K, number>, from: ReadonlyMap<K, number>): void {
  for (const [key, count] of from) {
    const before = into.get(key);
    into.set(key, count < 0 || (before ?? 0) < 0 ? -1 : Math.max(before ?? 0, count));
  }
}
