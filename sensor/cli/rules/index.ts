import type { Command } from 'commander';
import { addCheck } from './check.js';
import { addList } from './list.js';
import { addReload } from './reload.js';
import { addTest } from './test.js';

/** Adds `saker rules …`: everything about rule files. Only `reload` needs a running sensor; none needs a kernel. */
export function addRules(program: Command): void {
  const rules = program
    .command('rules')
    .description('check, list, test and reload rules')
    .addHelpText(
      'after',
      `
Examples:
  saker rules check my_rules.yaml          every fault with line, caret and hint
  saker rules test my/                     the events in my/*.test.yaml, judged
  saker rules list --tag network           the shipped rules that have a tag
  saker rules reload                       put changed files in force, all or nothing`,
    );
  addCheck(rules);
  addList(rules);
  addTest(rules);
  addReload(rules);
}
