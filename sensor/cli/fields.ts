import type { Command } from 'commander';
import { outputOption, printJson, table } from './output.js';

/** Adds `saker fields [GLOB]`: the field table. */
export function addFields(program: Command): void {
  program
    .command('fields [glob]')
    .description('fields of conditions and outputs, with type and meaning')
    .addOption(outputOption())
    .option('--live', 'only those this build supplies')
    .addHelpText('after', '\nExamples:\n  saker fields "proc.a*"\n  saker fields --live -o json')
    .action(async (glob: string | undefined, options: { output: string; live?: true }) => {
      const { allFields } = await import('../lang/index.js');
      const wanted = globPattern(glob ?? '*');
      const fields = allFields().filter(
        ({ name, hidden, availability }) =>
          wanted.test(name) && (glob !== undefined || !hidden) && (!options.live || availability === 'live'),
      );
      if (options.output === 'json') return printJson(fields);
      if (fields.length === 0) {
        process.stderr.write(`saker: no field matches "${glob}"\n`);
        process.exitCode = 1;
        return;
      }
      for (const field of fields) {
        const arg = { none: '', required: '[arg]', optional: '[arg]?' }[field.arg];
        const notes = [
          field.list ? 'list' : '',
          field.availability === 'live' ? '' : field.availability.replace('-', ' ') + ' yet',
          field.deprecated ? 'deprecated' : '',
          field.trust === 'subject' ? 'set by the watched process' : '',
          field.own ? 'saker' : '',
        ].filter(Boolean);
        process.stdout.write(`${field.name}${arg}  ${field.type}${notes.length > 0 ? `  (${notes.join(', ')})` : ''}\n`);
        process.stdout.write(table([[field.doc]], '    '));
      }
    });
}

/** A pattern in which `*` stands for any text and `?` for one character. */
function globPattern(glob: string): RegExp {
  const source = glob.replace(/[.+^${}()|[\]\\]/g, '\\$&').replace(/\*/g, '.*').replace(/\?/g, '.');
  return new RegExp(`^${source}$`);
}
