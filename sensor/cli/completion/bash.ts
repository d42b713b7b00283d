import type { CompletionCommand, Values } from './model.js';

/** A bash script that completes the whole command line; rule names are asked for when they are needed. */
export function bashCompletion(
  commands: readonly CompletionCommand[],
  fields: readonly string[],
): string {
  return `# bash completion of saker; made by: saker completion bash
# Use it in this shell: source <(saker completion bash)

_saker_paths='${commands.map(({ path }) => path).join('|')}'

_saker_is_command() { [[ "|$_saker_paths|" == *"|$1|"* ]]; }

# Words that begin like the current one; names with blanks are quoted by readline.
_saker_words() {
    local word
    while IFS= read -r word; do
        [[ -n $word && $word == "$cur"* ]] && COMPREPLY+=("$word")
    done
}

_saker_rules() {
    compopt -o filenames 2>/dev/null
    _saker_words < <("\${COMP_WORDS[0]}" rules list --names 2>/dev/null)
}

_saker_fields() {
    _saker_words <<'FIELDS'
${fields.join('\n')}
FIELDS
}

_saker_path() {
    compopt -o filenames 2>/dev/null
    _saker_words < <(compgen "$1" -- "$cur")
}

_saker() {
    local cur=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} path= arguments=0 i word
    cur=\${cur//\\\\ / }
    COMPREPLY=()
    for ((i = 1; i < COMP_CWORD; i++)); do
        word=\${COMP_WORDS[i]}
        [[ $word == -* ]] && continue
        if ((arguments == 0)) && _saker_is_command "\${path:+$path }$word"; then
            path="\${path:+$path }$word"
        else
            ((arguments++))
        fi
    done
    case "$path:$previous" in
${commands.flatMap(optionCases).join('\n')}
    esac
    case "$path" in
${commands.map(commandCase).join('\n')}
    esac
}
complete -F _saker saker
`;
}

function optionCases({ path, options }: CompletionCommand): string[] {
  return options.flatMap(({ flags, values }) =>
    values === null
      ? []
      : [
          `        ${flags.map((flag) => `"${path}:${flag}"`).join(' | ')}) ${emit(values)}; return ;;`,
        ],
  );
}

function commandCase({ path, commands, options, args }: CompletionCommand): string {
  const flags = options.flatMap(({ flags: names }) => names);
  const lines = [
    `        "${path}")`,
    `            if [[ $cur == -* ]]; then`,
    `                ${emit({ kind: 'words', words: flags })}`,
  ];
  if (commands.length > 0) {
    const words = commands.map(({ name }) => name);
    lines.push(`            else`, `                ${emit({ kind: 'words', words })}`);
  } else if (args.length > 0) {
    lines.push(`            else`, `                case $arguments in`);
    args.forEach((values, i) => {
      const pattern = i === args.length - 1 ? '*' : String(i);
      lines.push(`                    ${pattern}) ${emit(values)} ;;`);
    });
    lines.push(`                esac`);
  }
  return [...lines, `            fi ;;`].join('\n');
}

function emit(values: Values): string {
  switch (values.kind) {
    case 'none':
      return ':';
    case 'path':
      return '_saker_path -f';
    case 'folder':
      return '_saker_path -d';
    case 'rule':
      return '_saker_rules';
    case 'field':
      return '_saker_fields';
    case 'words':
      return `_saker_words < <(printf '%s\\n' ${values.words.map((word) => `'${word}'`).join(' ')})`;
  }
}
