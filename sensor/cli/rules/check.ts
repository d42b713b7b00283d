import { Option, type Command } from 'commander';
import { EXIT } from '../../core/index.js';
import {
  describe,
  diagnosticJson,
  falcoLoadResults,
  falcoLoadText,
  falcoRefuses,
  type LoadResult,
} from '../../lang/index.js';
import { counted, printJson } from '../output.js';
import { counts, load, show, withLoading, type LoadOptions } from './files.js';

interface CheckOptions extends LoadOptions {
  readonly output: 'text' | 'json' | 'falco' | 'falco-json';
  readonly format?: 'falco';
  readonly warnings: boolean;
}

/** Adds `saker rules check FILE…`. */
export function addCheck(rules: Command): void {
  withLoading(rules.command('check [path...]'))
    .description('every problem of rule files: file, line, column, caret, hint')
    .addOption(
      new Option('-o, --output <format>', 'how to print; falco and falco-json: as Falco says it')
        .choices(['text', 'json', 'falco', 'falco-json'])
        .default('text'),
    )
    .addOption(
      new Option('--format <format>', 'load results in Falco’s words, as text or JSON after -o').choices([
        'falco',
      ]),
    )
    .option('--no-warnings', 'errors only')
    .addHelpText(
      'after',
      `
Examples:
  saker rules check my_rules.yaml
  git show HEAD:my_rules.yaml | saker rules check -
  saker rules check --with rules/lib my_rules.yaml -o json
  saker rules check my_rules.yaml -o falco-json | jq '.falco_load_results[].errors'

-o json holds our diagnostics and, under falco_load_results, Falco's. Exit status 1 when there is an error.`,
    )
    .action((paths: string[], options: CheckOptions) => {
      const { files, result } = load(paths, options);
      const falco = options.format === 'falco' || options.output.startsWith('falco');
      const json = options.output.endsWith('json');
      const shown = result.diagnostics.filter(
        ({ severity }) => options.warnings || severity === 'error',
      );
      if (falco && json) printJson(falcoResults(result));
      else if (falco) sayAsFalco(result);
      else if (json) {
        printJson({
          ok: result.ok,
          files: files.length,
          rules: result.ruleSet.rules.length,
          diagnostics: shown.map(diagnosticJson),
          ...falcoResults(result),
        });
      } else {
        show(shown, files, process.stdout);
        process.stdout.write(
          `${counted(files.length, 'file')}, ${counted(result.ruleSet.rules.length, 'rule')}: ${counts(result.diagnostics)}\n`,
        );
      }
      if (!result.ok) process.exitCode = EXIT.findings;
    });
}

/** Falco's results: of loading, and where that went well of describing. */
function falcoResults(result: LoadResult): object {
  return {
    ...(result.ok ? { falco_describe_results: describe(result) } : {}),
    ...falcoLoadResults(result),
  };
}

/**
 * Falco's words file by file, on stdout; what is invalid again on stderr, behind "Error: ". What Falco knows nothing of (an action
 * that cannot be enforced) it does not say either: the exit status still does, and a last line points to the full report.
 */
function sayAsFalco(result: LoadResult): void {
  const text = falcoLoadText(result, { form: 'check' });
  const ours = result.diagnostics.filter(
    ({ severity, falco }) => severity === 'error' && falco === null,
  ).length;
  process.stdout.write(text);
  if (result.files.some(falcoRefuses)) process.stderr.write(`Error: ${text}`);
  // Falco asks for plugins apart from any file's result, and ends with the first that is missing.
  const plugin = result.diagnostics.find(({ code }) => code === 'plugin-missing');
  if (plugin !== undefined) process.stderr.write(`Error: ${plugin.falcoMessage}\n`);
  if (ours > 0) {
    process.stdout.write(
      `${counted(ours, 'more error')} that Falco has no code for: saker rules check -o text\n`,
    );
  }
}
