import type { Command } from 'commander';
import { EXIT } from '../../core/index.js';
import { coverageOf, type Coverage } from '../attack/index.js';
import { outputOption, printable, printJson, table } from '../output.js';
import { load, show, withLoading, type LoadOptions } from './files.js';

/** Adds `saker rules coverage`. */
export function addCoverage(rules: Command): void {
  withLoading(rules.command('coverage [path...]'))
    .description('which techniques of MITRE ATT&CK the rules see, by tactic, from their tags')
    .addOption(outputOption())
    .option('--gaps', 'also the techniques without a rule')
    .addHelpText(
      'after',
      `
Examples:
  saker rules coverage
  saker rules coverage my/ --with rules/lib --gaps
  saker rules coverage -o json | jq '.tactics[] | {name, covered: (.techniques | length)}'

Tags are read as mitre_credential_access or credential_access, and T1003.008. Revoked ids count for what replaced them and
are reported. Disabled rules cover nothing.`,
    )
    .action((paths: string[], options: LoadOptions & { output: string; gaps?: true }) => {
      const { files, result } = load(paths, options);
      const coverage = coverageOf(result.ruleSet.rules);
      if (options.output === 'json') printJson(coverage);
      else process.stdout.write(coverageText(coverage, options.gaps ?? false));
      if (result.ok) return;
      show(
        result.diagnostics.filter(({ severity }) => severity === 'error'),
        files,
        process.stderr,
      );
      process.exitCode = EXIT.findings;
    });
}

/** The matrix for a person: a block for each tactic, a line for each technique. */
export function coverageText(coverage: Coverage, gaps: boolean): string {
  const out: string[] = [];
  for (const { id, name, techniques, rules, gaps: missing } of coverage.tactics) {
    const parents = new Set(techniques.map((technique) => technique.id.slice(0, 5)));
    const all = parents.size + missing.length;
    out.push(`${name} (${id}): ${parents.size} of ${all} techniques\n`);
    const rows = techniques.map((technique) => [
      technique.id,
      technique.name ?? '(not of Linux or containers)',
      technique.rules.join(', '),
    ]);
    if (rules.length > 0) rows.push(['-', 'no technique named', rules.join(', ')]);
    if (gaps) for (const gap of missing) rows.push([gap.id, gap.name, '-- no rule']);
    out.push(printedTable(rows));
  }
  if (coverage.elsewhere.length > 0) {
    out.push('Techniques of no tactic here\n');
    out.push(printedTable(coverage.elsewhere.map(({ id, rules }) => [id, rules.join(', ')])));
  }
  if (coverage.untagged.length > 0) {
    out.push(`Without a tag of ATT&CK: ${printable(coverage.untagged.join(', '))}\n`);
  }
  for (const { rule, tag, message } of coverage.problems) {
    out.push(`warning: ${printable(rule)}: tag ${printable(tag)}: ${printable(message)}\n`);
  }
  return `ATT&CK ${coverage.attack_version}\n${out.join('')}`;
}

const printedTable = (rows: readonly (readonly string[])[]): string =>
  table(
    rows.map((row) => row.map(printable)),
    '  ',
  );
