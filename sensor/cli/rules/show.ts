import type { Command } from 'commander';
import { CAPTURED_EVENTS } from '../../app/captured-events.js';
import {
  describe,
  printCondition,
  type Diagnostic,
  type FieldDef,
  type Operand,
} from '../../lang/index.js';
import { outputOption, printable, printJson, table } from '../output.js';
import { checksOf, costOf, type Cost } from './cost.js';
import { load, withLoading, type LoadOptions } from './files.js';
import { findRule, type FoundRule } from './find.js';
import { kernelFilters, type KernelFilter } from './kernel-filter.js';
import { layoutCondition } from './layout.js';

/** Adds `saker rules show RULE`. */
export function addShow(rules: Command): void {
  withLoading(rules.command('show <rule> [path...]'))
    .description('one rule as it is judged: macros and lists in place, events, fields, cost, kernel filter')
    .addOption(outputOption())
    .addHelpText(
      'after',
      `
Examples:
  saker rules show 'Sudo rights changed'
  saker rules show 'My rule' my.yaml --with rules/lib -o json

Cost: integers only < one set look-up < text < pattern; any event: no event type is named.`,
    )
    .action((name: string, paths: string[], options: LoadOptions & { output: string }) => {
      const loaded = load(paths, options);
      const found = findRule(loaded, name);
      const shown = showRule(found);
      if (options.output === 'json') printJson({ ...shown, falco: describe(loaded.result, found.item.name) });
      else process.stdout.write(showText(found, shown));
    });
}

/** A field that a rule reads. */
interface ShownField {
  readonly field: string;
  readonly type: string;
  readonly home: string;
  readonly trust: string;
  readonly availability: string;
  readonly in: readonly ('condition' | 'output')[];
}

/** What `show` tells of a rule. */
export interface ShownRule {
  readonly name: string;
  readonly file: string;
  readonly line: number;
  readonly description: string;
  readonly priority: string;
  readonly source: string;
  readonly enabled: boolean;
  readonly tags: readonly string[];
  readonly action: FoundRule['rule']['action'];
  readonly condition: string;
  readonly condition_resolved: string;
  readonly macros: readonly string[];
  readonly lists: readonly string[];
  readonly exceptions: readonly string[];
  readonly output: string;
  readonly events: readonly string[] | 'all';
  /** Those of `events` that this build takes from the kernel. */
  readonly events_captured: readonly string[];
  readonly fields: readonly ShownField[];
  /** Rules with an action are decided by the kernel's tables, flow by flow; all others here, event by event. */
  readonly decided_by: 'sensor' | 'kernel';
  /** Null when the kernel decides. */
  readonly cost: Cost | null;
  readonly kernel: readonly KernelFilter[];
  /** Hints about the rule: what of an action's condition is folded away, what a link walks past. */
  readonly hints: readonly string[];
}

/** Everything `show` tells of a rule. */
export function showRule(found: FoundRule): ShownRule {
  const { item, rule, compiled, output } = found;
  const events = rule.events === 'all' ? 'all' : [...rule.events].sort();
  return {
    name: rule.name,
    file: rule.file,
    line: rule.line,
    description: rule.description,
    priority: rule.priority,
    source: rule.source,
    enabled: rule.enabled,
    tags: rule.tags,
    action: rule.action,
    condition: item.condition.text.trim(),
    condition_resolved: printCondition(rule.condition),
    macros: compiled?.macros.map((macro) => macro.item.name) ?? [],
    lists: compiled?.lists ?? [],
    exceptions: item.exceptions.map((exception) => exception.name),
    output,
    events,
    events_captured: [...CAPTURED_EVENTS].filter((name) => events === 'all' || events.includes(name)),
    fields: fieldsOf(found),
    decided_by: rule.action === null ? 'sensor' : 'kernel',
    cost: rule.action === null ? costOf(rule) : null,
    kernel: rule.action === null ? kernelFilters(rule) : [],
    hints: found.diagnostics.filter(({ severity }) => severity === 'hint').map(hintText),
  };
}

function fieldsOf({ rule, outputTokens }: FoundRule): readonly ShownField[] {
  const uses = new Map<string, { readonly def: FieldDef; readonly in: Set<'condition' | 'output'> }>();
  const note = (operand: Operand, place: 'condition' | 'output'): void => {
    if (operand.kind === 'call') for (const arg of operand.args) note(arg, place);
    if (operand.kind !== 'field') return;
    const { text, def } = operand.use;
    const known = uses.get(text);
    if (known === undefined) uses.set(text, { def, in: new Set([place]) });
    else known.in.add(place);
  };
  for (const check of checksOf(rule.condition)) {
    note(check.left, 'condition');
    if (check.kind !== 'compare') continue;
    for (const value of check.right) {
      if (value.kind === 'field' || value.kind === 'call') note(value, 'condition');
    }
  }
  for (const token of outputTokens) if (token.kind === 'value') note(token.operand, 'output');
  return [...uses].map(([field, { def, in: places }]) => {
    const { type, home, trust, availability } = def;
    return { field, type, home, trust, availability, in: [...places] };
  });
}

/** The rule for a person. */
export function showText(found: FoundRule, shown: ShownRule): string {
  const { action, cost } = shown;
  const head: string[][] = [
    ['rule', printable(shown.name)],
    ['where', `${printable(shown.file)}:${shown.line}`],
    ['priority', `${shown.priority}${shown.enabled ? '' : ', disabled'}`],
    ['tags', printable(shown.tags.join(' '))],
    ['action', action === null ? 'alert' : `${action.action}, mode ${action.mode}, reply ${action.reply}`],
    ...(shown.source === 'syscall' ? [] : [['source', printable(shown.source)]]),
    ...(shown.macros.length > 0 ? [['macros', shown.macros.join(' ')]] : []),
    ...(shown.lists.length > 0 ? [['lists', shown.lists.join(' ')]] : []),
    ...(shown.exceptions.length > 0 ? [['exceptions', shown.exceptions.join(' ')]] : []),
    ['events', eventWords(shown)],
  ];
  const fields = shown.fields.map(({ field, type, in: where, home, trust, availability }) => [
    field,
    type,
    where.join('+'),
    `of the ${home === 'sensor' ? 'sensor' : home}`,
    [
      availability === 'live' ? '' : availability === 'never' ? 'always null' : 'not captured yet',
      trust === 'subject' ? 'set by the watched process' : '',
    ]
      .filter(Boolean)
      .join(', '),
  ]);
  const section = (title: string, text: string): string => `\n${title}\n${text}`;
  return [
    table(head),
    section('description', `  ${printable(shown.description.replace(/\s+/g, ' ').trim())}\n`),
    section('condition, macros and lists in place', `${visible(layoutCondition(found.rule.condition, '  '))}\n`),
    section('output', `  ${printable(shown.output)}\n`),
    section('fields', table(fields, '  ')),
    ...(cost === null
      ? [section('decided in the kernel', '  flow by flow, by tables: as fast with one rule as with many\n')]
      : [
          section(`cost: ${cost.class}`, `  ${printable(cost.why)}\n  ${checkWords(cost)}\n`),
          section('kept by the kernel for this rule', keptText(shown)),
        ]),
    ...(shown.hints.length === 0
      ? []
      : [section('hints', shown.hints.map((hint) => `  ${printable(hint)}\n`).join(''))]),
  ].join('');
}

function keptText({ kernel, events_captured: captured }: ShownRule): string {
  if (kernel.length > 0) {
    return table(
      kernel.map(({ kind, words, kept, classes }) => [kind, words, `(${kept} of ${classes} classes)`]),
      '  ',
    );
  }
  return captured.length > 0
    ? '  every one: records of processes are never filtered\n'
    : '  nothing: none of its events is captured\n';
}

const hintText = ({ message, hint }: Diagnostic): string =>
  hint === null ? message : `${message}; ${hint}`;

function eventWords({ events, events_captured: captured }: ShownRule): string {
  if (events === 'all') return 'all: the condition names no event type';
  if (events.length === 0) return 'none: the rule never fires';
  const missing = events.filter((name) => !captured.includes(name));
  const named = events.length > 20 ? [...events.slice(0, 20), '…'] : events;
  if (missing.length === 0) return named.join(' ');
  const shown = missing.slice(0, 10).join(' ');
  return `${named.join(' ')} (not captured yet: ${shown}${missing.length > 10 ? ' …' : ''})`;
}

function checkWords({ checks }: Cost): string {
  const parts = Object.entries(checks)
    .filter(([, count]) => count > 0)
    .map(([kind, count]) => `${kind} ${count}`);
  return `different checks: ${parts.join(', ')}`;
}

const visible = (text: string): string => text.split('\n').map(printable).join('\n');
