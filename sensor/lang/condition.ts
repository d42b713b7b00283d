import { ConditionSyntaxError, parse } from '../../grammar/index.js';
import type { Ast } from '../../grammar/index.js';
import { conditionDiagnostic } from './compile.js';
import type { Diagnostic, Finding } from './diagnostic.js';
import { ItemContext } from './diagnostic.js';
import type { Condition } from './ir.js';
import type { LoadResult } from './load.js';
import { inferEvents } from './passes/events.js';
import type { InferredEvents } from './passes/events.js';
import { misspeltLists } from './passes/list-names.js';
import { expandLists } from './passes/lists.js';
import { resolve } from './passes/resolve/index.js';
import { MappedText, ScalarSource, SourceFile } from './source.js';

/** A condition's tree, or why it has none. */
export type ParsedCondition =
  | { readonly ok: true; readonly ast: Ast }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] };

/** A condition that stands alone, ready for a back end. */
export type StandaloneCondition =
  | {
      readonly ok: true;
      readonly ast: Ast;
      readonly condition: Condition;
      readonly events: InferredEvents;
      /** After list expansion: what spans refer to. */
      readonly text: string;
      /** Warnings. */
      readonly diagnostics: readonly Diagnostic[];
    }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] };

export interface ConditionOptions {
  readonly compat?: 'falco' | 'strict';
  /** Whose macros and lists the condition may name. */
  readonly loaded?: Pick<LoadResult, 'macros' | 'lists'>;
  /** Name shown in diagnostics. */
  readonly name?: string;
}

/** Parses a condition alone: structure only, names may be anything. */
export function parseCondition(text: string, name = '<condition>'): ParsedCondition {
  try {
    return { ok: true, ast: parse(text) };
  } catch (error) {
    if (!(error instanceof ConditionSyntaxError)) throw error;
    return { ok: false, diagnostics: [at(syntaxFinding(error), mapped(text, name))] };
  }
}

/** Resolves and types a condition that stands in no rule. */
export function compileCondition(
  text: string,
  options: ConditionOptions = {},
): StandaloneCondition {
  const { loaded, compat, name = '<condition>' } = options;
  const lists = new Map(loaded?.lists.map((list) => [list.name, list]));
  const macros = new Map(loaded?.macros.map((macro) => [macro.item.name, macro.condition]));
  const { text: whole } = expandLists(mapped(text, name), lists, compat === 'strict');
  let ast: Ast;
  try {
    ast = parse(whole.text);
  } catch (error) {
    if (!(error instanceof ConditionSyntaxError)) throw error;
    return { ok: false, diagnostics: [at(syntaxFinding(error), whole)] };
  }
  const { condition, findings } = resolve(ast, {
    strict: compat === 'strict',
    macro: (macro) => macros.get(macro),
    macroNames: () => macros.keys(),
  });
  const all = [...findings, ...misspeltLists(ast, mapped(text, name), lists)];
  const diagnostics = all.map((finding) => at(finding, whole));
  if (condition === null) return { ok: false, diagnostics };
  return {
    ok: true,
    ast,
    condition,
    events: inferEvents(condition),
    text: whole.text,
    diagnostics,
  };
}

function mapped(text: string, name: string): MappedText {
  const file = new SourceFile(name, text);
  // Read as a quoted scalar would be, without the quotes: characters stand for themselves.
  return MappedText.of(new ScalarSource(file, text, 'verbatim', { start: 0, end: text.length }));
}

const syntaxFinding = (
  error: ConditionSyntaxError,
): Finding & { span: ConditionSyntaxError['span'] } => ({
  code: 'syntax',
  falco: 'LOAD_ERR_COMPILE_CONDITION',
  message: error.message,
  hint: error.hint ?? null,
  span: error.span,
});

function at(finding: Parameters<typeof conditionDiagnostic>[0], text: MappedText): Diagnostic {
  const { file } = text.sourceAt(0)!;
  const context = new ItemContext(null, 'rules content', '', file, { start: 0, end: 0 });
  return conditionDiagnostic(finding, text, context, context, text.text);
}
