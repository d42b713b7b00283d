import type { Command } from 'commander';
import { withClient, withSocket } from '../daemon.js';
import { counted, printJson } from '../output.js';

/** Adds `saker rules reload`. */
export function addReload(rules: Command): void {
  withSocket(rules.command('reload'))
    .description('the running sensor reads its rule files again; on an error the old rules stay')
    .addHelpText('after', '\nExamples:\n  saker rules reload')
    .action(async (options: { runDir: string; output: 'text' | 'json' }) => {
      const result = (await withClient(options, (client) => client.call('rules.reload'))) as {
        generation: number;
        rules: number;
      };
      if (options.output === 'json') printJson(result);
      else {
        const rules = counted(result.rules, 'rule');
        process.stdout.write(`generation ${result.generation} is in force: ${rules}\n`);
      }
    });
}
