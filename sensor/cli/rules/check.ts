import type { Command } from 'commander';
import { EXIT } from '../../core/index.js';
import { diagnosticJson } from '../../lang/index.js';
import { outputOption, printJson } from '../output.js';
import { counts, load, show, withLoading, type LoadOptions } from './files.js';

/** Adds `saker rules check FILE…`. */
export function addCheck(rules: Command): void {
  withLoading(rules.command('check [path...]'))
    .description('every problem of rule files: file, line, column, caret, hint')
    .addOption(outputOption())
    .option('--no-warnings', 'errors only')
    .addHelpText(
      'after',
      `
Examples:
  saker rules check my_rules.yaml
  saker rules check --with rules/lib my_rules.yaml -o json

Exit status 1 when there is an error.`,
    )
    .action((paths: string[], options: LoadOptions & { output: string; warnings: boolean }) => {
      const { files, result } = load(paths, options);
      const shown = result.diagnostics.filter(({ severity }) => options.warnings || severity === 'error');
      if (options.output === 'json') {
        printJson({
          ok: result.ok,
          files: files.length,
          rules: result.ruleSet.rules.length,
          diagnostics: shown.map(diagnosticJson),
        });
      } else {
        show(shown, files, process.stdout);
        process.stdout.write(
          `${files.length} files, ${result.ruleSet.rules.length} rules: ${counts(result.diagnostics)}\n`,
        );
      }
      if (!result.ok) process.exitCode = EXIT.findings;
    });
}
