import type { Condition } from '../ir.js';

const depths = new WeakMap<Condition, number>();

/** How deep a condition nests, macros included. A macro's body is walked once however often it is used. */
export function conditionDepth(condition: Condition): number {
  let depth = depths.get(condition);
  if (depth === undefined) {
    depth = 1 + below(condition);
    depths.set(condition, depth);
  }
  return depth;
}

function below(condition: Condition): number {
  switch (condition.kind) {
    case 'and':
    case 'or': {
      let deepest = 0;
      for (const item of condition.items) deepest = Math.max(deepest, conditionDepth(item));
      return deepest;
    }
    case 'not':
      return conditionDepth(condition.item);
    case 'macro':
      return conditionDepth(condition.body);
    case 'exists':
    case 'compare':
      return 0;
  }
}
