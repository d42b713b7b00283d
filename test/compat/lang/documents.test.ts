import { expect } from '@jest/globals';
import { falcoLoadResults } from '../../../sensor/lang/index.js';
import type { LoadOptions } from '../../../sensor/lang/index.js';
import { alertsOf, items, loadTexts, ruleItem } from '../../support/judge.js';
import { testRows } from '../../support/reference-rows.js';

const falco = (text: string | readonly string[], options: LoadOptions = {}) =>
  falcoLoadResults(loadTexts(text, options)).falco_load_results;
const errors = (text: string): readonly string[] =>
  falco(text).flatMap((file) => file.errors.map(({ code }) => code));
const warnings = (text: string): readonly string[] =>
  falco(text).flatMap((file) => file.warnings.map(({ code }) => code));
const OPEN = ruleItem('evt.type = open');
const opens = (...all: readonly object[]): number => alertsOf(items(...all), {}).length;

testRows('§1.1', {
  file: () => {
    expect(errors('rule: x')).toEqual(['LOAD_ERR_YAML_VALIDATE']);
    expect(errors('plain text')).toEqual(['LOAD_ERR_YAML_VALIDATE']);
    expect(errors('- x')).toEqual(['LOAD_ERR_YAML_VALIDATE']);
    const documents = `---\n${items(OPEN)}\n---\n---\n- null\n- ${JSON.stringify({ list: 'l', items: [] })}\n`;
    expect(errors(documents)).toEqual([]);
    expect(loadTexts(documents).lists).toHaveLength(1);
    expect(errors(items({ macro: 'm' }, { list: 'l' }))).toHaveLength(1);
  },
  'item kind': () => {
    const both = items({ rule: 'r', macro: 'm', condition: 'evt.type = open' });
    expect(loadTexts(both).macros).toHaveLength(1);
    expect(loadTexts(items({ list: 'l', items: [], macro: 'm' })).lists).toHaveLength(1);
    expect(warnings(items({ lists: 'l', items: [] }))).toEqual(['LOAD_UNKNOWN_ITEM']);
  },
  'unknown keys': () => {
    const text = items({ ...OPEN, colour: 'red', size: 1 });
    expect(warnings(text)).toEqual(['LOAD_UNKNOWN_KEY', 'LOAD_UNKNOWN_KEY']);
    expect(alertsOf(text, {})).toHaveLength(1);
  },
  'JSON schema': () => {
    const schemaOf = (item: object): readonly [boolean | undefined, number | undefined] => {
      const [file] = falco(items(item));
      return [file?.schema_valid, file?.schema_warnings?.length];
    };
    expect(schemaOf(OPEN)).toEqual([true, 0]);
    expect(schemaOf({ ...OPEN, colour: 'red' })).toEqual([false, 1]);
    expect(schemaOf({ ...OPEN, priority: 'notice' })).toEqual([false, 1]);
    expect(schemaOf({ ...OPEN, exceptions: [{ fields: 'proc.name' }] })).toEqual([false, 1]);
    expect(schemaOf({ rule: 'R', override: {} })[0]).toBe(false);
    expect(falco(items({ ...OPEN, priority: 'notice' }))[0]?.successful).toBe(true);
  },
  'environment variables': () => {
    process.env['SAKER_ROW_TEST'] = 'vi';
    const text = items(ruleItem('evt.type = open and proc.name = "${SAKER_ROW_TEST}"'));
    expect(alertsOf(text, { 'proc.name': 'vi' })).toHaveLength(0);
    expect(alertsOf(text, { 'proc.name': '${SAKER_ROW_TEST}' })).toHaveLength(1);
  },
  required_engine_version: () => {
    const of = (version: unknown): readonly string[] =>
      errors(items({ required_engine_version: version }));
    expect([of(63), of('0.63.0'), of('0.10.5'), of('0.57.0-rc1')]).toEqual([[], [], [], []]);
    expect([of(64), of('0.63.1'), of('1.0.0')]).toEqual([
      ['LOAD_ERR_VALIDATE'],
      ['LOAD_ERR_VALIDATE'],
      ['LOAD_ERR_VALIDATE'],
    ]);
    expect([of('0.57'), of('new')]).toEqual([
      ['LOAD_ERR_YAML_VALIDATE'],
      ['LOAD_ERR_YAML_VALIDATE'],
    ]);
  },
  required_plugin_versions: () => {
    const ok = (...needs: readonly object[]): boolean =>
      loadTexts(items({ required_plugin_versions: needs }, OPEN)).ok;
    expect(ok({ name: 'container', version: '0.4.0' })).toBe(true);
    expect(ok({ name: 'container', version: '0.7.2' })).toBe(false);
    expect(ok({ name: 'container', version: '1.0.0' })).toBe(false);
    expect(ok({ name: 'cloudtrail', version: '0.1.0' })).toBe(false);
    const container = { name: 'container', version: '0.1.0' };
    expect(ok({ name: 'other', version: '0.1.0', alternatives: [container] })).toBe(true);
    const twice = items({
      required_plugin_versions: [{ ...container, alternatives: [container] }],
    });
    expect(errors(twice)).toEqual(['LOAD_ERR_VALIDATE']);
    expect(errors(items({ required_plugin_versions: [{ name: 'container' }] }))).toEqual([
      'LOAD_ERR_YAML_VALIDATE',
    ]);
  },
  list: () => {
    const rule = ruleItem('evt.type in (l)');
    expect(opens({ list: 'l', items: ['open'] }, rule)).toBe(1);
    const base = { list: 'l', items: ['creat'] };
    expect(opens(base, { list: 'l', items: ['open'], override: { items: 'append' } }, rule)).toBe(
      1,
    );
    expect(opens(base, { list: 'l', items: ['open'], override: { items: 'replace' } }, rule)).toBe(
      1,
    );
    expect(opens(base, { list: 'l', items: ['open'], append: true }, rule)).toBe(1);
    expect(warnings(items({ list: 'two words', items: [] }))).toContain('LOAD_INVALID_LIST_NAME');
  },
  macro: () => {
    const rule = ruleItem('m');
    const base = { macro: 'm', condition: 'evt.type = creat' };
    expect(opens({ ...base, condition: 'evt.type = open' }, rule)).toBe(1);
    const more = { macro: 'm', condition: 'or evt.type = open' };
    expect(opens(base, { ...more, override: { condition: 'append' } }, rule)).toBe(1);
    expect(opens(base, { ...more, append: true }, rule)).toBe(1);
    const joined = { macro: 'm', condition: 'evt.type =' };
    expect(opens(joined, { macro: 'm', condition: 'open', append: true }, rule)).toBe(1);
    expect(warnings(items({ ...base, macro: 'a-b' }))).toContain('LOAD_INVALID_MACRO_NAME');
  },
  rule: () => {
    for (const key of ['condition', 'output', 'desc', 'priority']) {
      expect(errors(items({ ...OPEN, [key]: undefined }))).toEqual(['LOAD_ERR_YAML_VALIDATE']);
    }
    const [rule] = loadTexts(items(OPEN)).rules;
    expect(rule?.item).toMatchObject({
      source: 'syscall',
      enabled: true,
      capture: false,
      captureDurationMs: 0,
      warnEvttypes: true,
      skipIfUnknownFilter: false,
      tags: [],
    });
    expect(alertsOf(items({ ...OPEN, output: '  o\n' }), {})[0]?.message).toBe('o');
    expect(loadTexts(items({ ...OPEN, tags: ['a', 'b', 'a'] })).rules[0]?.item.tags).toHaveLength(
      2,
    );
    expect(opens(OPEN, { rule: 'R', enabled: false })).toBe(0);
    expect(errors(items({ rule: 'R' }))).toEqual(['LOAD_ERR_YAML_VALIDATE']);
  },
  'most→least severe': () => {
    const words = 'Emergency Alert Critical Error Warning Notice Informational Debug'.split(' ');
    const runs = (word: string, threshold: string): boolean =>
      loadTexts(items({ ...OPEN, priority: word }), { priority: threshold as never }).ruleSet.rules
        .length > 0;
    words.forEach((word, i) => {
      expect(runs(word.toLowerCase(), word)).toBe(true);
      expect(runs(word.toUpperCase(), words[i - 1] ?? word)).toBe(i === 0);
    });
    expect(runs('info', 'Informational')).toBe(true);
    expect(errors(items({ ...OPEN, priority: 'fatal' }))).toEqual(['LOAD_ERR_YAML_VALIDATE']);
  },
  threshold: () => {
    const append = {
      rule: 'R',
      condition: 'and proc.name = vi',
      override: { condition: 'append' },
    };
    const result = loadTexts(items(OPEN, append), { priority: 'Warning' });
    expect([result.ok, result.ruleSet.rules.length]).toEqual([true, 0]);
  },
});
