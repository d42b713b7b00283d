import type { Argument, Command, Option } from 'commander';

/** Where the words come from that can stand somewhere. `rule`, `field`: names that saker itself knows. */
export type Values =
  | { readonly kind: 'none' | 'path' | 'folder' | 'rule' | 'field' }
  | { readonly kind: 'words'; readonly words: readonly string[] };

/** An option as the shells need it. */
export interface CompletionOption {
  /** `-o`, `--output`. */
  readonly flags: readonly string[];
  readonly description: string;
  /** Null when it takes no value. */
  readonly values: Values | null;
}

/** One command of the tree. */
export interface CompletionCommand {
  /** Words behind `saker` that lead here: `rules show`; empty for the program. */
  readonly path: string;
  readonly description: string;
  readonly commands: readonly { readonly name: string; readonly description: string }[];
  readonly options: readonly CompletionOption[];
  /** What its arguments are; the last one stands for all that follow. */
  readonly args: readonly Values[];
}

/** What can be completed, command by command, parents first. */
export function completionModel(program: Command): readonly CompletionCommand[] {
  return [...walk(program, '')];
}

function* walk(command: Command, path: string): Generator<CompletionCommand> {
  const help = command.createHelp();
  const commands = help.visibleCommands(command).filter((child) => child.name() !== 'help');
  yield {
    path,
    description: command.description(),
    commands: commands.map((child) => ({
      name: child.name(),
      description: firstClause(child.description()),
    })),
    options: help.visibleOptions(command).map(optionOf),
    args: command.registeredArguments.map(valuesOfArgument),
  };
  for (const child of commands) yield* walk(child, `${path} ${child.name()}`.trim());
}

function optionOf(option: Option): CompletionOption {
  const takesValue = option.required || option.optional;
  return {
    flags: [option.short, option.long].filter((flag) => flag != null),
    description: firstClause(option.description),
    values: takesValue ? valuesNamed(placeholder(option.flags), option.argChoices) : null,
  };
}

const valuesOfArgument = (argument: Argument): Values =>
  valuesNamed(argument.name(), argument.argChoices);

const placeholder = (flags: string): string => /[<[]([^>\].]+)/.exec(flags)?.[1] ?? '';

/** The name of an argument says what it is: that is how the help texts word them. */
function valuesNamed(name: string, choices: readonly string[] | undefined): Values {
  if (choices !== undefined) return { kind: 'words', words: choices };
  switch (name) {
    case 'file':
    case 'path':
    case 'old':
    case 'new':
      return { kind: 'path' };
    case 'dir':
      return { kind: 'folder' };
    case 'rule':
      return { kind: 'rule' };
    case 'glob':
    case 'field':
      return { kind: 'field' };
    default:
      return { kind: 'none' };
  }
}

/** Descriptions are shown in a column: up to the first full stop, colon or semicolon. */
const firstClause = (text: string): string => text.split(/[;:.](?:\s|$)/, 1)[0] ?? text;
