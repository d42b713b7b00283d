import type { Command } from 'commander';
import { EXIT, closest } from '../core/index.js';
import { allFields, type FieldDef } from '../lang/index.js';
import { counted, outputOption, printJson } from './output.js';

interface FieldOptions {
  readonly output: 'text' | 'json';
  readonly live?: true;
  readonly markdown?: true;
  readonly names?: true;
}

/** Adds `saker fields [GLOB]`: the field table. */
export function addFields(program: Command): void {
  program
    .command('fields [glob]')
    .description('fields of conditions and outputs, with type and meaning')
    .addOption(outputOption())
    .option('--live', 'only those this build supplies')
    .option('--markdown', 'as tables for a page')
    .option('--names', 'only the names, one a line')
    .addHelpText(
      'after',
      `
Examples:
  saker fields 'proc.a*'
  saker fields fd.name
  saker fields --live -o json
  saker fields --markdown > fields.md

Hidden fields, which few rules need, are listed when named, and in JSON ("hidden": true).`,
    )
    .action((glob: string | undefined, options: FieldOptions) => {
      const wanted = globPattern(glob ?? '*');
      const fields = allFields().filter(
        ({ name, hidden, availability }) =>
          wanted.test(name) &&
          (glob !== undefined || !hidden || options.output === 'json') &&
          (!options.live || availability === 'live'),
      );
      if (options.output === 'json') printJson(fields);
      else if (options.names) process.stdout.write(fields.map(({ name }) => `${name}\n`).join(''));
      else if (options.markdown) process.stdout.write(fieldsMarkdown(fields));
      else process.stdout.write(fieldsText(fields));
      if (fields.length > 0) return;
      const meant = closest(
        glob ?? '',
        allFields().map(({ name }) => name),
      );
      const hint = meant === undefined ? '' : `; did you mean "${meant}"?`;
      process.stderr.write(`saker: no field matches "${glob}"${hint}\n`);
      process.exitCode = EXIT.findings;
    });
}

/** How a field is written: `proc.aname[N]`, `evt.arg.NAME`. */
function spelling({ name, arg, argKind, argForm }: FieldDef): string {
  if (arg === 'none' || argKind === null) return name;
  const word = { index: 'N', key: 'KEY', 'index-or-key': 'N|KEY', param: 'NAME', event: 'EVENT' }[
    argKind
  ];
  const written = argForm === 'dot' ? `.${word}` : argForm === 'both' ? `.${word}` : `[${word}]`;
  return arg === 'optional' ? `${name} or ${name}${written}` : `${name}${written}`;
}

/** What is not plain about a field, in a word or two each. */
function notesOf(field: FieldDef): readonly string[] {
  return [
    field.list ? 'list' : '',
    field.multi === 'either-end' ? 'both ends' : '',
    field.multi === 'any-ancestor' ? 'without index: any ancestor' : '',
    field.availability === 'not-captured' ? 'not captured yet' : '',
    field.availability === 'never' ? 'always null' : '',
    field.filterOnly ? 'conditions only' : '',
    field.printOnly ? 'outputs only' : '',
    field.deprecated ? 'deprecated' : '',
    field.trust === 'subject' ? 'set by the watched process' : '',
    field.own ? 'saker only' : '',
  ].filter(Boolean);
}

function* groupsOf(fields: readonly FieldDef[]): Generator<readonly [string, readonly FieldDef[]]> {
  const groups = new Map<string, FieldDef[]>();
  for (const field of fields) {
    const group = groups.get(field.group);
    if (group === undefined) groups.set(field.group, [field]);
    else group.push(field);
  }
  yield* groups;
}

/** The table for a terminal: a heading for each group, under each field its meaning. */
export function fieldsText(fields: readonly FieldDef[]): string {
  const out: string[] = [];
  for (const [group, members] of groupsOf(fields)) {
    out.push(`${group}: ${counted(members.length, 'field')}\n`);
    for (const field of members) {
      const notes = notesOf(field);
      const behind = notes.length === 0 ? '' : `  (${notes.join(', ')})`;
      out.push(`  ${spelling(field)}  ${field.type}${behind}\n`);
      out.push(...wrapped(field.doc, 94).map((line) => `      ${line}\n`));
    }
    out.push('\n');
  }
  return out.join('').replace(/\n\n$/, '\n');
}

/** The table as a page: a section and a table for each group. */
export function fieldsMarkdown(fields: readonly FieldDef[]): string {
  const out: string[] = ['# Fields\n'];
  for (const [group, members] of groupsOf(fields)) {
    out.push(`\n## ${group}\n\n| field | type | meaning | notes |\n|---|---|---|---|\n`);
    for (const field of members) {
      const cells = [`\`${spelling(field)}\``, field.type, field.doc, notesOf(field).join(', ')];
      out.push(`| ${cells.map(cell).join(' | ')} |\n`);
    }
  }
  return out.join('');
}

const cell = (text: string): string => text.replace(/\s+/g, ' ').replaceAll('|', '\\|');

function wrapped(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/)) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

/** A pattern in which `*` stands for any text and `?` for one character. */
function globPattern(glob: string): RegExp {
  const source = glob
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/\*/g, '.*')
    .replace(/\?/g, '.');
  return new RegExp(`^${source}$`);
}
