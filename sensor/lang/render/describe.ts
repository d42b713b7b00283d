import { ConditionSyntaxError, parse } from '../../../grammar/index.js';
import type { Ast } from '../../../grammar/index.js';
import { toText } from '../../core/bytes.js';
import type { CompiledCondition, CompiledList, CompiledMacro } from '../compile.js';
import type { CompiledRule } from '../compile-rule.js';
import type { Condition, ExtraField, Operand, OutputToken } from '../ir.js';
import type { LoadResult } from '../load.js';
import { inferEvents } from '../passes/events.js';
import type { InferredEvents } from '../passes/events.js';
import { EVENT_NAMES } from '../events/index.js';
import { compiledText } from './compiled.js';
import { versionText } from '../versions.js';

/** Falco's description of what was loaded (falco-formats §4). With a rule's name: only the key `rules`. */
export function describe(result: LoadResult, ruleName?: string): Readonly<Record<string, unknown>> {
  if (ruleName !== undefined) {
    return { rules: result.rules.filter(({ item }) => item.name === ruleName).map(rule) };
  }
  const { engine, plugins } = result.requirements;
  return {
    lists: result.lists.map((item) => list(item, result)),
    macros: result.macros.map((item) => macro(item, result)),
    required_engine_version: engine === null ? '0.0.0' : versionText(engine),
    required_plugin_versions: plugins.map(({ alternatives: [first, ...others] }) => ({
      alternatives: others,
      name: first?.name,
      version: first?.version,
    })),
    rules: result.rules.map(rule),
  };
}

function rule(compiled: CompiledRule): Readonly<Record<string, unknown>> {
  const { item, output, outputTokens, extraFields, events } = compiled;
  const exceptions = item.exceptions.filter(({ fields }) => fields !== null);
  return {
    details: {
      ...conditionDetails(compiled.compiled),
      events: eventNames(events),
      exception_fields: unique(
        exceptions.flatMap(({ fields }) => fields!.items.map((field) => field.text)),
      ),
      exception_names: exceptions.map(({ name }) => name),
      exception_operators: unique(
        exceptions.flatMap(({ fields, comps }) =>
          comps === null ? [fields!.many ? '=' : 'in'] : comps.items.map((comp) => comp.text),
        ),
      ),
      ...formattedFields(extraFields),
      ...names(compiled.compiled, item.condition.text),
      output_compiled: output,
      output_fields: outputFields([
        ...extraFields.flatMap(({ formatted, tokens }) => (formatted ? [] : tokens)),
        ...outputTokens,
      ]),
      plugins: [],
    },
    info: {
      capture: item.capture,
      capture_duration: item.captureDurationMs,
      condition: item.condition.text,
      description: item.description,
      enabled: item.enabled,
      name: item.name,
      output,
      priority: item.priority,
      source: item.source,
      tags: [...item.tags].sort(),
    },
  };
}

function macro(compiled: CompiledMacro, result: LoadResult): Readonly<Record<string, unknown>> {
  const { item, condition } = compiled;
  return {
    details: {
      ...conditionDetails(compiled),
      events: eventNames(condition === null ? null : inferEvents(condition)),
      ...names(compiled, item.condition.text),
      plugins: [],
      used: result.usedMacros.has(item.name),
    },
    info: { condition: item.condition.text, name: item.name },
  };
}

function list(compiled: CompiledList, result: LoadResult): Readonly<Record<string, unknown>> {
  const references = new Set(compiled.references);
  const written = compiled.item.items.map(({ text }) => text);
  return {
    details: {
      items_compiled: compiled.items.map(({ text }) => text),
      lists: [...references],
      plugins: [],
      used: result.usedLists.has(compiled.name),
    },
    info: { items: written.filter((text) => !references.has(text)), name: compiled.name },
  };
}

function conditionDetails(compiled: CompiledCondition | null): Readonly<Record<string, unknown>> {
  if (compiled?.condition == null) {
    return { condition_compiled: '', condition_fields: [], condition_operators: [] };
  }
  const fields = new Set<string>();
  const operators = new Set<string>();
  collect(compiled.condition, fields, operators, new Set());
  return {
    condition_compiled: compiledText(compiled),
    condition_fields: [...fields],
    condition_operators: [...operators],
  };
}

function collect(
  condition: Condition,
  fields: Set<string>,
  operators: Set<string>,
  seen: Set<Condition>,
): void {
  switch (condition.kind) {
    case 'and':
    case 'or':
      for (const item of condition.items) collect(item, fields, operators, seen);
      return;
    case 'not':
      return collect(condition.item, fields, operators, seen);
    case 'macro':
      if (seen.has(condition.body)) return;
      seen.add(condition.body);
      return collect(condition.body, fields, operators, seen);
    case 'exists':
      operators.add('exists');
      return operandFields(condition.left, fields);
    case 'compare':
      operators.add(
        condition.modifier === null ? condition.op : `${condition.op} ${condition.modifier}`,
      );
      operandFields(condition.left, fields);
      for (const value of condition.right) {
        if (value.kind === 'field' || value.kind === 'call') operandFields(value, fields);
      }
  }
}

function operandFields(operand: Operand, fields: Set<string>): void {
  if (operand.kind === 'field') fields.add(operand.use.text);
  else if (operand.kind === 'call') for (const arg of operand.args) operandFields(arg, fields);
}

/** Only where the configuration adds such fields. */
function formattedFields(extra: readonly ExtraField[]): Readonly<Record<string, unknown>> {
  const formatted = extra.filter((field) => field.formatted);
  if (formatted.length === 0) return {};
  const templates = formatted.map(({ key, tokens }) => [key, templateOf(tokens)] as const);
  return { extra_output_formatted_fields: Object.fromEntries(templates) };
}

const templateOf = (tokens: readonly OutputToken[]): string =>
  tokens
    .map((token) =>
      token.kind === 'text' ? token.text : `%${token.width === 0 ? '' : token.width}${token.text}`,
    )
    .join('');

function outputFields(tokens: readonly OutputToken[]): readonly string[] {
  const fields = new Set<string>();
  for (const token of tokens) if (token.kind === 'value') operandFields(token.operand, fields);
  return [...fields];
}

/** Lists and macros that the written condition names, one level; a list only where it stands in parentheses. */
function names(
  compiled: CompiledCondition | null,
  written: string,
): { readonly lists: readonly string[]; readonly macros: readonly string[] } {
  if (compiled === null) return { lists: [], macros: [] };
  const named = listedWords(written);
  return {
    lists: compiled.lists.filter((name) => named.has(name)),
    macros: compiled.macros.map(({ item }) => item.name),
  };
}

/** Bare words that stand in parenthesised lists of values; of a text that needs its lists to be a condition at all, every word. */
function listedWords(written: string): ReadonlySet<string> {
  const words = new Set<string>();
  const collectFrom = (ast: Ast): void => {
    if (ast.kind === 'and' || ast.kind === 'or') ast.items.forEach(collectFrom);
    else if (ast.kind === 'not') collectFrom(ast.item);
    else if (ast.kind === 'compare' && ast.form === 'list') {
      for (const value of ast.right) if (value.kind === 'text') words.add(toText(value.value));
    }
  };
  try {
    collectFrom(parse(written));
  } catch (error) {
    if (!(error instanceof ConditionSyntaxError)) throw error;
    for (const [word] of written.matchAll(/[^\s(),=]+/g)) words.add(word);
  }
  return words;
}

/** Old events of accept4 go by the name of accept: who asks for accept gets both (falco-formats §1). */
function eventNames(events: InferredEvents | null): readonly string[] {
  if (events === null) return [];
  const found = new Set(events.events === 'all' ? EVENT_NAMES : events.events);
  if (found.has('accept')) found.add('accept4');
  found.delete('asyncevent');
  return [...found, 'asyncevent'];
}

const unique = (words: readonly string[]): readonly string[] => [...new Set(words)];
