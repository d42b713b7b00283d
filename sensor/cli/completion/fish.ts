import type { CompletionCommand, Values } from './model.js';

/** A fish completion script: put it into ~/.config/fish/completions/saker.fish. */
export function fishCompletion(
  commands: readonly CompletionCommand[],
  fields: readonly string[],
): string {
  return `# fish completion of saker; made by: saker completion fish
# Use it: saker completion fish > ~/.config/fish/completions/saker.fish

set -g __saker_paths ${commands.map(({ path }) => quote(path)).join(' ')}
set -g __saker_fields ${fields.map(quote).join(' ')}

# The command that the line leads to so far is exactly this one.
function __saker_at
    set -l path ''
    for word in (commandline -opc)[2..-1]
        string match -q -- '-*' $word; and continue
        set -l next (string trim -- "$path $word")
        contains -- $next $__saker_paths; or break
        set path $next
    end
    test "$path" = "$argv[1]"
end

complete -c saker -f
${commands.flatMap(commandLines).join('\n')}
`;
}

function commandLines({ path, commands, options, args }: CompletionCommand): string[] {
  const at = `complete -c saker -n ${quote(`__saker_at ${path === '' ? "''" : quote(path)}`)}`;
  const lines = commands.map(
    ({ name, description }) => `${at} -a ${quote(name)} -d ${quote(description)}`,
  );
  for (const { flags, description, values } of options) {
    const names = flags.map((flag) =>
      flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`,
    );
    const value =
      values === null ? '' : `${values.kind === 'path' ? ' -r' : ' -x'}${valueOptions(values)}`;
    lines.push(`${at} ${names.join(' ')}${value} -d ${quote(description)}`);
  }
  // fish does not count arguments: all kinds of them are offered.
  for (const values of args) {
    const offered = valueOptions(values);
    if (offered !== '') lines.push(`${at}${offered}`);
  }
  return lines;
}

function valueOptions(values: Values): string {
  switch (values.kind) {
    case 'none':
      return '';
    case 'path':
      return ' -F';
    case 'folder':
      return ` -a '(__fish_complete_directories)'`;
    case 'rule':
      return ` -a '(saker rules list --names 2>/dev/null)'`;
    case 'field':
      return ` -a '$__saker_fields'`;
    case 'words':
      return ` -a ${quote(values.words.join(' '))}`;
  }
}

const quote = (text: string): string => `'${text.replace(/['\\]/g, '\\$&')}'`;
