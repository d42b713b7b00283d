import { ConditionSyntaxError, parse } from '../../grammar/index.js';
import type { Ast } from '../../grammar/index.js';
import { conditionDiagnostic } from './compile.js';
import type { Diagnostic } from './diagnostic.js';
import { ItemContext } from './diagnostic.js';
import type { Condition, Span } from './ir.js';
import type { LoadResult } from './load.js';
import { inferEvents } from './passes/events.js';
import type { InferredEvents } from './passes/events.js';
import { misspeltLists } from './passes/list-names.js';
import { expandLists } from './passes/lists.js';
import { resolve } from './passes/resolve/index.js';
import type { ConditionFinding } from './passes/resolve/index.js';
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
  const written = mapped(text, name);
  const { text: whole } = expandLists(written, lists, compat === 'strict');
  let ast: Ast;
  try {
    ast = parse(whole.text);
  } catch (error) {
    if (!(error instanceof ConditionSyntaxError)) throw error;
    return { ok: false, diagnostics: [at(syntaxFinding(error), whole, written)] };
  }
  const { condition, findings } = resolve(ast, {
    strict: compat === 'strict',
    macro: (macro) => macros.get(macro),
    macroNames: () => macros.keys(),
  });
  const all = [...findings, ...misspeltLists(ast, written, lists)];
  const diagnostics = all.map((finding) => at(finding, whole, written));
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

const syntaxFinding = (error: ConditionSyntaxError): ConditionFinding => ({
  code: 'syntax',
  falco: 'LOAD_ERR_COMPILE_CONDITION',
  message: error.message,
  hint: error.hint ?? null,
  span: error.span,
});

/** A finding in a condition; one that a list brought in is shown at the list's name. */
function at(finding: ConditionFinding, whole: MappedText, written = whole): Diagnostic {
  const { file } = written.sourceAt(0)!;
  const context = new ItemContext(null, 'rules content', '', file, { start: 0, end: 0 });
  const made = conditionDiagnostic(finding, whole, context, context, whole.text);
  if (made.file === file.name) return made;
  const name = listNameBefore(whole, finding.span.start, file);
  return conditionDiagnostic(
    {
      ...finding,
      message: `${finding.message} (in a list, ${made.file}:${made.line}:${made.column})`,
      span: name,
    },
    written,
    context,
    context,
    written.text,
  );
}

/** The name, as it was written, of the list that put in what stands at `index`. */
function listNameBefore(whole: MappedText, index: number, file: SourceFile): Span {
  let own = index;
  while (own >= 0 && whole.sourceAt(own)?.file !== file) own--;
  // A blank stands where the name began, with the blanks before it, unless it began the condition.
  const from = own < 0 ? 0 : (whole.locate({ start: own, end: own + 1 })?.span.start ?? 0);
  const [blanks, name] = /^([ \t\n\r]*)([^ \t\n\r(),=]*)/.exec(file.text.slice(from))!.slice(1);
  return { start: from + blanks!.length, end: from + blanks!.length + name!.length };
}
