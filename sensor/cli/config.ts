import type { Command } from 'commander';
import { CONFIG_SCHEMA, loadConfig, renderProblem, showConfig } from '../app/config/index.js';
import { outputOption, printJson } from './output.js';
import { ConfigError } from './run.js';

/** Adds `saker config check|show|schema`. */
export function addConfig(program: Command): void {
  const config = program
    .command('config')
    .description('check, show and describe the configuration');

  config
    .command('check [file]')
    .description('every problem of a configuration file, with line and column')
    .addOption(outputOption())
    .action((file: string | undefined, options: { output: string }) => {
      const loaded = loadConfig(file === undefined ? {} : { path: file });
      if (options.output === 'json')
        printJson({ ok: loaded.ok, problems: loaded.ok ? [] : loaded.problems });
      else if (loaded.ok) process.stdout.write(`${file ?? loaded.path ?? 'defaults'}: ok\n`);
      if (loaded.ok) return;
      if (options.output !== 'json')
        throw new ConfigError(loaded.problems.map(renderProblem).join('\n'));
      process.exitCode = 6;
    });

  config
    .command('show [file]')
    .description('the configuration in force, defaults included, secrets masked')
    .option(
      '-o, --override <key=value>',
      'change one setting',
      (value: string, all: string[]) => [...all, value],
      [],
    )
    .action((file: string | undefined, { override }: { override: string[] }) => {
      const loaded = loadConfig({
        ...(file === undefined ? {} : { path: file }),
        overrides: override,
      });
      if (!loaded.ok) throw new ConfigError(loaded.problems.map(renderProblem).join('\n'));
      process.stdout.write(showConfig(loaded.raw));
    });

  config
    .command('schema')
    .description('the JSON schema of the configuration file')
    .action(() => {
      process.stdout.write(`${JSON.stringify(CONFIG_SCHEMA, null, 2)}\n`);
    });
}
