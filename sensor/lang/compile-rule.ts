import type { CompiledCondition, CompiledMacro, ConditionCompiler } from './compile.js';
import { conditionDiagnostic, isFailure, macrosBelow } from './compile.js';
import type { Diagnostic } from './diagnostic.js';
import { diagnosticAt, diagnosticFor } from './diagnostic.js';
import type { Condition, ExtraField, OutputToken, Rule, RuleAction } from './ir.js';
import { PRIORITIES } from './ir.js';
import type { RuleItem } from './items.js';
import type { ActionPlace, LoadOptions } from './options.js';
import { additionsTo } from './append-output.js';
import { CONTAINER_INFO, parseOutput } from './output.js';
import { TOO_MANY_CODES, inferEvents } from './passes/events.js';
import type { InferredEvents } from './passes/events.js';
import { withExceptions } from './passes/exceptions.js';
import { findContradictions } from './passes/never.js';
import { MappedText } from './source.js';

/** A rule as compiled against what was loaded so far. */
export interface CompiledRule {
  readonly item: RuleItem;
  readonly compiled: CompiledCondition | null;
  /** Null when it has errors, is skipped, or its source is not there. */
  readonly rule: Rule | null;
  readonly events: InferredEvents | null;
  /** Output after additions. */
  readonly output: string;
  readonly outputTokens: readonly OutputToken[];
  readonly extraFields: readonly ExtraField[];
  /** Why it does not run although it has no errors. */
  readonly skipped: 'unknown-source' | 'unknown-filter' | null;
  readonly diagnostics: readonly Diagnostic[];
}

/** Compiles one rule; everything wrong with it, and with the macros it uses, comes out in one go. */
export function compileRule(
  item: RuleItem,
  compiler: ConditionCompiler,
  options: LoadOptions,
): CompiledRule {
  const diagnostics: Diagnostic[] = [];
  const report = (diagnostic: Diagnostic): void => {
    diagnostics.push(diagnostic);
  };
  const base = {
    item,
    compiled: null,
    rule: null,
    events: null,
    output: item.output.text,
    outputTokens: [],
    extraFields: [],
    skipped: null,
    diagnostics,
  };
  if (!(options.sources ?? ['syscall']).includes(item.source)) {
    return { ...base, skipped: 'unknown-source' };
  }
  const text = withExceptions(item.condition, item.exceptions, options.compat === 'strict', report);
  const compiled = compiler.rule(text);
  const unknown = reportCondition(item, compiled, report);
  const { condition } = compiled;
  const events = condition === null || hasErrors(diagnostics) ? null : inferEvents(condition);
  if (events !== null) warnOfEvents(item, events, options, report);
  const output = compileOutput(item, options, report);
  if (unknown || output.unknown) return { ...base, compiled, skipped: 'unknown-filter' };
  if (condition === null || events === null || hasErrors(diagnostics)) {
    return { ...base, compiled, ...rendered(output) };
  }
  for (const found of findContradictions(condition)) {
    const owner = found.macro === null ? null : findMacro(compiled.macros, found.macro);
    report(
      conditionDiagnostic(
        { ...found, code: 'never-matches', severity: 'warning' },
        owner?.text ?? compiled.text,
        item.context,
        item.conditionContext,
        item.condition.text,
      ),
    );
  }
  const rule = makeRule(item, compiled, condition, output, events);
  const refused = checkAction(rule, item, compiled, options, report);
  return {
    ...base,
    compiled,
    rule: refused ? null : rule,
    events,
    ...rendered(output),
  };
}

const hasErrors = (diagnostics: readonly Diagnostic[]): boolean =>
  diagnostics.some(({ severity }) => severity === 'error');

const rendered = ({ text, tokens, extraFields }: CompiledOutput) =>
  ({ output: text, outputTokens: tokens, extraFields }) as const;

function findMacro(macros: readonly CompiledMacro[], name: string): CompiledMacro | undefined {
  return macrosBelow(macros).find((macro) => macro.item.name === name);
}

/** Reports findings of a condition and of the macros below it. Returns whether the rule is skipped for an unknown name. */
function reportCondition(
  item: RuleItem,
  compiled: CompiledCondition,
  report: (diagnostic: Diagnostic) => void,
): boolean {
  const below = macrosBelow(compiled.macros);
  const all = [
    ...compiled.findings.map((finding) => ({ finding, text: compiled.text })),
    ...below.flatMap((macro) =>
      macro.findings
        .filter((finding) => !isFailure(finding.code))
        .map((finding) => ({ finding, text: macro.text })),
    ),
  ];
  const forgiven = item.skipIfUnknownFilter && all.some(({ finding }) => finding.unknown === true);
  for (const { finding, text } of all) {
    const skip = forgiven && finding.unknown === true;
    report(
      conditionDiagnostic(
        skip ? { ...finding, falco: 'LOAD_UNKNOWN_FILTER', severity: 'warning' } : finding,
        text,
        item.context,
        item.conditionContext,
        item.condition.text,
      ),
    );
  }
  return forgiven;
}

interface CompiledOutput {
  readonly text: string;
  readonly tokens: readonly OutputToken[];
  readonly extraFields: readonly ExtraField[];
  readonly unknown: boolean;
}

function compileOutput(
  item: RuleItem,
  options: LoadOptions,
  report: (diagnostic: Diagnostic) => void,
): CompiledOutput {
  let { output } = item;
  if (output.text.includes(CONTAINER_INFO)) {
    report(
      diagnosticFor(
        {
          code: 'deprecated-container-info',
          falco: 'LOAD_DEPRECATED_ITEM',
          severity: 'warning',
          message: '%container.info is gone: it is left out',
          hint: 'name the fields, as in container=%container.id',
        },
        item.context,
        item.outputContext.span,
      ),
    );
    output = without(output, CONTAINER_INFO);
  }
  const added = additionsTo(item, options.appendOutput ?? []);
  if (added.texts.length > 0) {
    output = MappedText.join([output, ...added.texts.map((text) => ` ${text}`)]);
  }
  const { tokens, findings: own } = parseOutput(output.text);
  const findings = [...own, ...added.findings];
  const forgiven = item.skipIfUnknownFilter && findings.some((finding) => finding.unknown === true);
  for (const finding of findings) {
    const skip = forgiven && finding.unknown === true;
    const written = own.includes(finding) ? output.locate(finding.span) : undefined;
    const isAdded = written === undefined || written.span.start === written.span.end;
    // What is added stands in every rule: once for each would be noise.
    if (isAdded && finding.severity === 'warning') continue;
    const place = isAdded ? { file: item.context.file, span: item.outputContext.span } : written;
    const falco = skip ? 'LOAD_UNKNOWN_FILTER' : (finding.falco ?? null);
    report(
      diagnosticAt(
        {
          ...finding,
          falco,
          ...(isAdded ? { message: `added by the configuration: ${finding.message}` } : {}),
          ...(skip ? { severity: 'warning' as const } : {}),
        },
        place.file,
        place.span,
        item.name,
        falco === null ? null : item.outputContext.toFalco(),
      ),
    );
  }
  return { text: output.text, tokens, extraFields: added.fields, unknown: forgiven };
}

function without(text: MappedText, word: string): MappedText {
  const parts: MappedText[] = [];
  let from = 0;
  for (let at = text.text.indexOf(word); at >= 0; at = text.text.indexOf(word, from)) {
    parts.push(text.slice(from, at));
    from = at + word.length;
  }
  return MappedText.join([...parts, text.slice(from)]).trim();
}

function warnOfEvents(
  item: RuleItem,
  events: InferredEvents,
  options: LoadOptions,
  report: (diagnostic: Diagnostic) => void,
): void {
  if (events.codes > TOO_MANY_CODES && item.warnEvttypes && item.source === 'syscall') {
    report(
      diagnosticFor(
        {
          code: 'no-event-type',
          falco: 'LOAD_NO_EVTTYPE',
          severity: 'warning',
          message:
            events.events === 'all'
              ? 'the condition names no event type: it is judged for every event'
              : 'the condition can match most kinds of events',
          falcoMessage:
            'Rule matches too many evt.type values. This has a significant performance penalty.',
          hint: 'begin it with evt.type in (…), or set warn_evttypes: false',
        },
        item.context,
        item.conditionContext.span,
      ),
    );
  }
  const { captured } = options;
  if (captured === undefined || events.events === 'all' || events.events.size === 0) return;
  const missing = [...events.events].filter((name) => !captured.has(name));
  if (missing.length === events.events.size) {
    report(
      diagnosticFor(
        {
          code: 'event-not-captured',
          severity: 'warning',
          message: `this build takes none of the events of the rule (${missing.slice(0, 5).join(', ')}): it never fires`,
        },
        item.context,
        item.conditionContext.span,
      ),
    );
  }
}

function makeRule(
  item: RuleItem,
  compiled: CompiledCondition,
  condition: Condition,
  output: CompiledOutput,
  events: InferredEvents,
): Rule {
  const action: RuleAction | null =
    item.action === 'alert'
      ? null
      : { action: item.action, mode: item.mode ?? 'audit', reply: item.reply ?? 'reject' };
  return {
    name: item.name,
    description: item.description,
    condition,
    output: output.tokens,
    extraFields: output.extraFields,
    priority: item.priority,
    source: item.source,
    tags: item.tags,
    enabled: item.enabled,
    action,
    capture: item.capture ? { durationMs: item.captureDurationMs } : null,
    events: events.events,
    file: item.context.file.name,
    line: item.context.file.position(item.context.span.start).line,
    conditionText: compiled.text.text,
  };
}

/** Judges the action of a rule; true when it must not be loaded. */
function checkAction(
  rule: Rule,
  item: RuleItem,
  compiled: CompiledCondition,
  options: LoadOptions,
  report: (diagnostic: Diagnostic) => void,
): boolean {
  if (rule.action === null) {
    for (const key of ['mode', 'reply'] as const) {
      if (item[key] === null) continue;
      report(
        diagnosticFor(
          {
            code: 'key-without-action',
            severity: 'warning',
            message: `"${key}" does nothing: the rule has no action`,
            hint: 'add action: block, deny or kill',
          },
          item.context,
        ),
      );
    }
    return false;
  }
  if (options.checkAction === undefined) {
    report(
      diagnosticFor(
        {
          code: 'action-unsupported',
          message: `action "${rule.action.action}" cannot be enforced by this build: the rule is not loaded`,
          hint: 'action: alert reports without blocking',
        },
        item.context,
      ),
    );
    return true;
  }
  const place: ActionPlace = {
    diagnostic: ({ span, macro, ...finding }) => {
      const owner = macro === undefined ? undefined : findMacro(compiled.macros, macro);
      const text = owner?.text ?? compiled.text;
      return conditionDiagnostic(
        { ...finding, span: span ?? { start: 0, end: text.text.length } },
        text,
        item.context,
        item.conditionContext,
        item.condition.text,
      );
    },
  };
  const found = options.checkAction(rule, place);
  found.forEach(report);
  return found.some(({ severity }) => severity === 'error');
}

/** Does the rule run under the threshold? The threshold does not apply to action rules. */
export function passesThreshold(item: RuleItem, options: LoadOptions): boolean {
  if (options.priority === undefined || item.action !== 'alert') return true;
  return PRIORITIES.indexOf(item.priority) <= PRIORITIES.indexOf(options.priority);
}
