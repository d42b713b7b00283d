import { afterAll, expect } from '@jest/globals';
import {
  FALCO_ERRORS,
  FALCO_WARNINGS,
  compileCondition,
  describe,
  falcoLoadResults,
  inferEvents,
} from '../../../sensor/lang/index.js';
import { DESCRIBED_RULES, FAULTY_RULES } from '../../support/falco-samples.js';
import { alertsOf, items, loadTexts, ruleItem } from '../../support/judge.js';
import { testRows } from '../../support/reference-rows.js';
import { Files, saker } from '../../unit/cli/cli.js';

const files = new Files();
afterAll(() => files.remove());

const OPEN = ruleItem('evt.type = open');
const falco = (...texts: readonly string[]) =>
  falcoLoadResults(loadTexts(texts)).falco_load_results;
const codesOf = (text: string): readonly string[] =>
  falco(text).flatMap((file) => [...file.errors, ...file.warnings].map(({ code }) => code));
const described = describe(loadTexts(DESCRIBED_RULES)) as Record<
  'rules' | 'lists' | 'macros',
  readonly { readonly info: object; readonly details: object }[]
>;
const inferred = (condition: string): number | undefined => {
  const compiled = compileCondition(condition);
  return compiled.ok ? inferEvents(compiled.condition).codes : undefined;
};

testRows('§1.9', {
  'errors (7)': () => {
    const raised: Readonly<Record<string, string>> = {
      LOAD_ERR_YAML_PARSE: '- rule: [',
      LOAD_ERR_YAML_VALIDATE: 'rule: x',
      LOAD_ERR_COMPILE_CONDITION: items(ruleItem('evt.type = (')),
      LOAD_ERR_COMPILE_OUTPUT: items({ ...OPEN, output: '%' }),
      LOAD_ERR_VALIDATE: items({ rule: 'R', enabled: true }),
    };
    for (const [code, text] of Object.entries(raised)) expect(codesOf(text)).toContain(code);
    // Falco never raises these two either: a file that cannot be read has no result.
    const never = ['LOAD_ERR_FILE_READ', 'LOAD_ERR_EXTENSION'];
    expect(Object.keys(FALCO_ERRORS).sort()).toEqual([...Object.keys(raised), ...never].sort());
  },
  'warnings (15)': () => {
    const exception = { name: 'e', fields: 'proc.name', values: ['vi'] };
    const raised: Readonly<Record<string, string>> = {
      LOAD_UNKNOWN_SOURCE: items({ ...OPEN, source: 'other' }),
      LOAD_UNSAFE_NA_CHECK: items(ruleItem('ka.verb = <NA>', { 'skip-if-unknown-filter': true })),
      LOAD_NO_EVTTYPE: items(ruleItem('proc.name = vi')),
      LOAD_UNKNOWN_FILTER: items(ruleItem('no.such = x', { 'skip-if-unknown-filter': true })),
      LOAD_UNUSED_MACRO: items({ macro: 'm', condition: 'evt.type = open' }),
      LOAD_UNUSED_LIST: items({ list: 'l', items: [] }),
      LOAD_UNKNOWN_ITEM: items({ thing: 1 }),
      LOAD_DEPRECATED_ITEM: items(OPEN, { rule: 'R', condition: 'and evt.num > 0', append: true }),
      LOAD_APPEND_NO_VALUES: items(
        { ...OPEN, exceptions: [exception] },
        { rule: 'R', exceptions: [{ name: 'e' }], override: { exceptions: 'append' } },
      ),
      LOAD_EXCEPTION_NAME_NOT_UNIQUE: items({ ...OPEN, exceptions: [exception, exception] }),
      LOAD_INVALID_MACRO_NAME: items({ macro: 'a b', condition: 'evt.type = open' }),
      LOAD_INVALID_LIST_NAME: items({ list: 'a b', items: [] }),
      LOAD_COMPILE_CONDITION: items(ruleItem('evt.type = open and fd.name = proc.name')),
      LOAD_UNKNOWN_KEY: items({ ...OPEN, colour: 'red' }),
    };
    for (const [code, text] of Object.entries(raised)) expect(codesOf(text)).toContain(code);
    expect(Object.keys(FALCO_WARNINGS).sort()).toEqual(
      [...Object.keys(raised), 'LOAD_WARNING_EXTENSION'].sort(),
    );
    const all = ruleItem('proc.name = vi', { warn_evttypes: false });
    expect(codesOf(items(all))).toEqual([]);
  },
  context: () => {
    const [file] = falcoLoadResults(loadTexts(FAULTY_RULES)).falco_load_results;
    const types = file?.errors[0]?.context.locations.map(({ item_type }) => item_type);
    expect(types).toEqual(['rules content', 'rule', 'rule condition', 'condition expression']);
    for (const { position } of file?.errors[0]?.context.locations ?? []) {
      expect(Object.keys(position).sort()).toEqual(['column', 'line', 'name', 'offset']);
    }
  },
  numbering: () => {
    const [file] = falcoLoadResults(loadTexts(FAULTY_RULES)).falco_load_results;
    const at = (type: string) =>
      file?.errors[0]?.context.locations.find(({ item_type }) => item_type === type)?.position;
    expect(at('rule')).toMatchObject({ line: 5, column: 2, offset: 89 });
    expect(at('rule condition')).toMatchObject({ line: 7, column: 13, offset: 137 });
    expect(at('condition expression')).toMatchObject({ line: 8, column: 34, offset: 157 });
  },
  snippet: () => {
    const [file] = falcoLoadResults(loadTexts(FAULTY_RULES)).falco_load_results;
    expect(file?.warnings[0]?.context.snippet).toBe('- list: edit_tools\n  ^\n');
    const long = items(ruleItem(`evt.type = open and no.such in (${'x, '.repeat(100)}x)`));
    const [shown = ''] = (falco(long)[0]?.errors[0]?.context.snippet ?? '').split('\n');
    expect(shown.length).toBeLessThanOrEqual(166);
    expect(shown.endsWith('...')).toBe(true);
  },
  'text form': async () => {
    const said = async (text: string): Promise<string> =>
      (await saker(['rules', 'check', files.write('f.yaml', text), '-o', 'falco'])).out;
    expect(await said(items(OPEN))).toMatch(/f\.yaml: Ok\n$/);
    expect(await said(items(ruleItem('proc.name = vi')))).toMatch(/f\.yaml: Ok, with warnings\n$/);
    const invalid = await said(FAULTY_RULES);
    expect(invalid).toMatch(/f\.yaml: Invalid\n1 Errors:\nIn rules content: \(/);
    expect(invalid).toContain('\n1 Warnings:\n');
    expect(invalid).toContain(
      'LOAD_ERR_COMPILE_CONDITION (Error compiling condition): filter_check called with nonexistent field fd.nam\n',
    );
  },
  'JSON form': async () => {
    const read = async (text: string): Promise<Record<string, unknown>> =>
      JSON.parse(
        (await saker(['rules', 'check', files.write('f.yaml', text), '-o', 'falco-json'])).out,
      ) as Record<string, unknown>;
    const invalid = await read(FAULTY_RULES);
    expect(Object.keys(invalid)).toEqual(['falco_load_results']);
    expect(invalid['falco_load_results']).toMatchObject([
      {
        successful: false,
        schema_valid: true,
        schema_warnings: [],
        errors: [
          {
            code: 'LOAD_ERR_COMPILE_CONDITION',
            codedesc: 'Error compiling condition',
            message: 'filter_check called with nonexistent field fd.nam',
            context: { locations: { length: 4 } },
          },
        ],
        warnings: [{ code: 'LOAD_DEPRECATED_ITEM' }],
      },
    ]);
    expect((await read(items(OPEN)))['falco_describe_results']).toMatchObject({
      rules: [{ info: { name: 'R' } }],
    });
  },
  exit: async () => {
    const run = async (text: string) =>
      saker(['rules', 'check', files.write('f.yaml', text), '-o', 'falco']);
    expect((await run(items(OPEN))).code).toBe(0);
    expect((await run(items(ruleItem('proc.name = vi')))).code).toBe(0);
    const failed = await run(FAULTY_RULES);
    expect([failed.code, failed.err]).toEqual([1, `Error: ${failed.out}`]);
  },
  'describe: top': () => {
    expect(Object.keys(described).sort()).toEqual([
      'lists',
      'macros',
      'required_engine_version',
      'required_plugin_versions',
      'rules',
    ]);
  },
  'describe: rules[].info': () => {
    expect(described.rules[0]?.info).toEqual({
      name: 'Lab shell',
      condition: 'lab_spawn and proc.name in (lab_shells) and not proc.pname exists',
      priority: 'Informational',
      output: 'shell %proc.name by %user.name',
      description: 'demo',
      enabled: true,
      source: 'syscall',
      capture: false,
      capture_duration: 0,
      tags: ['lab'],
    });
  },
  'describe: rules[].details': () => {
    expect(described.rules[0]?.details).toEqual({
      macros: ['lab_spawn'],
      lists: ['lab_shells'],
      condition_operators: ['in', 'exists'],
      condition_fields: ['evt.type', 'proc.name', 'proc.pname'],
      output_fields: ['proc.name', 'user.name'],
      exception_fields: [],
      exception_names: [],
      exception_operators: [],
      events: ['execve', 'execveat', 'asyncevent'],
      condition_compiled:
        '(evt.type in (execve, execveat) and proc.name in (ash, zsh) and not proc.pname exists)',
      output_compiled: 'shell %proc.name by %user.name',
      plugins: [],
    });
    const appendOutput = [{ formatted: { who: '%proc.name' } }];
    expect(describe(loadTexts(items(OPEN), { appendOutput }))).toMatchObject({
      rules: [{ details: { extra_output_formatted_fields: { who: '%proc.name' } } }],
    });
    // Bare unless it holds a blank, "=", a quote, a backslash or a control character.
    const values = items(
      ruleItem('evt.type = open and fd.name in ([x], "a(b", "a b", "a=b", "a\\\\b")'),
    );
    expect(describe(loadTexts(values))).toMatchObject({
      rules: [
        {
          details: {
            condition_compiled:
              '(evt.type = open and fd.name in ([x], a(b, "a b", "a=b", "a\\\\b"))',
          },
        },
      ],
    });
  },
  'describe: lists[]': () => {
    expect(described.lists[0]).toEqual({
      info: { name: 'lab_shells', items: ['ash', 'zsh'] },
      details: { used: true, lists: [], items_compiled: ['ash', 'zsh'], plugins: [] },
    });
  },
  'event-type inference: algebra': () => {
    expect([
      inferred('evt.type = open'),
      inferred('evt.type in (open, openat, openat2)'),
      inferred('evt.type in (execve, execveat)'),
      inferred('evt.type != open'),
      inferred('not evt.type = open'),
      inferred('not evt.type != open'),
      inferred('proc.name = vi'),
      inferred('evt.type = open and proc.name = vi'),
      inferred('evt.type = open or proc.name = vi'),
      inferred('not (evt.type = open or not evt.type in (open, openat))'),
    ]).toEqual([2, 8, 18, 452, 452, 2, 454, 2, 454, inferred('evt.type = openat')]);
  },
  'event-type inference: evt.num = 0': () => {
    expect(['evt.num = 0', 'evt.num < 1', 'evt.num in (0)'].map(inferred)).toEqual([0, 0, 0]);
    expect(['evt.num >= 1', 'evt.num > 0', 'evt.num != 0'].map(inferred)).toEqual([454, 454, 454]);
    expect(alertsOf(items(ruleItem('evt.num = 0')), {})).toEqual([]);
  },
  'event-type inference: use': () => {
    const { ruleSet } = loadTexts(items(OPEN, ruleItem('proc.name = vi', { rule: 'S' })));
    expect(ruleSet.rules.map(({ events }) => events)).toEqual([new Set(['open']), 'all']);
    expect(codesOf(items(ruleItem('proc.name = vi')))).toEqual(['LOAD_NO_EVTTYPE']);
    expect(codesOf(items(ruleItem('evt.type != open')))).toEqual(['LOAD_NO_EVTTYPE']);
    expect(codesOf(items(ruleItem('evt.type in (open, close, dup, execve)')))).toEqual([]);
  },
});
