import { Option, type Command } from 'commander';
import { EXIT } from '../../core/index.js';
import { counted, outputOption, printable, printJson } from '../output.js';
import { diffRules, type Change, type RuleDiff } from './compare.js';
import { load, show, withLoading, type LoadOptions } from './files.js';

/** Adds `saker rules diff OLD NEW`. */
export function addDiff(rules: Command): void {
  withLoading(rules.command('diff <old> <new>'))
    .description('what a reload would change: rules, macros and lists, and which rules they reach')
    .addOption(outputOption())
    .addOption(new Option('--exit-code', 'exit status 1 when anything changed'))
    .addHelpText(
      'after',
      `
Examples:
  saker rules diff /etc/saker/rules ./rules
  saker rules diff old.yaml new.yaml --with rules/lib -o json | jq '.rules.changed[].name'

OLD and NEW are files or folders, read as --rules reads them. Exit status 1 when NEW has errors: a reload would be refused.`,
    )
    .action(
      (
        old: string,
        young: string,
        options: LoadOptions & { output: string; exitCode?: true },
      ): void => {
        const before = load([old], options);
        const after = load([young], options);
        const diff = diffRules(before.result, after.result);
        if (options.output === 'json') printJson({ ok: after.result.ok, ...diff });
        else process.stdout.write(diffText(diff));
        if (options.exitCode && !diff.same) process.exitCode = EXIT.findings;
        if (after.result.ok) return;
        show(
          after.result.diagnostics.filter(({ severity }) => severity === 'error'),
          after.files,
          process.stderr,
        );
        process.stderr.write(`saker: ${printable(young)} has errors: a reload would be refused\n`);
        process.exitCode = EXIT.findings;
      },
    );
}

/** The differences for a person: + added, - removed, ~ changed. */
export function diffText({ same, rules, macros, lists }: RuleDiff): string {
  if (same) return 'no difference\n';
  const out: string[] = [];
  for (const { name, file, line } of rules.added) out.push(`+ rule ${name}  (${file}:${line})`);
  for (const { name, file, line } of rules.removed) out.push(`- rule ${name}  (${file}:${line})`);
  for (const { name, changes, because } of rules.changed) {
    const why = because.length === 0 ? '' : `  (because of ${because.join(', ')})`;
    out.push(`~ rule ${name}${why}`, ...changes.flatMap(changeLines));
  }
  for (const [kind, diffs] of [
    ['macro', macros],
    ['list', lists],
  ] as const) {
    for (const { name, change, changes, affects } of diffs) {
      const sign = { added: '+', removed: '-', changed: '~' }[change];
      out.push(`${sign} ${kind} ${name}  (${reach(affects)})`, ...changes.flatMap(changeLines));
    }
  }
  const count = rules.added.length + rules.removed.length + rules.changed.length;
  out.push(
    `${counted(rules.added.length, 'rule')} added, ${rules.removed.length} removed, ${rules.changed.length} changed` +
      `${count === 0 ? ': the same alerts' : ''}`,
  );
  return `${out.map(printable).join('\n')}\n`;
}

function reach(affects: readonly string[]): string {
  if (affects.length === 0) return 'no rule uses it';
  const shown = affects.slice(0, 5).join(', ');
  return `used by ${counted(affects.length, 'rule')}: ${shown}${affects.length > 5 ? ', …' : ''}`;
}

function changeLines({ key, before, after, added, removed }: Change): string[] {
  if (added !== undefined && removed !== undefined) {
    const parts = [...removed.map((item) => `-${item}`), ...added.map((item) => `+${item}`)];
    return [`    ${key}: ${parts.length === 0 ? 'another order' : parts.join(' ')}`];
  }
  const [was, is] = apart(oneLine(before), oneLine(after));
  return [`    ${key}:`, `      - ${was}`, `      + ${is}`];
}

/** Characters shown of what two long texts share, on either side of the difference. */
const CONTEXT = 40;

/** Two texts without what they share but for a few characters around the difference. */
function apart(before: string, after: string): readonly [string, string] {
  const shorter = Math.min(before.length, after.length);
  let head = 0;
  while (head < shorter && before[head] === after[head]) head++;
  let tail = 0;
  while (tail < shorter - head && before.at(-1 - tail) === after.at(-1 - tail)) tail++;
  const from = Math.max(0, head - CONTEXT);
  const cut = (text: string): string => {
    const to = Math.min(text.length, text.length - tail + CONTEXT);
    return `${from > 0 ? '…' : ''}${text.slice(from, to)}${to < text.length ? '…' : ''}`;
  };
  return [cut(before), cut(after)];
}

function oneLine(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.replace(/\s+/g, ' ').trim();
}
