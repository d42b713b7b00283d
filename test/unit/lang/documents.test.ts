import { describe, expect, it } from '@jest/globals';
import { codesOf, errorsOf, falcoCodesOf, load, pointedAt, ruleOf, understood } from './loading.js';

const RULE =
  '- rule: R\n  desc: d\n  condition: evt.type = open\n  output: o\n  priority: NOTICE\n';
const info = (text: string, name = 'R') =>
  load(text).rules.find(({ item }) => item.name === name)?.item;

describe('falco-compat §1.1, documents and items', () => {
  it('file: several documents, each a list; null documents and items are skipped', () => {
    const result = load(`---\n${RULE}---\n---\n-\n- ~\n- list: l\n  items: []\n`);
    expect(result.rules).toHaveLength(1);
    expect(result.lists).toHaveLength(1);
    expect(errorsOf(result)).toEqual([]);
  });
  it('file: a mapping or a scalar at the top is LOAD_ERR_YAML_VALIDATE', () => {
    expect(falcoCodesOf(load('rule: R'))).toEqual(['LOAD_ERR_YAML_VALIDATE']);
    expect(falcoCodesOf(load('just text'))).toEqual(['LOAD_ERR_YAML_VALIDATE']);
    expect(falcoCodesOf(load('- text'))).toEqual(['LOAD_ERR_YAML_VALIDATE']);
    expect(load('').diagnostics).toEqual([]);
  });
  it('file: faulty YAML is LOAD_ERR_YAML_PARSE at its place', () => {
    const result = load('- rule: [R\n');
    expect(result.diagnostics[0]).toMatchObject({
      falco: 'LOAD_ERR_YAML_PARSE',
      line: expect.any(Number),
    });
    expect(result.ok).toBe(false);
  });
  it('item kind: the first of five keys decides, whatever the order they are written in', () => {
    const result = load('- rule: R\n  macro: m\n  condition: x.y exists\n');
    expect(result.rules).toEqual([]);
    expect(result.macros.map(({ item }) => item.name)).toEqual(['m']);
  });
  it('item kind: none of them is LOAD_UNKNOWN_ITEM, with a hint', () => {
    const result = load('- ruel: R\n');
    expect(result.diagnostics).toMatchObject([
      { falco: 'LOAD_UNKNOWN_ITEM', severity: 'warning', hint: 'did you mean "rule"?' },
    ]);
  });
  it('unknown keys are LOAD_UNKNOWN_KEY and the item still loads', () => {
    const text = `${RULE}  prioritee: x\n`;
    const result = load(text);
    expect(result.rules[0]?.rule).not.toBeNull();
    expect(result.diagnostics).toMatchObject([
      { falco: 'LOAD_UNKNOWN_KEY', hint: 'did you mean "priority"?', line: 6, column: 3 },
    ]);
    expect(pointedAt(text, result.diagnostics[0])).toBe('prioritee');
  });
  it('JSON schema: warnings only', () => {
    expect(load(`${RULE}  x: 1\n`).ok).toBe(true);
  });
  it('environment variables are not expanded', () => {
    expect(understood(load(ruleOf('evt.type = open and fd.name = ${HOME}')))).toContain('${HOME}');
  });

  it('required_engine_version: an integer N is 0.N.0, or three numbers', () => {
    expect(load('- required_engine_version: 57').requirements.engine).toEqual([0, 57, 0]);
    expect(load('- required_engine_version: 0.63.0').ok).toBe(true);
    expect(falcoCodesOf(load('- required_engine_version: 0.64.0'))).toEqual(['LOAD_ERR_VALIDATE']);
    expect(falcoCodesOf(load('- required_engine_version: 1.0.0'))).toEqual(['LOAD_ERR_VALIDATE']);
    expect(falcoCodesOf(load('- required_engine_version: "0.57"'))).toEqual([
      'LOAD_ERR_YAML_VALIDATE',
    ]);
    expect(
      load('- required_engine_version: 10\n- required_engine_version: 0.57.0').requirements.engine,
    ).toEqual([0, 57, 0]);
  });
  it('required_plugin_versions: the first alternative that is there decides', () => {
    const asked = (text: string): readonly string[] =>
      codesOf(load(`- required_plugin_versions:\n${text}`));
    expect(asked('    - {name: container, version: 0.4.0}')).toEqual([]);
    expect(asked('    - {name: container, version: 0.8.0}')).toEqual(['plugin-missing']);
    expect(asked('    - {name: json, version: 0.1.0}')).toEqual(['plugin-missing']);
    expect(
      asked(
        '    - {name: json, version: 0.1.0, alternatives: [{name: container, version: 0.7.0}]}',
      ),
    ).toEqual([]);
    expect(
      asked('    - {name: json, version: 0.1.0, alternatives: [{name: json, version: 0.7.0}]}'),
    ).toContain('duplicate-plugin');
    expect(asked('    - {name: json, version: x}')).toEqual(['bad-version']);
    expect(asked('    - {name: json}')).toEqual(['missing-key']);
  });
  it('list: a name that is no bare word is LOAD_INVALID_LIST_NAME', () => {
    expect(falcoCodesOf(load('- list: a b\n  items: []'))).toContain('LOAD_INVALID_LIST_NAME');
    expect(codesOf(load('- list: l\n  items: x'))).toEqual(['bad-shape']);
    expect(codesOf(load('- list: l\n  items: [[x]]'))).toEqual(['bad-shape']);
    expect(codesOf(load('- list: l'))).toEqual(['missing-key']);
  });
  it('macro: a name that is no identifier is LOAD_INVALID_MACRO_NAME; append joins with one blank', () => {
    expect(falcoCodesOf(load('- macro: a-b\n  condition: evt.num = 0'))).toContain(
      'LOAD_INVALID_MACRO_NAME',
    );
    const text =
      '- macro: m\n  condition: evt.type\n- macro: m\n  condition: = open\n  override: {condition: append}\n';
    expect(load(text).macros[0]?.text.text).toBe('evt.type = open');
  });
  it('rule: required keys, defaults, trimmed output', () => {
    expect(codesOf(load('- rule: R\n  desc: d\n'))).toEqual([
      'missing-key',
      'missing-key',
      'missing-key',
    ]);
    expect(codesOf(load('- rule: R\n'))).toEqual(['missing-key']);
    expect(codesOf(load(`${RULE.replace('desc: d', 'desc: ""')}`))).toEqual(['bad-shape']);
    expect(codesOf(load(`${RULE.replace('desc: d', 'desc:')}`))).toEqual(['missing-key']);
    expect(info(RULE.replace('output: o', 'output: "  o \\n"'))).toMatchObject({
      output: { text: 'o' },
      source: 'syscall',
      enabled: true,
      capture: false,
      captureDurationMs: 0,
      warnEvttypes: true,
      skipIfUnknownFilter: false,
      tags: [],
      action: 'alert',
    });
  });
  it('rule: every optional key', () => {
    const text = `${RULE}  enabled: no\n  capture: true\n  capture_duration: 500\n  warn_evttypes: false\n  skip-if-unknown-filter: true\n  tags: [a, b, a]\n`;
    expect(info(text)).toMatchObject({
      enabled: false,
      capture: true,
      captureDurationMs: 500,
      warnEvttypes: false,
      skipIfUnknownFilter: true,
      tags: ['a', 'b'],
    });
    expect(codesOf(load(`${RULE}  enabled: perhaps\n`))).toEqual(['bad-shape']);
  });
  it('rule: enabled alone toggles an earlier rule (deprecated)', () => {
    const result = load(`${RULE}- rule: R\n  enabled: false\n`);
    expect(result.rules[0]?.item.enabled).toBe(false);
    expect(falcoCodesOf(result)).toEqual(['LOAD_DEPRECATED_ITEM']);
    expect(codesOf(load('- rule: R\n  enabled: false\n'))).toContain('unknown-rule');
  });
  it('priority: eight words in any case, and Info', () => {
    for (const [word, priority] of [
      ['emergency', 'Emergency'],
      ['ALERT', 'Alert'],
      ['Critical', 'Critical'],
      ['error', 'Error'],
      ['WARNING', 'Warning'],
      ['notice', 'Notice'],
      ['INFO', 'Informational'],
      ['informational', 'Informational'],
      ['debug', 'Debug'],
    ]) {
      expect(info(RULE.replace('NOTICE', word!))?.priority).toBe(priority);
    }
    expect(load(RULE.replace('NOTICE', 'WARNIGN')).diagnostics).toMatchObject([
      { code: 'bad-priority', falco: 'LOAD_ERR_YAML_VALIDATE', hint: 'did you mean "Warning"?' },
    ]);
  });
  it('priority threshold: less severe rules compile, but do not run', () => {
    const result = load(RULE, { priority: 'Warning' });
    expect(result.ruleSet.rules).toEqual([]);
    expect(result.rules).toHaveLength(1);
    expect(load(RULE, { priority: 'Notice' }).ruleSet.rules).toHaveLength(1);
  });
  it('a duplicate key: the first counts, and it is said', () => {
    expect(codesOf(load(`${RULE}  desc: e\n`))).toEqual(['duplicate-key']);
  });
});

describe('our own keys', () => {
  it('action, mode and reply are typed', () => {
    expect(codesOf(load(`${RULE}  action: blokc\n`))).toEqual(['bad-action']);
    const judged = { checkAction: () => [] };
    expect(codesOf(load(`${RULE}  action: block\n  mode: x\n`, judged))).toEqual(['bad-mode']);
    expect(codesOf(load(`${RULE}  action: block\n  reply: x\n`, judged))).toEqual(['bad-reply']);
  });
  it('a faulty key does not hide what is wrong with the condition', () => {
    const rule = RULE.replace(/condition: .*/, 'condition: proc.nmae = x');
    expect([...codesOf(load(`${rule}  action: blokc\n`))].sort()).toEqual([
      'bad-action',
      'unknown-field',
    ]);
  });
  it('a key one edit away from one of them is an error, and the rule is not loaded', () => {
    for (const key of ['actoin', 'actions', 'Action', 'mod', 'replay']) {
      const result = load(`${RULE}  ${key}: block\n`);
      expect(codesOf(result)).toEqual(['misspelt-key']);
      expect(result.ruleSet.rules).toEqual([]);
    }
  });
  it('an action nobody can judge is an error, never an alert-only rule', () => {
    const result = load(`${RULE}  action: block\n`);
    expect(codesOf(result)).toEqual(['action-unsupported']);
    expect(result.ruleSet.rules).toEqual([]);
  });
  it('a judge accepts or refuses, with places in the condition', () => {
    const text = `${RULE}  action: block\n  mode: enforce\n`;
    const yes = load(text, { checkAction: () => [], priority: 'Emergency' });
    expect(yes.ruleSet.rules).toMatchObject([
      { action: { action: 'block', mode: 'enforce', reply: 'reject' } },
    ]);
    const no = load(text, {
      checkAction: (_rule, place) => [
        place.diagnostic({ code: 'x', message: 'm', span: { start: 11, end: 15 } }),
      ],
    });
    expect(pointedAt(text, no.diagnostics[0])).toBe('open');
    expect(no.ruleSet.rules).toEqual([]);
  });
  it('override may replace them', () => {
    const text = `${RULE}  action: block\n- rule: R\n  action: alert\n  override: {action: replace}\n`;
    expect(load(text).ok).toBe(true);
  });
  it('mode or reply without an action does nothing, and it is said', () => {
    expect(codesOf(load(`${RULE}  mode: enforce\n`))).toEqual(['key-without-action']);
  });
});
