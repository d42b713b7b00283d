import type { Ast } from '../../../grammar/index.js';

/** Every comparison of a condition, in the order they are written. */
export function eachComparison(
  ast: Ast,
  take: (comparison: Extract<Ast, { kind: 'compare' }>) => void,
): void {
  switch (ast.kind) {
    case 'and':
    case 'or':
      for (const item of ast.items) eachComparison(item, take);
      return;
    case 'not':
      return eachComparison(ast.item, take);
    case 'compare':
      return take(ast);
    case 'macro':
    case 'exists':
  }
}
