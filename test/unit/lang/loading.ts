import { loadRules } from '../../../sensor/lang/index.js';
import type { Diagnostic, LoadOptions, LoadResult } from '../../../sensor/lang/index.js';
import { printCondition } from '../../../sensor/lang/index.js';

/** Loads texts as files `1.yaml`, `2.yaml`, … */
export function load(texts: string | readonly string[], options: LoadOptions = {}): LoadResult {
  const all = typeof texts === 'string' ? [texts] : texts;
  return loadRules(
    all.map((text, i) => ({ name: `${i + 1}.yaml`, text })),
    options,
  );
}

/** A file with one rule of a condition. */
export function ruleOf(condition: string, more: Readonly<Record<string, unknown>> = {}): string {
  return JSON.stringify([
    { rule: 'R', desc: 'd', condition, output: 'o', priority: 'NOTICE', ...more },
  ]);
}

/** The condition of a rule as it was understood, macros and lists in place. */
export function understood(result: LoadResult, name = 'R'): string {
  const rule = result.rules.find(({ item }) => item.name === name)?.rule;
  return rule == null ? codesOf(result).join(' ') : printCondition(rule.condition);
}

export const codesOf = (result: LoadResult): readonly string[] =>
  result.diagnostics.map(({ code }) => code);
export const errorsOf = (result: LoadResult): readonly Diagnostic[] =>
  result.diagnostics.filter(({ severity }) => severity === 'error');
export const falcoCodesOf = (result: LoadResult): readonly string[] =>
  result.diagnostics.flatMap(({ falco }) => (falco === null ? [] : [falco]));

/** The text a diagnostic points at. */
export function pointedAt(text: string, diagnostic: Diagnostic | undefined): string | undefined {
  return diagnostic && text.slice(diagnostic.span.start, diagnostic.span.end);
}
