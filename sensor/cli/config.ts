import { Option, type Command } from 'commander';
import {
  CONFIG_SCHEMA,
  ConfigError,
  loadConfig,
  maskSecrets,
  showConfig,
} from '../app/config/index.js';
import { EXIT, SakerError } from '../core/index.js';
import type { Reloaded } from '../app/daemon/index.js';
import { withClient, withSocket } from './daemon.js';
import { counted, outputOption, printJson } from './output.js';

/** Adds `saker config check|show|schema|reload`. */
export function addConfig(program: Command): void {
  const config = program
    .command('config')
    .description('check, show, describe and reload the configuration')
    .addHelpText(
      'after',
      `
Examples:
  saker config check saker.yaml            every problem with line, caret and hint
  saker config show saker.yaml             defaults filled in, secrets masked
  saker config schema > saker.schema.json  for editors
  saker config reload                      put the changed file in force, all or nothing`,
    );

  config
    .command('check [file]')
    .description('every problem of a configuration file, with line and column')
    .addOption(outputOption())
    .addHelpText(
      'after',
      '\nExamples:\n  saker config check                 /etc/saker/saker.yaml\n  saker config check saker.yaml -o json',
    )
    .action((file: string | undefined, options: { output: string }) => {
      const loaded = loadConfig(file === undefined ? {} : { path: file });
      if (options.output === 'json')
        printJson({ ok: loaded.ok, problems: loaded.ok ? [] : loaded.problems });
      else if (loaded.ok) process.stdout.write(`${file ?? loaded.path ?? 'defaults'}: ok\n`);
      if (loaded.ok) return;
      if (options.output !== 'json') throw new ConfigError(loaded.problems);
      process.exitCode = EXIT.config;
    });

  config
    .command('show [file]')
    .description('the configuration in force, defaults included, secrets masked')
    .option(
      '-o, --output <format|key=value>',
      'as yaml or json; or one setting changed',
      (value: string, all: string[]) => [...all, value],
      [],
    )
    .addHelpText(
      'after',
      '\nExamples:\n  saker config show\n  saker config show saker.yaml -o log.level=debug -o json',
    )
    .action((file: string | undefined, { output }: { output: string[] }) => {
      const formats = output.filter((value) => !value.includes('='));
      for (const value of formats) {
        if (value !== 'yaml' && value !== 'json')
          throw new SakerError('USAGE', `-o ${value}: expected yaml, json or key=value`);
      }
      const loaded = loadConfig({
        ...(file === undefined ? {} : { path: file }),
        overrides: output.filter((value) => value.includes('=')),
      });
      if (!loaded.ok) throw new ConfigError(loaded.problems);
      if (formats.at(-1) === 'json') printJson(maskSecrets(loaded.raw));
      else process.stdout.write(showConfig(loaded.raw));
    });

  config
    .command('schema')
    .description('the JSON schema of the configuration file')
    .addOption(new Option('-o, --output <format>', 'it is JSON').choices(['json']).default('json'))
    .addHelpText('after', '\nExamples:\n  saker config schema > saker.schema.json')
    .action(() => {
      process.stdout.write(`${JSON.stringify(CONFIG_SCHEMA, null, 2)}\n`);
    });

  withSocket(config.command('reload'))
    .description(
      'the running sensor reads its configuration and rules again; on an error all stays',
    )
    .addHelpText('after', '\nExamples:\n  saker config reload\n  saker config reload -o json')
    .action(async (options: { runDir: string; output: 'text' | 'json' }) => {
      const result = (await withClient(options, (client) =>
        client.call('config.reload'),
      )) as Reloaded;
      if (options.output === 'json') printJson(result);
      else process.stdout.write(renderReloaded(result));
    });
}

function renderReloaded({ generation, rules, sinks, needsRestart }: Reloaded): string {
  const lines = [`generation ${generation} is in force: ${counted(rules, 'rule')}`];
  for (const what of ['added', 'changed', 'removed'] as const) {
    if (sinks[what].length > 0) lines.push(`sinks ${what}: ${sinks[what].join(', ')}`);
  }
  if (needsRestart.length > 0) {
    lines.push(`taken up at the next start only: ${needsRestart.join(', ')}`);
  }
  return `${lines.join('\n')}\n`;
}
