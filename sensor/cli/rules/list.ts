import type { Command } from 'commander';
import { EXIT } from '../../core/index.js';
import { outputOption, printable, printJson, table } from '../output.js';
import { load, show, withLoading, type LoadOptions } from './files.js';

/** Adds `saker rules list`. */
export function addList(rules: Command): void {
  withLoading(rules.command('list [path...]'))
    .description('rules in order of evaluation')
    .addOption(outputOption())
    .option('--tag <tag>', 'only those with this tag')
    .option('--names', 'only the names, one a line')
    .addHelpText('after', '\nExamples:\n  saker rules list\n  saker rules list --tag T1552.005 -o json')
    .action((paths: string[], options: LoadOptions & { output: string; tag?: string; names?: true }) => {
      const { files, result } = load(paths, options);
      const listed = result.ruleSet.rules
        .filter(({ tags }) => options.tag === undefined || tags.includes(options.tag))
        .map(({ name, priority, enabled, tags, events, action, file, line, description }) => ({
          name,
          priority,
          enabled,
          tags,
          events: events === 'all' ? 'all' : [...events].sort(),
          ...(action === null ? {} : action),
          file,
          line,
          description,
        }));
      if (listed.length === 0 && options.tag !== undefined) {
        process.stderr.write(`saker: no rule has the tag "${options.tag}"\n`);
        process.exitCode = EXIT.findings;
      }
      if (options.names) process.stdout.write(listed.map(({ name }) => `${printable(name)}\n`).join(''));
      else if (options.output === 'json') printJson(listed);
      else if (listed.length > 0) {
        process.stdout.write(
          table([
            ['priority', 'rule', 'tags', 'where'],
            ...listed.map(({ name, priority, enabled, tags, file, line }) => [
              priority,
              `${printable(name)}${enabled ? '' : ' (disabled)'}`,
              printable(tags.join(' ')),
              `${file}:${line}`,
            ]),
          ]),
        );
      }
      if (result.ok) return;
      show(
        result.diagnostics.filter(({ severity }) => severity === 'error'),
        files,
        process.stderr,
      );
      process.exitCode = EXIT.findings;
    });
}
