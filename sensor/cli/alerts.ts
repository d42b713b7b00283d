import type { Command } from 'commander';
import { ALERT_SCHEMA } from '../spool/index.js';

/** Adds `saker alerts schema`. */
export function addAlerts(program: Command): void {
  const alerts = program
    .command('alerts')
    .description('what an alert holds')
    .addHelpText('after', '\nExamples:\n  saker alerts schema');
  alerts
    .command('schema')
    .description('the JSON schema of an alert: every member and its meaning')
    .addHelpText(
      'after',
      `
Examples:
  saker alerts schema > alert.schema.json
  saker alerts schema | jq '.properties | map_values(.description)'`,
    )
    .action(() => {
      process.stdout.write(`${JSON.stringify(ALERT_SCHEMA, null, 2)}\n`);
    });
}
