import { describe, expect, it } from '@jest/globals';
import {
  describe as describeRules,
  falcoLoadResults,
  falcoLoadText,
  loadRules,
} from '../../../sensor/lang/index.js';
import { DESCRIBED_RULES, FAULTY_RULES } from '../../support/falco-samples.js';
import { load, ruleOf } from './loading.js';

const lab = () => loadRules([{ name: 'lab.yaml', text: FAULTY_RULES }]);
const at = (
  item_type: string,
  item_name: string,
  line: number,
  column: number,
  offset: number,
  name = 'lab.yaml',
) => ({
  item_type,
  item_name,
  position: { name, line, column, offset },
});

describe('falco-formats §3.2, load result as JSON', () => {
  it('has the locations of the worked example', () => {
    const [result] = falcoLoadResults(lab()).falco_load_results;
    expect(result).toMatchObject({
      name: 'lab.yaml',
      successful: false,
      schema_valid: true,
      schema_warnings: [],
    });
    expect(result?.errors).toHaveLength(1);
    expect(result?.errors[0]).toMatchObject({
      code: 'LOAD_ERR_COMPILE_CONDITION',
      codedesc: 'Error compiling condition',
      context: {
        locations: [
          at('rules content', '', 0, 0, 0),
          at('rule', 'Edit of secrets', 5, 2, 89),
          at('rule condition', '', 7, 13, 137),
          at('condition expression', '', 8, 34, 157, '"evt.type = open a..."'),
        ],
        snippet: expect.stringContaining('evt.type = open and fd.nam in'),
      },
    });
    expect(result?.warnings).toMatchObject([
      {
        code: 'LOAD_DEPRECATED_ITEM',
        context: {
          locations: [at('rules content', '', 0, 0, 0), at('list', 'edit_tools', 2, 2, 39)],
          snippet: '- list: edit_tools\n  ^\n',
        },
      },
    ]);
  });
  it('keys stand in alphabetical order', () => {
    const keys = Object.keys(falcoLoadResults(lab()).falco_load_results[0]!);
    expect(keys).toEqual([...keys].sort());
  });
  it('schema: priority in upper case, unknown keys, by path; absent after a YAML error', () => {
    const text = ruleOf('evt.type = open', { priority: 'notice', extra: 1 });
    expect(falcoLoadResults(load(text)).falco_load_results[0]).toMatchObject({
      schema_valid: false,
      schema_warnings: [
        expect.stringMatching(/^failed for <root>\[0\]\[priority\]: /),
        expect.stringContaining('extra'),
      ],
      successful: true,
    });
    expect(falcoLoadResults(load('- [')).falco_load_results[0]).not.toHaveProperty('schema_valid');
  });
  it('reports the first error of a file only; a compile error leaves out unused items', () => {
    const text = `[${ruleOf('proc.nam = x').slice(1, -1)},${ruleOf('fd.nam = x', { rule: 'S' }).slice(1, -1)},{"list":"l","items":[]}]`;
    const [result] = falcoLoadResults(load(text)).falco_load_results;
    expect(result?.errors).toHaveLength(1);
    expect(result?.warnings).toEqual([]);
    expect(load(text).diagnostics.filter(({ severity }) => severity === 'error')).toHaveLength(2);
  });
  it('warnings about earlier files appear again in later results', () => {
    const results = falcoLoadResults(
      load([ruleOf('proc.name = x'), '- list: l\n  items: []']),
    ).falco_load_results;
    expect(results.map(({ warnings }) => warnings.map(({ code }) => code))).toEqual([
      ['LOAD_NO_EVTTYPE'],
      ['LOAD_NO_EVTTYPE', 'LOAD_UNUSED_LIST'],
    ]);
  });
});

describe('falco-formats §3.1, load result as text', () => {
  it('long form of an invalid file', () => {
    const lines = falcoLoadText(lab()).split('\n');
    expect(lines.slice(0, 6)).toEqual([
      'lab.yaml: Invalid',
      '1 Errors:',
      'In rules content: (lab.yaml:0:0)',
      "    rule 'Edit of secrets': (lab.yaml:5:2)",
      '    rule condition: (lab.yaml:7:13)',
      '    condition expression: ("evt.type = open a...":8:34)',
    ]);
    expect(lines).toContain('1 Warnings:');
    expect(
      lines.some((line) =>
        line.startsWith('LOAD_ERR_COMPILE_CONDITION (Error compiling condition): '),
      ),
    ).toBe(true);
  });
  it('heads: Ok, Ok with warnings, Invalid', () => {
    const head = (text: string): string | undefined => falcoLoadText(load(text)).split('\n')[0];
    expect(head(ruleOf('evt.type = open'))).toBe('1.yaml: Ok');
    expect(head(ruleOf('proc.name = x'))).toBe('1.yaml: Ok, with warnings');
    expect(head(ruleOf('('))).toBe('1.yaml: Invalid');
  });
  it('short form: counts, codes and labels', () => {
    expect(falcoLoadText(lab(), { form: 'short' })).toBe(
      'lab.yaml: Invalid\n 1 errors: [LOAD_ERR_COMPILE_CONDITION (Error compiling condition)]\n 1 warnings: [LOAD_DEPRECATED_ITEM (Used deprecated item)]\n',
    );
  });
});

const RICH_RULES = `
- required_engine_version: 0.57.0
- required_engine_version: 15
- required_plugin_versions:
  - name: container
    version: 0.4.0
    alternatives: [{ name: other, version: 1.0.0 }]
- list: inner
  items: [a, "b c", 7]
- list: outer
  items: [inner, z]
- macro: m1
  condition: evt.type = accept
- macro: m2
  condition: (m1 or evt.type = connect)
- rule: R
  desc: d
  condition: >-
    m2 and proc.name in (outer) and not (fd.name startswith /etc or fd.sport > 5) and
    proc.aname[2] = "x y" and proc.cmdline contains anyof (inner, q) and tolower(proc.exe) = val(proc.name)
  output: "  o %toupper(proc.exe) %12proc.pid %evt.time %proc.exe "
  priority: informational
  enabled: false
  tags: [z, a]
  capture: true
  capture_duration: 300
  exceptions:
    - { name: e1, fields: [proc.name, fd.directory], comps: [in, =], values: [[[vi, ed], /srv]] }
    - { name: e2, fields: proc.pname, values: [x, y] }
    - { name: e3, fields: [user.name] }
`;

describe('falco-formats §4, describe', () => {
  const text = DESCRIBED_RULES;
  it('is the worked example', () => {
    expect(describeRules(load(text))).toEqual({
      lists: [
        {
          details: { items_compiled: ['ash', 'zsh'], lists: [], plugins: [], used: true },
          info: { items: ['ash', 'zsh'], name: 'lab_shells' },
        },
      ],
      macros: [
        {
          details: {
            condition_compiled: 'evt.type in (execve, execveat)',
            condition_fields: ['evt.type'],
            condition_operators: ['in'],
            events: ['execve', 'execveat', 'asyncevent'],
            lists: [],
            macros: [],
            plugins: [],
            used: true,
          },
          info: { condition: 'evt.type in (execve, execveat)', name: 'lab_spawn' },
        },
      ],
      required_engine_version: '0.63.0',
      required_plugin_versions: [],
      rules: [
        {
          details: {
            condition_compiled:
              '(evt.type in (execve, execveat) and proc.name in (ash, zsh) and not proc.pname exists)',
            condition_fields: ['evt.type', 'proc.name', 'proc.pname'],
            condition_operators: ['in', 'exists'],
            events: ['execve', 'execveat', 'asyncevent'],
            exception_fields: [],
            exception_names: [],
            exception_operators: [],
            lists: ['lab_shells'],
            macros: ['lab_spawn'],
            output_compiled: 'shell %proc.name by %user.name',
            output_fields: ['proc.name', 'user.name'],
            plugins: [],
          },
          info: {
            capture: false,
            capture_duration: 0,
            condition: 'lab_spawn and proc.name in (lab_shells) and not proc.pname exists',
            description: 'demo',
            enabled: true,
            name: 'Lab shell',
            output: 'shell %proc.name by %user.name',
            priority: 'Informational',
            source: 'syscall',
            tags: ['lab'],
          },
        },
      ],
    });
  });
  it('one rule: only the key rules; no requirement: 0.0.0', () => {
    expect(Object.keys(describeRules(load(text), 'Lab shell'))).toEqual(['rules']);
    expect(describeRules(load('')).required_engine_version).toBe('0.0.0');
  });
  it('every key of a rule with all there is', () => {
    const rules = describeRules(load(RICH_RULES));
    expect(rules['required_engine_version']).toBe('0.57.0');
    expect(rules['required_plugin_versions']).toEqual([
      {
        name: 'container',
        version: '0.4.0',
        alternatives: [{ name: 'other', version: '1.0.0' }],
      },
    ]);
    expect((rules['rules'] as unknown[])[0]).toEqual({
      details: {
        condition_compiled:
          '(((evt.type = accept or evt.type = connect) and proc.name in (a, "b c", 7, z) and' +
          ' not (fd.name startswith /etc or fd.sport > 5) and proc.aname[2] = "x y" and' +
          ' proc.cmdline contains anyof (a, "b c", 7, q) and tolower(proc.exe) = val(proc.name)) and' +
          ' not (proc.name in (vi, ed) and fd.directory = /srv) and not proc.pname in (x, y))',
        condition_fields: [
          ...['evt.type', 'proc.name', 'fd.name', 'fd.sport', 'proc.aname[2]', 'proc.cmdline'],
          ...['proc.exe', 'fd.directory', 'proc.pname'],
        ],
        condition_operators: ['=', 'in', 'startswith', '>', 'contains anyof'],
        events: ['accept', 'connect', 'accept4', 'asyncevent'],
        exception_fields: ['proc.name', 'fd.directory', 'proc.pname', 'user.name'],
        exception_names: ['e1', 'e2', 'e3'],
        exception_operators: ['in', '='],
        lists: ['inner', 'outer'],
        macros: ['m2'],
        output_compiled: 'o %toupper(proc.exe) %12proc.pid %evt.time %proc.exe',
        output_fields: ['proc.exe', 'proc.pid', 'evt.time'],
        plugins: [],
      },
      info: {
        capture: true,
        capture_duration: 300,
        condition:
          'm2 and proc.name in (outer) and not (fd.name startswith /etc or fd.sport > 5) and' +
          ' proc.aname[2] = "x y" and proc.cmdline contains anyof (inner, q) and tolower(proc.exe) = val(proc.name)',
        description: 'd',
        enabled: false,
        name: 'R',
        output: 'o %toupper(proc.exe) %12proc.pid %evt.time %proc.exe',
        priority: 'Informational',
        source: 'syscall',
        tags: ['a', 'z'],
      },
    });
  });
  it('accept names accept4 too: old events of the latter go by its name', () => {
    const events = (condition: string): unknown =>
      (describeRules(load(ruleOf(condition))) as { rules: { details: { events: string[] } }[] })
        .rules[0]?.details.events;
    expect(events('evt.type = accept')).toEqual(['accept', 'accept4', 'asyncevent']);
    expect(events('evt.type = accept4')).toEqual(['accept4', 'asyncevent']);
    expect(events('evt.num = 0')).toEqual(['asyncevent']);
    expect(events('proc.name = x')).toHaveLength(194 + 272);
  });
  it('numbers, ports and addresses of the compiled condition stand as they were written', () => {
    const compiled = (condition: string): unknown =>
      (
        describeRules(load(ruleOf(`evt.type = open and ${condition}`))) as {
          rules: { details: { condition_compiled: string } }[];
        }
      ).rules[0]?.details.condition_compiled;
    for (const condition of [
      'fd.sport in (ssh, 8080)',
      'proc.pid = 007',
      'user.uid = -1',
      'fd.sip = 2001:DB8:0::1',
      'fd.net in (10.0.0.0/8, 192.168.1.7/16)',
      'evt.is_open_write = true',
    ])
      expect(compiled(condition)).toBe(`(evt.type = open and ${condition})`);
  });
  it('a list counts only where it stands in parentheses', () => {
    const lists = (condition: string): unknown =>
      (
        describeRules(load(['- list: l\n  items: [x]\n', ruleOf(condition)])) as {
          rules: { details: { lists: string[] } }[];
        }
      ).rules[0]?.details.lists;
    expect(lists('evt.type = open and proc.name in (l)')).toEqual(['l']);
    expect(lists('evt.type = open and not (proc.name in (a, l))')).toEqual(['l']);
    expect(lists('evt.type = open and proc.name = l')).toEqual([]);
    expect(lists('evt.type = open and proc.name in l')).toEqual([]);
  });
  it('list items that are lists move to details.lists', () => {
    const lists = '- list: a\n  items: [x]\n- list: b\n  items: [a, y]\n';
    expect(describeRules(load(lists)).lists).toMatchObject([
      {},
      { details: { items_compiled: ['x', 'y'], lists: ['a'] }, info: { items: ['y'] } },
    ]);
  });
});
