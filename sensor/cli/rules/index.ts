import type { Command } from 'commander';
import { addCheck } from './check.js';
import { addCoverage } from './coverage.js';
import { addDescribe } from './describe.js';
import { addDiff } from './diff.js';
import { addEval } from './eval.js';
import { addExplain } from './explain.js';
import { addFormat } from './format.js';
import { addList } from './list.js';
import { addParse } from './parse.js';
import { addReload } from './reload.js';
import { addSchema } from './schema.js';
import { addShow } from './show.js';
import { addTest } from './test.js';

/** Adds `saker rules …`: everything about rule files. Only `reload` needs a running sensor; none needs a kernel. */
export function addRules(program: Command): void {
  const rules = program
    .command('rules')
    .description('check, show, test, compare, explain and reload rules')
    .addHelpText(
      'after',
      `
Examples:
  saker rules check my_rules.yaml          every fault with line, caret and hint
  saker rules test my/                     the events in my/*.test.yaml, judged
  saker rules list --tag mitre_persistence the shipped rules that have a tag
  saker rules show 'Sudo rights changed'   what it really asks for, and what that costs
  saker rules explain 'Sudo rights changed' --event event.yaml
  saker rules diff old/ new/               what a reload would change
  saker rules reload                       put changed files in force, all or nothing`,
    );
  addCheck(rules);
  addList(rules);
  addShow(rules);
  addDescribe(rules);
  addTest(rules);
  addExplain(rules);
  addDiff(rules);
  addCoverage(rules);
  addParse(rules);
  addEval(rules);
  addFormat(rules);
  addSchema(rules);
  addReload(rules);
}
