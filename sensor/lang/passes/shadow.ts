import type { Rule } from '../ir.js';

export function findShadowed(
  _rules: readonly Rule[],
): readonly { readonly shadowed: Rule; readonly by: Rule }[] {
  return [];
}
