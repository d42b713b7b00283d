import { ConditionSyntaxError, parse } from '../../grammar/index.js';
import type { Ast, AstText } from '../../grammar/index.js';
import { toText } from '../core/bytes.js';
import type { Collector } from './collector.js';
import type { Diagnostic, Finding } from './diagnostic.js';
import { diagnosticAt, diagnosticFor, snippetOf } from './diagnostic.js';
import type { FalcoContext, ItemContext } from './diagnostic.js';
import type { Condition, Span } from './ir.js';
import type { ListItem, MacroItem } from './items.js';
import { conditionDepth } from './passes/depth.js';
import { misspeltLists } from './passes/list-names.js';
import { expandLists, listsInQuotes, quoteItem } from './passes/lists.js';
import type { ExpandedList } from './passes/lists.js';
import { resolve } from './passes/resolve/index.js';
import type { ConditionFinding } from './passes/resolve/index.js';
import type { MappedText } from './source.js';

/** A list ready to be put into conditions, and the lists its items named. */
export interface CompiledList extends ExpandedList {
  readonly item: ListItem;
  readonly references: readonly string[];
}

/** A condition after lists, syntax and names. */
export interface CompiledCondition {
  /** After list expansion; spans in `ast` and `condition` refer to it. */
  readonly text: MappedText;
  readonly ast: Ast | null;
  /** Null when something is wrong, here or in a macro. */
  readonly condition: Condition | null;
  readonly findings: readonly ConditionFinding[];
  /** Lists put in, macros referred to. */
  readonly lists: readonly string[];
  readonly macros: readonly CompiledMacro[];
}

export interface CompiledMacro extends CompiledCondition {
  readonly item: MacroItem;
  /** Syntax and references: errors whoever uses it. Findings about fields and types only count where a rule uses it. */
  readonly failures: readonly Diagnostic[];
}

/** Conditions nest this deep at most, macros included: what comes after walks them recursively. */
const MAX_NESTING = 1000;

type Parsed = { readonly ast: Ast } | { readonly error: ConditionSyntaxError };

/**
 * Compiles conditions against what a collector holds. Kept across files: texts are parsed once, and a macro whose text and
 * references did not change is the same object, so that what refers to it is not compiled again.
 */
export class ConditionCompiler {
  readonly #strict: boolean;
  readonly #parsed = new Map<string, Parsed>();
  readonly #macroMemo = new Map<string, CompiledMacro>();
  #collector: Collector | null = null;
  #lists = new Map<string, CompiledList>();
  #macros = new Map<string, CompiledMacro>();
  #open = new Set<string>();

  constructor(strict: boolean) {
    this.#strict = strict;
  }

  get lists(): ReadonlyMap<string, CompiledList> {
    return this.#lists;
  }
  get macros(): ReadonlyMap<string, CompiledMacro> {
    return this.#macros;
  }

  /** Takes the collector's present lists and macros; rules are then compiled one by one. */
  begin(collector: Collector): void {
    this.#collector = collector;
    this.#lists = new Map();
    for (const item of collector.lists.values()) this.#lists.set(item.name, this.#list(item));
    this.#macros = new Map();
    for (const item of collector.macros.values()) this.#macro(item);
  }

  /** Compiles a rule's condition, its exceptions already in it; rules see the last text of every macro. */
  rule(text: MappedText): CompiledCondition {
    const expanded = expandLists(text, this.#lists, this.#strict);
    return this.#condition(text, expanded, Infinity, () => null);
  }

  /** A rule's condition, exceptions and lists put in: whether it changed tells whether the rule must be compiled again. */
  expandedText(text: MappedText): string {
    return expandLists(text, this.#lists, this.#strict).text.text;
  }

  /** Items that name a list which was there before expand by one level (all levels in strict mode). */
  #list(item: ListItem): CompiledList {
    const items: MappedText[] = [];
    const references: string[] = [];
    for (const entry of item.items) {
      const named = this.#collector!.lists.get(entry.text);
      if (named === undefined || named.index >= item.visibility || named === item) {
        items.push(quoteItem(entry, this.#strict));
        continue;
      }
      references.push(named.name);
      const done = this.#strict ? this.#lists.get(named.name) : undefined;
      // One by one: a list may hold more than a call takes.
      for (const one of done?.items ?? named.items) items.push(quoteItem(one, this.#strict));
    }
    return { name: item.name, item, items, references };
  }

  #macro(item: MacroItem): CompiledMacro | 'loop' {
    const done = this.#macros.get(item.name);
    if (done !== undefined) return done;
    if (this.#open.has(item.name)) return 'loop';
    this.#open.add(item.name);
    const expanded = expandLists(item.condition, this.#lists, this.#strict);
    let looped = false;
    const compiled = this.#condition(item.condition, expanded, item.visibility, () => {
      looped = true;
      return `macro "${item.name}" refers to itself`;
    });
    this.#open.delete(item.name);
    const before = this.#macroMemo.get(item.name);
    if (
      before !== undefined &&
      !looped &&
      before.item === item &&
      before.text.text === compiled.text.text &&
      before.macros.length === compiled.macros.length &&
      before.macros.every((macro, i) => macro === compiled.macros[i])
    ) {
      this.#macros.set(item.name, before);
      return before;
    }
    const failures = compiled.findings
      .filter((finding) => isFailure(finding.code))
      .map((finding) =>
        conditionDiagnostic(
          finding,
          compiled.text,
          item.context,
          item.conditionContext,
          item.condition.text,
        ),
      );
    const macro: CompiledMacro = { ...compiled, item, failures };
    this.#macros.set(item.name, macro);
    this.#macroMemo.set(item.name, macro);
    return macro;
  }

  #condition(
    written: MappedText,
    { text, used }: { readonly text: MappedText; readonly used: readonly ExpandedList[] },
    visibility: number,
    onLoop: () => string | null,
  ): CompiledCondition {
    const lists = used.map((list) => list.name);
    const parsed = this.#parse(text.text);
    if ('error' in parsed) {
      const { message, span, hint } = parsed.error;
      const finding: ConditionFinding = {
        code: 'syntax',
        falco: 'LOAD_ERR_COMPILE_CONDITION',
        message,
        hint: hint ?? null,
        span,
      };
      return { text, ast: null, condition: null, findings: [finding], lists, macros: [] };
    }
    const macros = new Map<string, CompiledMacro>();
    let why: string | null = null;
    let loop: string | null = null;
    const { condition, findings } = resolve(parsed.ast, {
      strict: this.#strict,
      macro: (name) => {
        why = null;
        const item = this.#collector!.macros.get(name);
        if (item === undefined) return this.#collector!.isLost('macro', name) ? null : undefined;
        if (item.index >= visibility && !this.#strict) {
          why = `macro "${name}" is defined behind this one: Falco does not see it yet`;
          return undefined;
        }
        const macro = this.#macro(item);
        if (macro === 'loop') {
          why = onLoop();
          why ??= `macro "${name}" refers to itself`;
          loop = name;
          return undefined;
        }
        macros.set(name, macro);
        return macro.condition;
      },
      macroNames: () => this.#collector!.macros.keys(),
      whyInvisible: () => why,
      isLoop: (name) => loop === name,
    });
    // Falco looks up all macros before it looks at any field.
    const [unknown, others] = [true, false].map((is) =>
      findings.filter(({ code }) => (code === 'unknown-macro') === is),
    );
    const all = [...unknown!, ...others!, ...misspeltLists(parsed.ast, written, this.#lists)];
    if (used.length > 0) all.push(...listsInQuotes(parsed.ast, text).map(listInQuotes));
    let whole = condition;
    if (condition !== null && conditionDepth(condition) > MAX_NESTING) {
      whole = null;
      all.push({
        code: 'nested-too-deep',
        falco: 'LOAD_ERR_COMPILE_CONDITION',
        message: `with its macros the condition nests deeper than ${MAX_NESTING} levels`,
        span: condition.span,
      });
    }
    return {
      text,
      ast: parsed.ast,
      condition: whole,
      findings: all,
      lists,
      macros: [...macros.values()],
    };
  }

  #parse(text: string): Parsed {
    let parsed = this.#parsed.get(text);
    if (parsed === undefined) {
      try {
        parsed = { ast: parse(text) };
      } catch (error) {
        if (!(error instanceof ConditionSyntaxError)) throw error;
        parsed = { error };
      }
      this.#parsed.set(text, parsed);
    }
    return parsed;
  }
}

const listInQuotes = ({ value, span }: AstText): ConditionFinding => ({
  code: 'list-in-quotes',
  severity: 'warning',
  message: `a list is put into the quotes: the value is "${toText(value)}"`,
  hint: 'quotes do not protect the name of a list between blanks: rename the list',
  span,
});

/** Errors of a macro that do not depend on who uses it. */
export const isFailure = (code: string): boolean =>
  code === 'syntax' || code === 'unknown-macro' || code === 'nested-too-deep';

/** Macros below a condition, each once, callees first. */
export function macrosBelow(roots: readonly CompiledMacro[]): readonly CompiledMacro[] {
  const seen = new Set<CompiledMacro>();
  const walk = (macro: CompiledMacro): void => {
    if (seen.has(macro)) return;
    for (const inner of macro.macros) walk(inner);
    seen.add(macro);
  };
  roots.forEach(walk);
  return [...seen];
}

/** A finding in a condition as a diagnostic: ours at the written text, Falco's as it would say it. */
export function conditionDiagnostic(
  finding: ConditionFinding,
  text: MappedText,
  item: ItemContext,
  condition: ItemContext,
  written: string,
): Diagnostic {
  const place = text.locate(finding.span) ?? { file: item.file, span: condition.span };
  const context =
    finding.falco == null ? null : expressionContext(finding, text, item, condition, written);
  return diagnosticAt(finding, place.file, place.span, item.itemName(), context);
}

/** A finding about a whole item. */
export const itemDiagnostic = (finding: Finding, context: ItemContext, span?: Span): Diagnostic =>
  diagnosticFor(finding, context, span);

function expressionContext(
  finding: ConditionFinding,
  text: MappedText,
  item: ItemContext,
  condition: ItemContext,
  written: string,
): FalcoContext {
  // Undefined macros stand directly below the rule; errors of a check at its start.
  const parent = finding.code === 'unknown-macro' ? item : condition;
  const shown = finding.code === 'syntax' ? text.text : written;
  const name = (shown.length > 20 ? `${shown.slice(0, 17)}...` : shown).replaceAll('\n', ' ');
  const before = text.text.slice(0, (finding.at ?? finding.span).start);
  const lines = before.split('\n');
  const column = lines.at(-1)!.length;
  // Falco adds the place in the text to the mark of whatever it stands under.
  const mark = parent.locations().at(-1)!.position;
  return {
    locations: [
      ...parent.locations(),
      {
        item_type: 'condition expression',
        item_name: '',
        position: {
          name: `"${name}"`,
          line: mark.line + lines.length,
          column: mark.column + Buffer.byteLength(lines.at(-1)!) + 1,
          offset: mark.offset + Buffer.byteLength(before),
        },
      },
    ],
    snippet: snippetOf(text.text.split('\n')[lines.length - 1] ?? '', column),
  };
}
