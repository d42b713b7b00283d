import type { CompletionCommand, CompletionOption, Values } from './model.js';

/** A zsh completion function: put it into a folder of `$fpath` as `_saker`. */
export function zshCompletion(
  commands: readonly CompletionCommand[],
  fields: readonly string[],
): string {
  return `#compdef saker
# zsh completion of saker; made by: saker completion zsh
# Use it: saker completion zsh > "\${fpath[1]}/_saker", then start a new shell; or source it after compinit.

_saker_rules() {
    local -a names
    names=("\${(@f)$(_call_program rules saker rules list --names 2>/dev/null)}")
    compadd -a names
}

_saker_fields() {
    local -a names
    names=(
${fields.map((field) => `        ${quote(field)}`).join('\n')}
    )
    compadd -a names
}

_saker_command() {
    local at=$1
    local -a commands
    case $at in
${commands.map(commandCase).join('\n')}
    esac
}

_saker() {
    local at= word
    local -i i last=1
    for ((i = 2; i < CURRENT; i++)); do
        word=$words[i]
        [[ $word == -* ]] && continue
        case "\${at:+$at }$word" in
${commands
  .filter(({ path }) => path !== '')
  .map(({ path }) => `            ${quote(path)}) at=${quote(path)}; last=i ;;`)
  .join('\n')}
            *) break ;;
        esac
    done
    # What led here is one word to _arguments.
    words=(saker "\${(@)words[last + 1, -1]}")
    ((CURRENT -= last - 1))
    _saker_command "$at"
}

if [[ $funcstack[1] == _saker ]]; then
    _saker "$@"
else
    compdef _saker saker
fi
`;
}

function commandCase({ path, commands, options, args }: CompletionCommand): string {
  const specs = options.flatMap(optionSpecs);
  args.forEach((values, i) => {
    specs.push(i === args.length - 1 ? `*: :${action(values)}` : `${i + 1}: :${action(values)}`);
  });
  if (commands.length > 0) specs.push(`1: :->command`);
  const lines = [
    `        ${quote(path)})`,
    `            local state`,
    `            _arguments -S ${specs.map(quote).join(' \\\n                ')}`,
  ];
  if (commands.length > 0) {
    const words = commands.map(({ name, description }) =>
      quote(`${name}:${description.replaceAll(':', ' ')}`),
    );
    lines.push(
      `            [[ $state == command ]] && {`,
      `                commands=(${words.join(' ')})`,
      `                _describe command commands`,
      `            }`,
    );
  }
  return [...lines, '            ;;'].join('\n');
}

function optionSpecs({ flags, description, values }: CompletionOption): string[] {
  const text = description.replace(/[[\]:\\]/g, '\\$&');
  const exclusive = flags.length > 1 ? `(${flags.join(' ')})` : '';
  return flags.map(
    (flag) => `${exclusive}${flag}[${text}]${values === null ? '' : `: :${action(values)}`}`,
  );
}

function action(values: Values): string {
  switch (values.kind) {
    case 'none':
      return '( )';
    case 'path':
      return '_files';
    case 'folder':
      return '_files -/';
    case 'rule':
      return '_saker_rules';
    case 'field':
      return '_saker_fields';
    case 'words':
      return `(${values.words.join(' ')})`;
  }
}

const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
