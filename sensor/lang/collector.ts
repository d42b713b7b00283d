import { ConditionSyntaxError, parse } from '../../grammar/index.js';
import type { ItemContext } from './diagnostic.js';
import { diagnosticFor } from './diagnostic.js';
import type { ExceptionItem, ListItem, MacroItem, RuleItem, RuleParts } from './items.js';
import { mergeExceptions, validateException } from './passes/exceptions.js';
import type { Report } from './read-values.js';
import { MappedText } from './source.js';
import { didYouMean } from '../core/index.js';

/** Joins an appended text with one blank. */
const joined = (before: MappedText, after: MappedText): MappedText =>
  MappedText.join([before, ' ', after]);

/** What was read so far, in order of first definition. */
export class Collector {
  readonly lists = new Map<string, ListItem>();
  readonly macros = new Map<string, MacroItem>();
  readonly rules = new Map<string, RuleItem>();
  readonly #report: Report;
  /** Appended conditions join as groups, not as text. */
  readonly strict: boolean;
  /** Event sources there are. */
  readonly #sources: readonly string[];
  readonly #lost = new Set<string>();
  readonly #tops = new WeakMap<MappedText, string | null>();
  #next = 0;

  constructor(report: Report, strict: boolean, sources: readonly string[]) {
    this.#report = report;
    this.strict = strict;
    this.#sources = sources;
  }

  /** An item of this name, or a part of a file, could not be read: that others refer to it is no further fault. */
  lose(kind: string, name: string): void {
    this.#lost.add(`${kind} ${name}`);
  }

  get hasLost(): boolean {
    return this.#lost.size > 0;
  }

  isLost(kind: string, name: string): boolean {
    return this.#lost.has(`${kind} ${name}`);
  }

  defineList(item: Omit<ListItem, 'index' | 'visibility' | 'kind'>): void {
    this.lists.set(item.name, { kind: 'list', ...item, ...this.#order(this.lists.get(item.name)) });
  }

  appendList(name: string, items: readonly MappedText[], context: ItemContext): void {
    const before = this.lists.get(name);
    if (before === undefined) return this.#missing('list', name, context, this.lists.keys());
    this.lists.set(name, {
      ...before,
      items: [...before.items, ...items],
      visibility: this.#next++,
    });
  }

  defineMacro(item: Omit<MacroItem, 'index' | 'visibility' | 'kind'>): void {
    const order = this.#order(this.macros.get(item.name));
    this.macros.set(item.name, { kind: 'macro', ...item, ...order });
  }

  appendMacro(name: string, condition: MappedText, context: ItemContext): void {
    const before = this.macros.get(name);
    if (before === undefined) return this.#missing('macro', name, context, this.macros.keys());
    this.macros.set(name, {
      ...before,
      condition: this.#appended(before.condition, condition, context),
      visibility: this.#next++,
    });
  }

  /** Defines a rule, or redefines it in its old place. `sourceGiven`: it names a source of its own. */
  defineRule(
    item: Omit<RuleItem, 'index' | 'visibility' | 'kind' | 'defined'>,
    sourceGiven: boolean,
  ): void {
    const before = this.rules.get(item.name);
    if (before !== undefined && sourceGiven && before.source !== item.source) {
      this.#report(
        diagnosticFor(
          {
            code: 'source-changed',
            falco: 'LOAD_ERR_VALIDATE',
            message: `rule "${item.name}" has source ${before.source}: it cannot be redefined with source ${item.source}`,
            falcoMessage: 'Rule has been re-defined with a different source',
          },
          item.context,
        ),
      );
      return;
    }
    if (before !== undefined) this.#warnOfLost(before, item);
    const source = before !== undefined && !sourceGiven ? before.source : item.source;
    if (!this.#sources.includes(source)) this.#warnOfSource(source, item.context);
    this.rules.set(item.name, {
      kind: 'rule',
      ...item,
      exceptions: this.#sound(item.exceptions, source),
      source,
      defined: this.#next,
      ...this.#order(before),
    });
  }

  appendRule(name: string, parts: RuleParts, context: ItemContext): void {
    const before = this.rules.get(name);
    if (before === undefined) return this.#missing('rule', name, context, this.rules.keys());
    this.rules.set(name, {
      ...before,
      condition:
        parts.condition === undefined
          ? before.condition
          : this.#appended(before.condition, parts.condition, context),
      output: parts.output === undefined ? before.output : joined(before.output, parts.output),
      description:
        parts.description === undefined
          ? before.description
          : `${before.description} ${parts.description}`,
      tags: parts.tags === undefined ? before.tags : [...new Set([...before.tags, ...parts.tags])],
      exceptions:
        parts.exceptions === undefined
          ? before.exceptions
          : mergeExceptions(
              before.exceptions,
              parts.exceptions,
              this.#report,
              this.#sources.includes(before.source),
            ),
      visibility: this.#next++,
    });
  }

  /** Replaces the values that `parts` holds. Falco keeps the place of the condition that was there first. */
  replaceInRule(name: string, parts: RuleParts, context: ItemContext): void {
    const before = this.rules.get(name);
    if (before === undefined)
      return this.#missing('replaced rule', name, context, this.rules.keys());
    this.rules.set(name, {
      ...before,
      ...parts,
      exceptions:
        parts.exceptions === undefined
          ? before.exceptions
          : this.#sound(parts.exceptions, before.source),
      conditionContext: before.conditionContext,
      outputContext: before.outputContext,
      visibility: this.#next++,
    });
  }

  enableRule(name: string, enabled: boolean, context: ItemContext): void {
    const before = this.rules.get(name);
    if (before === undefined)
      return this.#missing('enabled rule', name, context, this.rules.keys());
    this.rules.set(name, { ...before, enabled, visibility: this.#next++ });
  }

  /** Faulty exceptions are reported and left out: what they would make of the condition is no news. */
  #sound(exceptions: readonly ExceptionItem[], source: string): readonly ExceptionItem[] {
    const knowsFields = this.#sources.includes(source);
    return exceptions.filter((exception) =>
      validateException(exception, this.#report, knowsFields),
    );
  }

  #warnOfSource(source: string, context: ItemContext): void {
    this.#report(
      diagnosticFor(
        {
          code: 'unknown-source',
          falco: 'LOAD_UNKNOWN_SOURCE',
          severity: 'warning',
          message: `there is no source "${source}" here: the rule never runs`,
          falcoMessage: `Unknown source ${source}, skipping`,
        },
        context,
      ),
    );
  }

  /**
   * Appends to a condition as Falco does, by text: `a or b` and `and c` make `a or (b and c)`, which nobody means. Strict
   * mode takes what was there as one group.
   */
  #appended(before: MappedText, after: MappedText, context: ItemContext): MappedText {
    const [head = '', word] = /^\s*(and|or)\b/.exec(after.text) ?? [];
    const top = this.#topOf(before);
    const group = word === 'and' && top === 'or' && this.strict;
    const both = group ? MappedText.join(['(', before, ') ', after]) : joined(before, after);
    const loosest = [group ? 'and' : top, word, topOperator(after.text.slice(head.length))];
    if (word !== undefined) this.#tops.set(both, loosest.includes('or') ? 'or' : 'and');
    if (word !== 'and' || top !== 'or') return both;
    this.#report(
      diagnosticFor(
        {
          code: 'append-precedence',
          severity: 'warning',
          message: this.strict
            ? 'the condition holds an "or": Falco would let "and" bind to its last part only'
            : 'the condition holds an "or": the appended "and" binds to its last part only',
          hint: 'put the condition in parentheses where it is defined, or use exceptions',
        },
        context,
        after.locate({ start: 0, end: after.text.length })?.span,
      ),
    );
    return both;
  }

  /** The loosest operator of a condition: known of appended ones, or many appends would parse all that was before each time. */
  #topOf(text: MappedText): string | null {
    const known = this.#tops.get(text);
    return known === undefined ? topOperator(text.text) : known;
  }

  /** A full redefinition forgets what was added to the rule before; a copy of a file that is loaded twice loses nothing. */
  #warnOfLost(
    before: RuleItem,
    after: Pick<RuleItem, 'context' | 'name' | 'enabled' | 'exceptions'>,
  ): void {
    const lost = [
      ...(before.visibility > before.defined ? ['appends and overrides'] : []),
      ...(before.exceptions.length > after.exceptions.length ? ['exceptions'] : []),
      ...(!before.enabled && after.enabled ? ['enabled: false'] : []),
    ];
    if (lost.length === 0) return;
    this.#report(
      diagnosticFor(
        {
          code: 'rule-redefined',
          severity: 'warning',
          message: `the rule is defined anew: its ${lost.join(', ')} of before are gone`,
          hint: 'to change a part of a rule use override, as in override: {condition: replace}',
        },
        after.context,
      ),
    );
  }

  #order(before: { readonly index: number } | undefined): { index: number; visibility: number } {
    const next = this.#next++;
    return { index: before?.index ?? next, visibility: next };
  }

  #missing(
    use: keyof typeof MISSING,
    name: string,
    context: ItemContext,
    known: Iterable<string>,
  ): void {
    const kind = use.split(' ').at(-1)!;
    if (this.isLost(kind, name)) return;
    this.#report(
      diagnosticFor(
        {
          code: `unknown-${kind}`,
          falco: 'LOAD_ERR_VALIDATE',
          message: `there is no ${kind} "${name}" to append to, override or enable`,
          falcoMessage: MISSING[use],
          hint: didYouMean(name, known),
        },
        context,
      ),
    );
  }
}

/** What Falco says when there is nothing to append to, to replace or to enable. */
const MISSING = {
  list: "List uses 'append' or 'override.items: append' but no list by that name already exists",
  macro:
    "Macro uses 'append' or 'override.condition: append' but no macro by that name already exists",
  rule: "Rule uses 'append' or 'override.<key>: append' but no rule by that name already exists",
  'replaced rule':
    "An 'override.<key>: replace' to a rule was requested but no rule by that name already exists",
  'enabled rule': "Rule has 'enabled' key but no rule by that name already exists",
} as const;

/** The loosest operator of a condition; null when it does not parse as it stands. */
function topOperator(text: string): string | null {
  try {
    return parse(text).kind;
  } catch (error) {
    if (error instanceof ConditionSyntaxError) return null;
    throw error;
  }
}
