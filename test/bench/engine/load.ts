import { readFileSync } from 'node:fs';
import { readRuleFiles } from '../../../sensor/app/rule-files.js';
import { loadRules, type RuleFile, type RuleSet } from '../../../sensor/lang/index.js';
import { makeRuleSet } from './rule-sets.js';

/** Rules to measure with. */
export interface BenchRules {
  readonly name: string;
  readonly files: readonly RuleFile[];
}

/** The made set, the shipped rules, and those of the file or folder that `SAKER_BENCH_RULES` names (Falco's, say). */
export function benchRules(): readonly BenchRules[] {
  const sets = [
    { name: '100 rules, 300 macros', files: [{ name: 'made.yaml', text: makeRuleSet() }] },
    { name: 'shipped rules', files: readRuleFiles(['rules']) },
  ];
  const path = process.env['SAKER_BENCH_RULES'];
  if (path === undefined) return sets;
  return [...sets, { name: path, files: [{ name: path, text: readFileSync(path, 'utf8') }] }];
}

/** Throws on any error in the rules. */
export function loadForBench({ files }: BenchRules): RuleSet {
  const result = loadRules(files, { matching: 'all', checkAction: () => [] });
  const errors = result.diagnostics.filter(({ severity }) => severity === 'error');
  if (errors.length > 0) throw new Error(errors.map(({ message }) => message).join('\n'));
  return result.ruleSet;
}
