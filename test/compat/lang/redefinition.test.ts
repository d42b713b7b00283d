import { expect } from '@jest/globals';
import { alertsOf, items, loadTexts, ruleItem } from '../../support/judge.js';
import { testRows } from '../../support/reference-rows.js';

const codes = (...all: readonly object[]): readonly (string | null)[] =>
  loadTexts(items(...all))
    .diagnostics.filter(({ severity }) => severity === 'error')
    .map(({ falco }) => falco);
const names = (...all: readonly object[]): readonly string[] =>
  alertsOf(items(...all), { 'proc.name': 'vi' }, { matching: 'all' }).map(({ rule }) => rule);
const OPEN = ruleItem('evt.type = open');
const only = (condition: string, key: object = {}): object => ({ rule: 'R', condition, ...key });

testRows('§1.2', {
  'same name again, no append/override': () => {
    const other = ruleItem('evt.type = open', { rule: 'S' });
    expect(names(ruleItem('evt.type = creat'), other, OPEN)).toEqual(['R', 'S']);
    expect(names(OPEN, other, ruleItem('evt.type = creat'))).toEqual(['S']);
  },
  'append: true': () => {
    const appended = only('and proc.name = cat', { append: true });
    expect(names(OPEN, appended)).toEqual([]);
    expect(loadTexts(items(OPEN, appended)).diagnostics.map(({ falco }) => falco)).toEqual([
      'LOAD_DEPRECATED_ITEM',
    ]);
    expect(codes(OPEN, { ...appended, override: { condition: 'append' } })).toEqual([
      'LOAD_ERR_YAML_VALIDATE',
    ]);
  },
  override: () => {
    expect(names(OPEN, only('and proc.name = cat', { override: { condition: 'append' } }))).toEqual(
      [],
    );
    expect(names(OPEN, only('evt.type = creat', { override: { condition: 'replace' } }))).toEqual(
      [],
    );
    const noEntry = only('evt.type = creat', { output: 'o', override: { condition: 'replace' } });
    expect(codes(OPEN, noEntry)).toEqual(['LOAD_ERR_YAML_VALIDATE']);
    expect(codes(OPEN, { rule: 'R', override: { condition: 'replace' } })).toEqual([
      'LOAD_ERR_YAML_VALIDATE',
    ]);
    expect(codes(OPEN, only('x', { override: { condition: 'prepend' } }))).toEqual([
      'LOAD_ERR_YAML_VALIDATE',
    ]);
  },
  'appendable rule keys': () => {
    const given = {
      condition: 'and evt.type = open',
      output: 'more',
      desc: 'more',
      tags: ['t'],
      exceptions: [{ name: 'e', fields: 'proc.name', values: ['cat'] }],
    };
    const override = Object.fromEntries(Object.keys(given).map((key) => [key, 'append']));
    const result = loadTexts(items(OPEN, { rule: 'R', ...given, override }));
    expect(result.ok).toBe(true);
    expect(result.rules[0]?.item).toMatchObject({ description: 'd more', tags: ['t'] });
    expect(result.rules[0]?.output).toBe('o more');
    for (const key of ['priority', 'enabled', 'capture', 'warn_evttypes']) {
      const value = key === 'priority' ? 'ERROR' : true;
      expect(codes(OPEN, { rule: 'R', [key]: value, override: { [key]: 'append' } })).toEqual([
        'LOAD_ERR_YAML_VALIDATE',
      ]);
    }
  },
  'replaceable rule keys': () => {
    const given = {
      condition: 'evt.type = creat',
      output: 'p',
      desc: 'e',
      tags: ['t'],
      exceptions: [],
      priority: 'ERROR',
      capture: true,
      capture_duration: 7,
      enabled: false,
      warn_evttypes: false,
      'skip-if-unknown-filter': true,
    };
    const override = Object.fromEntries(Object.keys(given).map((key) => [key, 'replace']));
    const result = loadTexts(items(OPEN, { rule: 'R', ...given, override }));
    expect(result.ok).toBe(true);
    expect(result.rules[0]?.item).toMatchObject({
      description: 'e',
      tags: ['t'],
      priority: 'Error',
      capture: true,
      captureDurationMs: 7,
      enabled: false,
      warnEvttypes: false,
      skipIfUnknownFilter: true,
    });
  },
  'exceptions append': () => {
    const base = { ...OPEN, exceptions: [{ name: 'e', fields: 'proc.name', values: ['cat'] }] };
    const append = (exception: object): object => ({
      rule: 'R',
      exceptions: [exception],
      override: { exceptions: 'append' },
    });
    expect(names(base, append({ name: 'e', values: ['vi'] }))).toEqual([]);
    expect(codes(base, append({ name: 'e', fields: 'proc.name', values: ['vi'] }))).toEqual([
      'LOAD_ERR_VALIDATE',
    ]);
    expect(codes(base, append({ name: 'e', comps: 'in', values: ['vi'] }))).toEqual([
      'LOAD_ERR_VALIDATE',
    ]);
    expect(names(base, append({ name: 'f', fields: 'proc.name', values: ['vi'] }))).toEqual([]);
    expect(codes(base, append({ name: 'f', values: ['vi'] }))).toEqual(['LOAD_ERR_VALIDATE']);
    expect(codes(base, append({ name: 'f', fields: 'proc.name' }))).toEqual(['LOAD_ERR_VALIDATE']);
  },
  'append/override of a missing item': () => {
    for (const item of [
      only('x', { append: true }),
      only('x', { override: { condition: 'replace' } }),
      { rule: 'R', enabled: true },
      { macro: 'm', condition: 'x', append: true },
      { macro: 'm', condition: 'x', override: { condition: 'append' } },
      { list: 'l', items: [], append: true },
      { list: 'l', items: [], override: { items: 'append' } },
    ]) {
      expect(codes(item)).toEqual(['LOAD_ERR_VALIDATE']);
    }
    // A list or macro replaced whole is a definition like any other.
    const macro = { macro: 'm', condition: 'evt.type = open', override: { condition: 'replace' } };
    const list = { list: 'l', items: ['open'], override: { items: 'replace' } };
    expect(codes(macro, { ...OPEN, condition: 'm' })).toEqual([]);
    expect(codes(list, { ...OPEN, condition: 'evt.type in (l)' })).toEqual([]);
    const found = loadTexts(items(macro, list)).diagnostics.map(({ code }) => code);
    expect(found.filter((code) => code === 'nothing-to-replace')).toHaveLength(2);
  },
  'redefining with a different explicit source': () => {
    expect(codes(OPEN, { ...OPEN, source: 'k8s_audit' })).toEqual(['LOAD_ERR_VALIDATE']);
    expect(codes(OPEN, { ...OPEN, source: 'syscall' })).toEqual([]);
  },
  'unknown source': () => {
    const result = loadTexts(items(ruleItem('ka.verb = get', { source: 'k8s_audit' })));
    expect(result.diagnostics.map(({ falco }) => falco)).toEqual(['LOAD_UNKNOWN_SOURCE']);
    expect([result.ok, result.ruleSet.rules.length]).toEqual([true, 0]);
  },
});
