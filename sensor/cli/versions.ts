import type { Command } from 'commander';
import { packageVersion } from '../core/index.js';
import { BUILTIN_PLUGINS, ENGINE_VERSION, SCHEMA_VERSION } from '../lang/index.js';
import { outputOption, printJson } from './output.js';

/** Adds `saker version`: what this is, and which of Falco's versions it stands for. */
export function addVersion(program: Command): void {
  program
    .command('version')
    .description(
      'the version, and the versions of Falco’s engine and plugins that rules may require',
    )
    .addOption(outputOption())
    .addHelpText(
      'after',
      `
Examples:
  saker version
  saker version -o json | jq -r .engine_version`,
    )
    .action((options: { readonly output: string }) => {
      const plugins = Object.fromEntries(BUILTIN_PLUGINS);
      if (options.output === 'json') {
        printJson({
          version: packageVersion(),
          engine_version: ENGINE_VERSION,
          schema_version: SCHEMA_VERSION,
          plugins,
        });
        return;
      }
      process.stdout.write(`saker ${packageVersion()}\nrule engine ${ENGINE_VERSION}\n`);
      process.stdout.write(`event schema ${SCHEMA_VERSION}\n`);
      for (const [name, at] of BUILTIN_PLUGINS) process.stdout.write(`plugin ${name} ${at}\n`);
    });
}
