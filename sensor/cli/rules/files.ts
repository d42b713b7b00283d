import { Option, type Command } from 'commander';
import { readRuleFiles, type RuleFile } from '../../app/rule-files.js';
import { checkBlockRule } from '../../app/check-action.js';
import { CAPTURED_EVENTS } from '../../app/captured-events.js';
import { loadRules, renderText, type Diagnostic, type LoadResult } from '../../lang/index.js';
import { shippedRules } from '../shipped-rules.js';

/** Options of every command that loads rule files. */
export interface LoadOptions {
  readonly with?: readonly string[];
  readonly compat: 'falco' | 'strict';
}

/** Adds `--with` and `--compat`. */
export function withLoading(command: Command): Command {
  return command
    .option('--with <path...>', 'load these first: macros and lists the others use')
    .addOption(compatOption().default('falco'));
}

/** `--compat`. */
export function compatOption(): Option {
  return new Option('--compat <mode>', 'keep Falco’s traps, with a warning, or fix them').choices([
    'falco',
    'strict',
  ]);
}

/** Rule files that were read, and what they say. */
export interface Loaded {
  readonly files: readonly RuleFile[];
  readonly result: LoadResult;
}

/** Loads the files named, after those of `--with`; none named: the shipped rules. */
export function load(paths: readonly string[], options: LoadOptions): Loaded {
  const named = paths.length > 0 ? paths : [shippedRules()];
  const files = readRuleFiles([...(options.with ?? []), ...named]);
  const result = loadRules(files, {
    compat: options.compat,
    captured: CAPTURED_EVENTS,
    checkAction: checkBlockRule,
  });
  return { files, result };
}

/** How many of each severity. */
export function counts(diagnostics: readonly Diagnostic[]): string {
  const of = (severity: Diagnostic['severity'], word: string): string[] => {
    const count = diagnostics.filter((diagnostic) => diagnostic.severity === severity).length;
    return count === 0 ? [] : [`${count} ${word}${count === 1 ? '' : 's'}`];
  };
  return [...of('error', 'error'), ...of('warning', 'warning'), ...of('hint', 'hint')].join(', ') || 'no problems';
}

/** Diagnostics on stderr or stdout, coloured on a terminal. */
export function show(diagnostics: readonly Diagnostic[], files: readonly RuleFile[], stream: NodeJS.WriteStream): void {
  if (diagnostics.length === 0) return;
  stream.write(`${renderText(diagnostics, files, { color: stream.isTTY && !process.env['NO_COLOR'] })}\n`);
}
