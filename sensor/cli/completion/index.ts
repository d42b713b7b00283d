import { Argument, type Command } from 'commander';
import { allFields } from '../../lang/index.js';
import { bashCompletion } from './bash.js';
import { fishCompletion } from './fish.js';
import { completionModel } from './model.js';
import { zshCompletion } from './zsh.js';

const SHELLS = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion };

/** Adds `saker completion SHELL`: a script made from the command tree itself, so that it cannot lag behind. */
export function addCompletion(program: Command): void {
  program
    .command('completion')
    .description('completion of this command line for a shell')
    .addArgument(new Argument('<shell>', 'which shell').choices(Object.keys(SHELLS)))
    .addHelpText(
      'after',
      `
Examples:
  source <(saker completion bash)
  saker completion zsh > "\${fpath[1]}/_saker"
  saker completion fish > ~/.config/fish/completions/saker.fish`,
    )
    .action((shell: keyof typeof SHELLS) => {
      const fields = allFields()
        .filter(({ hidden }) => !hidden)
        .map(({ name }) => name);
      process.stdout.write(SHELLS[shell](completionModel(program), fields));
    });
}
