import type { Command } from 'commander';
import { SakerError } from "../../core/index.js";
import {
  compileOutput,
  explain,
  formatClauses,
  PLAIN_FIELDS,
  plainEvent,
  withoutRepeats,
  type Clause,
  type PlainEvent,
} from '../../engine/index.js';
import type { Rule } from '../../lang/index.js';
import { outputOption, printable, printJson } from '../output.js';
import { readEvent } from './event-file.js';
import { load, withLoading, type LoadOptions } from './files.js';
import { findRule } from './find.js';

/** Adds `saker rules explain RULE --event FILE`. */
export function addExplain(rules: Command): void {
  withLoading(rules.command('explain <rule> [path...]'))
    .description('why a rule matches an event or not: every clause with the values it meets')
    .requiredOption('--event <file>', 'fields and values, in YAML or JSON; - for standard input')
    .addOption(outputOption())
    .addHelpText(
      'after',
      `
Examples:
  saker rules explain 'Sudo rights changed' --event event.yaml
  echo '{base: open_write, fd.name: /etc/sudoers}' | saker rules explain 'Sudo rights changed' --event -
  saker rules explain 'My rule' my.yaml --with rules/lib --event event.json -o json

The event is written as in a rule test (rules/README.md). Exit status 0 whatever the answer, 1 when the rule is not there
or faulty, or the event is.`,
    )
    .action(
      (
        name: string,
        paths: string[],
        options: LoadOptions & { event: string; output: string },
      ): void => {
        const { rule } = findRule(load(paths, options), name);
        const explained = explainRule(rule, eventOf(options.event));
        const { clauses } = explained;
        if (options.output === 'json') printJson({ ...explained, clauses: withoutRepeats(clauses) });
        else process.stdout.write(explanationText(explained));
      },
    );
}

/** Why a rule matches an event or not. */
export interface Explanation {
  readonly rule: string;
  readonly matches: boolean;
  /** What keeps it from alerting although its clauses hold, or beside them. */
  readonly notes: readonly string[];
  /** The alert's text, when the clauses hold. */
  readonly message: string | null;
  readonly clauses: Clause;
}

/** Judges one event by one rule, clause by clause. */
export function explainRule(rule: Rule, event: PlainEvent): Explanation {
  const clauses = explain(rule.condition, event, PLAIN_FIELDS);
  const type = event.get('evt.type');
  const looksAt = rule.events === 'all' || (typeof type === 'string' && rule.events.has(type));
  const notes: string[] = [];
  if (type === undefined || type === null) {
    notes.push('the event has no evt.type: live events always have one');
  } else if (!looksAt) {
    notes.push(`the rule never looks at events of type ${String(type)}`);
  }
  if (!rule.enabled) notes.push('the rule is disabled');
  if (rule.action !== null) {
    const { action, mode } = rule.action;
    notes.push(`action ${action} (${mode}): live alerts come from the kernel's verdicts`);
  }
  const matches = clauses.result && (looksAt || type === undefined || type === null);
  const message = clauses.result ? compileOutput(rule.output, PLAIN_FIELDS).message(event) : null;
  return { rule: rule.name, matches, notes, message, clauses };
}

/** The explanation for a person: the answer, what else to know, the tree of clauses. */
export function explanationText({ rule, matches, notes, message, clauses }: Explanation): string {
  const lines = [`${printable(rule)}: ${matches ? 'matches' : 'does not match'}`];
  if (matches && message !== null) lines.push(`  alert: ${printable(message)}`);
  for (const note of notes) lines.push(`  note: ${note}`);
  return `${lines.join('\n')}\n\n${formatClauses(clauses).split('\n').map(printable).join('\n')}\n`;
}

/** The event of a file; every value that is faulty is named. */
function eventOf(path: string): PlainEvent {
  const { event, problems } = plainEvent(readEvent(path));
  if (problems.length === 0) return event;
  const list = problems.map(({ field, reason }) => `${field}: ${reason}`).join('; ');
  throw new SakerError('EVENT_INVALID', `${path}: ${list}`, {
    hint: '`saker fields` lists the fields, rules/README.md how values are written',
  });
}

