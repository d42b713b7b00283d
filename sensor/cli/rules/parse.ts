import type { Command } from 'commander';
import { EXIT, toText } from '../../core/index.js';
import { AST_SCHEMA, parseCondition } from '../../lang/index.js';
import { outputOption, printJson } from '../output.js';
import { answerRequests, conditionError, type Answer } from './condition-lines.js';

/** Adds `saker rules parse [CONDITION]`. */
export function addParse(rules: Command): void {
  rules
    .command('parse [condition]')
    .description('the syntax tree of a condition as JSON; without one, of JSON lines on standard input')
    .option('--schema', 'the JSON schema of the tree, and nothing else')
    .addOption(outputOption())
    .addHelpText(
      'after',
      `
Examples:
  saker rules parse 'evt.type = open and not fd.name startswith /tmp'
  echo '{"condition": "proc.name in (sh, bash)"}' | saker rules parse

Each line {"condition": TEXT} is answered by {"ast": TREE} or {"error": {code, message, hint, line, column, start, end}}.
The tree is described in grammar/README.md and by --schema. Spans count UTF-16 units. Names are not looked up: structure only. Exit status 1 when CONDITION is faulty; lines each have
their own answer.`,
    )
    .action(async (condition: string | undefined, options: { output: string; schema?: true }) => {
      if (options.schema) return void process.stdout.write(`${JSON.stringify(AST_SCHEMA, null, 2)}\n`);
      if (condition === undefined) return answerRequests((request) => parseAnswer(request.condition));
      const answer = parseAnswer(condition);
      if (options.output === 'json') printJson(answer);
      else process.stdout.write(`${JSON.stringify(answer, null, 2)}\n`);
      if ('error' in answer) process.exitCode = EXIT.findings;
    });
}

/** `{ast}`, or `{error}` with its place. */
export function parseAnswer(condition: string): Answer {
  const parsed = parseCondition(condition);
  return parsed.ok
    ? { ast: readable(parsed.ast) }
    : { error: conditionError(parsed.diagnostics) };
}

/** The tree with its literals as text; one that is no UTF-8 also has its bytes in hexadecimal. */
function readable(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(readable);
  if (typeof value !== 'object' || value === null) return value;
  const node = value as Readonly<Record<string, unknown>>;
  const copy: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(node)) {
    copy[key] = (key === 'arg' || key === 'index') && typeof item === 'string' ? toText(item) : readable(item);
  }
  if (node['kind'] !== 'text') return copy;
  const bytes = node['value'] as string;
  copy['value'] = toText(bytes);
  if (Buffer.from(copy['value'] as string).toString('latin1') !== bytes) {
    copy['bytes'] = Buffer.from(bytes, 'latin1').toString('hex');
  }
  return copy;
}
