import { readFileSync } from 'node:fs';
import { Option, type Command } from 'commander';
import { readRuleFiles, type RuleFile } from '../../app/rule-files.js';
import { checkBlockRule } from '../../app/check-action.js';
import { checkActions } from '../../enforce/index.js';
import { CAPTURED_EVENTS } from '../../app/captured-events.js';
import { SakerError, whyUnreadable } from '../../core/index.js';
import { loadRules, renderText, type Diagnostic, type LoadResult } from '../../lang/index.js';
import { counted } from '../output.js';
import { shippedRules } from '../shipped-rules.js';

/** Options of every command that loads rule files. */
export interface LoadOptions {
  readonly with?: readonly string[];
  readonly compat: 'falco' | 'strict';
}

/** Adds `--with` and `--compat`. */
export function withLoading(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--with <path>',
        'load this first: macros and lists the others use; may be given again',
      ).argParser((path: string, before: readonly string[] | undefined) => [
        ...(before ?? []),
        path,
      ]),
    )
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

/**
 * Loads the files named, after those of `--with`; none named: the shipped rules. `-` is standard input.
 *
 * @throws SakerError `NO_RULES` when there is no rule file in what was named: a wrong path is not "no problems".
 */
export function load(paths: readonly string[], options: LoadOptions): Loaded {
  const named = paths.length > 0 ? paths : [shippedRules()];
  const own = readNamed(named);
  if (own.length === 0) {
    throw new SakerError('NO_RULES', `no rule file in ${named.join(', ')}`, {
      hint: 'a rule file ends in .yaml or .yml; *.test.yaml and folders that begin with _ or . are left out',
    });
  }
  const files = [...readNamed(options.with ?? []), ...own];
  const result = loadRules(files, {
    compat: options.compat,
    captured: CAPTURED_EVENTS,
    checkAction: checkBlockRule,
    checkActions,
  });
  return { files, result };
}

const readNamed = (paths: readonly string[]): readonly RuleFile[] =>
  paths.flatMap((path) => (path === '-' ? [readStandardInput()] : readRuleFiles([path])));

/** All of standard input; a second `-` finds nothing left. */
function readStandardInput(): RuleFile {
  const name = '<stdin>';
  try {
    return { name, text: readFileSync(0, 'utf8') };
  } catch (cause) {
    throw new SakerError('RULE_FILE', `cannot read ${name}: ${whyUnreadable(cause)}`, { cause });
  }
}

/** How many of each severity. */
export function counts(diagnostics: readonly Diagnostic[]): string {
  const of = (severity: Diagnostic['severity'], word: string): string[] => {
    const count = diagnostics.filter((diagnostic) => diagnostic.severity === severity).length;
    return count === 0 ? [] : [counted(count, word)];
  };
  return [...of('error', 'error'), ...of('warning', 'warning'), ...of('hint', 'hint')].join(', ') || 'no problems';
}

/** Diagnostics on stderr or stdout, coloured on a terminal. */
export function show(diagnostics: readonly Diagnostic[], files: readonly RuleFile[], stream: NodeJS.WriteStream): void {
  if (diagnostics.length === 0) return;
  stream.write(`${renderText(diagnostics, files, { color: stream.isTTY && !process.env['NO_COLOR'] })}\n`);
}
