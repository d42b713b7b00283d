import type { Command } from 'commander';
import { RULE_SCHEMA } from './rule-schema.js';

/** Adds `saker rules schema`. */
export function addSchema(rules: Command): void {
  rules
    .command('schema')
    .description('the JSON schema of rule files, for an editor')
    .addHelpText(
      'after',
      `
Examples:
  saker rules schema > saker-rules.schema.json

Then, as the first line of a rule file (yaml-language-server, and the editors built on it):
  # yaml-language-server: $schema=./saker-rules.schema.json

The schema knows keys and values; conditions and outputs are judged by: saker rules check
The schema of a condition's tree: saker rules parse --schema`,
    )
    .action(() => {
      process.stdout.write(`${JSON.stringify(RULE_SCHEMA, null, 2)}\n`);
    });
}
