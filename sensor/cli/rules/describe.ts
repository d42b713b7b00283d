import type { Command } from 'commander';
import { EXIT } from '../../core/index.js';
import { describe } from '../../lang/index.js';
import { outputOption, printable, printJson } from '../output.js';
import { load, show, withLoading, type LoadOptions } from './files.js';
import { findRule } from './find.js';

/** Adds `saker rules describe`. */
export function addDescribe(rules: Command): void {
  withLoading(rules.command('describe [path...]'))
    .description('rules, macros and lists as Falco describes them (falco -L)')
    .addOption(outputOption())
    .option('--rule <rule>', 'only this rule (falco -l)')
    .addHelpText(
      'after',
      `
Examples:
  saker rules describe my_rules.yaml -o json
  saker rules describe --rule 'Sudo rights changed' -o json | jq '.rules[0].details.events'`,
    )
    .action((paths: string[], options: LoadOptions & { output: string; rule?: string }) => {
      const loaded = load(paths, options);
      const { result, files } = loaded;
      const name = options.rule === undefined ? undefined : findRule(loaded, options.rule).item.name;
      const described = describe(result, name);
      if (options.output === 'json') printJson(described);
      else process.stdout.write(describeText(described));
      if (result.ok) return;
      show(
        result.diagnostics.filter(({ severity }) => severity === 'error'),
        files,
        process.stderr,
      );
      process.exitCode = EXIT.findings;
    });
}

/** As `falco -L` lists them: each rule's name over its description. */
function describeText(described: Readonly<Record<string, unknown>>): string {
  const rules = described['rules'] as readonly {
    readonly info: { readonly name: string; readonly description: string };
  }[];
  return rules
    .map(({ info }) => {
      const text = printable(info.description.replace(/\s+/g, ' ').trim());
      return `${printable(info.name)}\n    ${text}\n\n`;
    })
    .join('');
}
