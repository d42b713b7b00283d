import { Collector } from './collector.js';
import type { CompiledList, CompiledMacro } from './compile.js';
import { ConditionCompiler, conditionDiagnostic, isFailure } from './compile.js';
import type { CompiledRule } from './compile-rule.js';
import { compileRule, passesThreshold } from './compile-rule.js';
import type { Diagnostic, ItemContext } from './diagnostic.js';
import { diagnosticFor } from './diagnostic.js';
import type { Rule, RuleSet } from './ir.js';
import type { RuleItem } from './items.js';
import type { LoadOptions, RuleFile } from './options.js';
import { withExceptions } from './passes/exceptions.js';
import { findShadowed } from './passes/shadow.js';
import { readFile } from './reader.js';
import type { ReadFile, Requirements } from './reader.js';
import { selectRules } from './select.js';
import { SourceFile } from './source.js';
import { didYouMean } from '../core/index.js';
import { BUILTIN_PLUGINS, satisfies } from './versions.js';

/** What one file gave, in the order Falco would have said it (falco-formats §3). */
export interface FileResult {
  readonly file: ReadFile;
  /** While reading: shape, names, appends. */
  readonly read: readonly Diagnostic[];
  /** From compiling everything read so far, earlier files included. */
  readonly compiled: readonly Diagnostic[];
  /** Unused macros and lists; Falco leaves them out when the file has an error. */
  readonly unused: readonly Diagnostic[];
}

const NOTHING = { rules: [], compiled: [], unused: [] } as const;

/** Everything a load gives. */
export interface LoadResult {
  /** Rules that run, in order of evaluation. Without errors in `diagnostics` it is what the files say. */
  readonly ruleSet: RuleSet;
  /** No errors. */
  readonly ok: boolean;
  /** All problems in all files, in order of file and place, each once. */
  readonly diagnostics: readonly Diagnostic[];
  /** All rules, macros and lists in order of definition, for list, show and describe. */
  readonly rules: readonly CompiledRule[];
  readonly macros: readonly CompiledMacro[];
  readonly lists: readonly CompiledList[];
  readonly usedMacros: ReadonlySet<string>;
  readonly usedLists: ReadonlySet<string>;
  readonly requirements: Requirements;
  readonly files: readonly FileResult[];
}

/** Loads rule files in order: reads, compiles after each file as Falco does, and judges the whole. Never throws for their content. */
export function loadRules(files: readonly RuleFile[], options: LoadOptions = {}): LoadResult {
  return new Loader(options).load(files);
}

class Loader {
  readonly #options: LoadOptions;
  readonly #strict: boolean;
  readonly #compiler: ConditionCompiler;
  readonly #collector: Collector;
  readonly #requirements: Requirements = { engine: null, plugins: [] };
  readonly #ruleMemo = new Map<string, CompiledRule>();
  #reading: Diagnostic[] = [];

  constructor(options: LoadOptions) {
    this.#options = options;
    this.#strict = options.compat === 'strict';
    this.#compiler = new ConditionCompiler(this.#strict);
    this.#collector = new Collector(
      (diagnostic) => this.#reading.push(diagnostic),
      this.#strict,
      options.sources ?? ['syscall'],
    );
  }

  load(files: readonly RuleFile[]): LoadResult {
    const results: FileResult[] = [];
    let rules: readonly CompiledRule[] = [];
    for (const [i, { name, text }] of files.entries()) {
      this.#reading = [];
      const file = readFile(
        new SourceFile(name, text),
        this.#collector,
        this.#requirements,
        (diagnostic) => this.#reading.push(diagnostic),
      );
      // Strict mode knows no order of files: what a later one defines is there for all.
      const compiled = this.#strict && i < files.length - 1 ? NOTHING : this.#compile();
      rules = compiled.rules;
      results.push({ file, read: this.#reading, ...compiled });
    }
    const last = results.at(-1);
    const runnable = this.#runnable(rules);
    const extra = [...runnable.diagnostics, ...this.#checkPlugins()];
    const isError = ({ severity }: Diagnostic): boolean => severity === 'error';
    if (
      ![...results.flatMap(({ read, compiled }) => [...read, ...compiled]), ...extra].some(isError)
    )
      extra.push(...this.#checkTogether(runnable.rules, rules));
    const diagnostics = inOrder(
      [
        // Advice about a rule that a later file changed is about what no longer stands; its errors are Falco's, and stay.
        ...results.flatMap(({ read, compiled }) => [
          ...read,
          ...compiled.filter(({ severity }) => severity !== 'hint' || compiled === last?.compiled),
        ]),
        ...(last?.unused ?? []),
        ...extra,
      ],
      files,
    );
    return {
      ruleSet: { rules: runnable.rules },
      ok: !diagnostics.some(isError),
      diagnostics,
      rules,
      macros: [...this.#compiler.macros.values()],
      lists: [...this.#compiler.lists.values()],
      ...this.#used(rules),
      requirements: this.#requirements,
      files: results,
    };
  }

  /** Compiles all that was read so far. Rules that did not change, nor what they refer to, are taken from before. */
  #compile(): Pick<FileResult, 'compiled' | 'unused'> & {
    readonly rules: readonly CompiledRule[];
  } {
    this.#compiler.begin(this.#collector);
    const rules = [...this.#collector.rules.values()].map((item) => this.#rule(item));
    const compiled = [
      ...[...this.#compiler.macros.values()].flatMap((macro) => macro.failures),
      ...rules.flatMap((rule) => rule.diagnostics),
    ];
    return { rules, compiled, unused: this.#unused(rules) };
  }

  #rule(item: RuleItem): CompiledRule {
    const before = this.#ruleMemo.get(item.name);
    if (before?.item === item && this.#isCurrent(before)) return before;
    const rule = compileRule(item, this.#compiler, this.#options);
    this.#ruleMemo.set(item.name, rule);
    return rule;
  }

  #isCurrent(rule: CompiledRule): boolean {
    const { compiled } = rule;
    if (compiled === null) return true;
    return (
      compiled.condition !== null &&
      compiled.macros.every((macro) => this.#compiler.macros.get(macro.item.name) === macro) &&
      this.#listsUnchanged(rule)
    );
  }

  /** New or changed lists may hit any word of a condition, so the text is the only proof. */
  #listsUnchanged(rule: CompiledRule): boolean {
    const text = withExceptions(rule.item.condition, rule.item.exceptions, this.#strict, () => {});
    return this.#compiler.expandedText(text) === rule.compiled!.text.text;
  }

  #used(rules: readonly CompiledRule[]): Pick<LoadResult, 'usedMacros' | 'usedLists'> {
    const usedMacros = new Set<string>();
    const usedLists = new Set<string>();
    for (const { compiled } of [
      ...rules,
      ...[...this.#compiler.macros.values()].map((macro) => ({ compiled: macro })),
    ]) {
      for (const macro of compiled?.macros ?? []) usedMacros.add(macro.item.name);
      for (const list of compiled?.lists ?? []) usedLists.add(list);
    }
    for (const list of this.#compiler.lists.values()) {
      for (const name of list.references) usedLists.add(name);
    }
    return { usedMacros, usedLists };
  }

  #unused(rules: readonly CompiledRule[]): readonly Diagnostic[] {
    const { usedMacros, usedLists } = this.#used(rules);
    const found: Diagnostic[] = [];
    // An item that could not be read may be the one that uses it.
    if (this.#collector.hasLost) return found;
    for (const macro of this.#compiler.macros.values()) {
      if (usedMacros.has(macro.item.name)) continue;
      const { item } = macro;
      found.push(unused('macro', item.name, item.context));
      // Nobody else reports what is wrong inside it.
      for (const finding of macro.findings) {
        if (isFailure(finding.code)) continue;
        found.push(
          conditionDiagnostic(
            { ...finding, falco: null, severity: 'warning' },
            macro.text,
            item.context,
            item.conditionContext,
            item.condition.text,
          ),
        );
      }
    }
    for (const { item } of this.#compiler.lists.values()) {
      if (usedLists.has(item.name)) continue;
      found.push(unused('list', item.name, item.context));
    }
    return found;
  }

  #runnable(all: readonly CompiledRule[]): {
    readonly rules: readonly Rule[];
    readonly diagnostics: readonly Diagnostic[];
  } {
    const candidates = all.flatMap(({ rule, item }) =>
      rule !== null && !item.faulty && passesThreshold(item, this.#options)
        ? [{ name: rule.name, tags: rule.tags, enabled: rule.enabled, rule, item }]
        : [],
    );
    const { rules: selected, idle } = selectRules(candidates, this.#options.selection ?? []);
    // Falco puts a rule that a selection enables behind all others.
    const rules = this.#strict ? candidates.filter((rule) => selected.includes(rule)) : selected;
    const diagnostics: Diagnostic[] = [];
    const place = all[0]?.item.context;
    for (const entry of idle) {
      if (place === undefined) break;
      const what = entry.rule === undefined ? `tag "${entry.tag}"` : `rule "${entry.rule}"`;
      const known =
        entry.rule === undefined
          ? all.flatMap(({ item }) => item.tags)
          : all.map(({ item }) => item.name);
      diagnostics.push({
        ...diagnosticFor(
          {
            code: 'selection-matches-nothing',
            severity: 'warning',
            message: `no rule to ${entry.operation}: there is no ${what}`,
            hint: didYouMean(entry.rule ?? entry.tag ?? '', known),
          },
          place,
        ),
        item: null,
      });
    }
    const running = rules.map(({ rule }) => (rule.enabled ? rule : { ...rule, enabled: true }));
    if ((this.#options.matching ?? (this.#strict ? 'all' : 'first')) === 'first') {
      for (const { shadowed, by } of findShadowed(running)) {
        const { context } = rules.find(({ rule }) => rule.name === shadowed.name)!.item;
        diagnostics.push(
          diagnosticFor(
            {
              code: 'shadowed-rule',
              severity: 'warning',
              message: `the rule never alerts: whatever matches it matches "${by.name}" first (${by.file}:${by.line})`,
              hint: 'move it before that rule, or set rule_matching: all',
            },
            context,
          ),
        );
      }
    }
    return { rules: running, diagnostics };
  }

  #checkTogether(running: readonly Rule[], all: readonly CompiledRule[]): Diagnostic[] {
    const found = this.#options.checkActions?.(running);
    if (!found) return [];
    const { rule, ...finding } = found;
    const { item } = all.find(({ rule: one }) => one?.name === rule.name)!;
    return [diagnosticFor({ severity: 'error', ...finding }, item.context)];
  }

  #checkPlugins(): Diagnostic[] {
    const plugins = this.#options.plugins ?? BUILTIN_PLUGINS;
    return this.#requirements.plugins
      .filter(({ alternatives }) => !satisfies(alternatives, plugins))
      .map(({ alternatives, context }) => {
        const wanted = alternatives.map(({ name, version }) => `${name} (>= ${version})`);
        return diagnosticFor(
          {
            code: 'plugin-missing',
            falco: 'LOAD_ERR_VALIDATE',
            message: `the rules require the plugin ${wanted.join(' or ')}, which this sensor does not stand in for`,
            falcoMessage: `Plugin requirement not satisfied, must load one of: ${wanted.join(', ')}`,
          },
          context,
        );
      });
  }
}

const UNUSED = {
  macro: ['LOAD_UNUSED_MACRO', 'Macro not referred to by any other rule/macro'],
  list: ['LOAD_UNUSED_LIST', 'List not referred to by any other rule/macro/list'],
} as const;

function unused(kind: keyof typeof UNUSED, name: string, context: ItemContext): Diagnostic {
  const [falco, falcoMessage] = UNUSED[kind];
  const message = `${kind} "${name}" is not used`;
  const finding = { code: `unused-${kind}`, falco, falcoMessage, message } as const;
  return diagnosticFor({ severity: 'warning', ...finding }, context);
}

/** Each problem once, in order of file and place. */
function inOrder(
  diagnostics: readonly Diagnostic[],
  files: readonly RuleFile[],
): readonly Diagnostic[] {
  const order = new Map(files.map(({ name }, i) => [name, i]));
  const seen = new Set<string>();
  const once = diagnostics.filter(({ code, file, span, message }) => {
    const key = `${code}\0${file}\0${span.start}\0${span.end}\0${message}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
  return once.sort(
    (a, b) => (order.get(a.file) ?? 0) - (order.get(b.file) ?? 0) || a.span.start - b.span.start,
  );
}
