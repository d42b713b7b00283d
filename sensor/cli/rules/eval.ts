import type { Command } from 'commander';
import { EXIT, SakerError } from '../../core/index.js';
import { Evaluator } from '../../engine/index.js';
import { compileCondition, type Diagnostic, type StandaloneCondition } from '../../lang/index.js';
import { outputOption, printJson } from '../output.js';
import {
  answerRequests,
  conditionError,
  otherError,
  type Answer,
  type ConditionError,
  type ConditionRequest,
} from './condition-lines.js';
import { EVENT_HINT, eventValues, readEvent } from './event-file.js';
import { load, show, withLoading, type LoadOptions } from './files.js';

interface EvalOptions extends LoadOptions {
  readonly output: string;
  readonly event?: string;
}

/** Adds `saker rules eval [CONDITION]`. */
export function addEval(rules: Command): void {
  withLoading(rules.command('eval [condition]'))
    .description('does a condition hold for an event; without one, for JSON lines on standard input')
    .option('--event <file>', 'fields and values, in YAML or JSON; - for standard input')
    .addOption(outputOption())
    .addHelpText(
      'after',
      `
Examples:
  saker rules eval 'proc.name in (sh, bash)' --event event.yaml
  saker rules eval 'spawned_process and container' --event event.json --with rules/lib
  echo '{"condition": "fd.sport < 1024", "event": {"fd.sport": 443}}' | saker rules eval

Each line {"condition": TEXT, "event": {FIELD: VALUE}} is answered by {"result": true|false} or
{"error": {code, message, hint, line, column, start, end}}. An event may begin from a base: {"base": "exec", …}; without --event,
a line that has none is an event without any field.
Exit status 0 whatever the result, 1 when CONDITION or its event is faulty; lines each have their own answer.`,
    )
    .action(async (condition: string | undefined, options: EvalOptions) => {
      const common = options.event === undefined ? undefined : readEvent(options.event);
      const compile = conditionCompiler(options);
      const answer = evaluator(compile);
      if (condition === undefined) {
        if (options.event === '-') {
          throw new SakerError('USAGE', 'standard input cannot be both the event and the lines');
        }
        return answerRequests((request) => answer({ ...request, event: request.event ?? common ?? {} }));
      }
      if (common === undefined) {
        throw new SakerError('USAGE', 'no event is named', {
          hint: 'add --event FILE, or --event - for standard input',
        });
      }
      const given = answer({ condition, event: common });
      if ('error' in given) process.exitCode = EXIT.findings;
      if (options.output === 'json') printJson(given);
      else if ('result' in given) process.stdout.write(`${String(given['result'])}\n`);
      else {
        const { ok, diagnostics = [] } = compile(condition);
        // A faulty condition is shown as `check` does, with line and caret.
        if (!ok) show(diagnostics, [], process.stderr);
        else process.stderr.write(`saker: the event is faulty: ${messageOf(given)}\n`);
      }
    });
}

const messageOf = (answer: Answer): string => (answer as { error: ConditionError }).error.message;

type Compile = (text: string) => StandaloneCondition;

/** Compiles conditions that may name the macros and lists of `--with`. */
export function conditionCompiler(options: LoadOptions): Compile {
  const named = options.with ?? [];
  const loaded = named.length === 0 ? undefined : load(named, { compat: options.compat }).result;
  return (text) =>
    compileCondition(text, {
      compat: options.compat,
      ...(loaded === undefined ? {} : { loaded }),
    });
}

/** Answers `{condition, event}` by `{result}` or `{error}`. Conditions that come again are compiled once. */
export function evaluator(
  compile: Compile,
): (request: ConditionRequest) => Answer {
  const evaluator = new Evaluator<readonly Diagnostic[]>(
    (text) => {
      const compiled = compile(text);
      return compiled.ok
        ? { ok: true, condition: compiled.condition }
        : { ok: false, problem: compiled.diagnostics };
    },
  );
  return ({ condition, event }) => {
    const read = eventValues(event);
    if (!read.ok) return { error: otherError('bad-event', read.reason, EVENT_HINT) };
    const given = evaluator.evaluate(condition, read.values);
    if (given.ok) return { result: given.result };
    if ('condition' in given) return { error: conditionError(given.condition) };
    const { field, reason } = given;
    return { error: otherError('bad-value', `${field}: ${reason}`, { field }) };
  };
}
