import type { Selection } from './options.js';

/** A pattern in which `*` stands for any text. */
export function wildcard(pattern: string): RegExp {
  const parts = pattern.split('*').map((part) => part.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`, 's');
}

/** What selection looks at. */
interface Selectable {
  readonly name: string;
  readonly tags: readonly string[];
  readonly enabled: boolean;
}

/**
 * Which rules run, in order of evaluation: those enabled where they are defined, in that order; then each entry of the selection
 * takes away or adds, and what it adds comes last, as in Falco.
 */
export function selectRules<R extends Selectable>(
  rules: readonly R[],
  selection: readonly Selection[],
): { readonly rules: readonly R[]; readonly idle: readonly Selection[] } {
  let running = rules.filter((rule) => rule.enabled);
  const idle: Selection[] = [];
  for (const entry of selection) {
    const name = entry.rule === undefined ? null : wildcard(entry.rule);
    const chosen = rules.filter(
      (rule) =>
        (name !== null && name.test(rule.name)) ||
        (entry.tag !== undefined && rule.tags.includes(entry.tag)),
    );
    if (chosen.length === 0) idle.push(entry);
    if (entry.operation === 'disable') running = running.filter((rule) => !chosen.includes(rule));
    else running.push(...chosen.filter((rule) => !running.includes(rule)));
  }
  return { rules: running, idle };
}
