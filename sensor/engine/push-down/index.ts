import type { Rule } from '../../lang/ir.js';
import { KIND } from '../../events/index.js';
import { factsOf, FILTERED_KINDS } from './facts.js';
import { foresee } from './evaluate.js';

/** Every class is wanted. */
const ALL_CLASSES = (1n << 64n) - 1n;

/**
 * For each kind of record a bitmap of the classes that some rule could match: what the kernel keeps (`enum saker_class`).
 * An over-approximation: what the kernel cannot know counts as "maybe", so no event that a rule matches is ever left out.
 *
 * @param rules - Rules that are judged in user space (enabled, without an action).
 * @returns by kind; kinds that are never filtered have every bit set.
 */
export function pushDown(rules: readonly Rule[]): readonly bigint[] {
  const bitmaps = new Array<bigint>(KIND.KIND_MAX).fill(ALL_CLASSES);
  const observing = rules.filter(
    (rule) => rule.enabled && rule.action === null && rule.source === 'syscall',
  );
  for (const { kind, types, classes } of FILTERED_KINDS) {
    let bitmap = 0n;
    for (let bits = 0; bits < classes; bits++) {
      const facts = factsOf(kind, types, bits);
      const wanted = types.some((type) =>
        observing.some(
          (rule) =>
            (rule.events === 'all' || rule.events.has(type)) &&
            foresee(rule.condition, facts, type) !== 'no',
        ),
      );
      if (wanted) bitmap |= 1n << BigInt(bits);
    }
    bitmaps[kind] = bitmap;
  }
  return bitmaps;
}
