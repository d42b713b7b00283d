import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { expect } from '@jest/globals';
import { readRuleFiles } from '../../../sensor/app/rule-files.js';
import { falcoLoadResults, printCondition } from '../../../sensor/lang/index.js';
import type { LoadOptions } from '../../../sensor/lang/index.js';
import { alertsOf, items, loadTexts, ruleItem } from '../../support/judge.js';
import { testRows } from '../../support/reference-rows.js';

const errors = (texts: string | readonly string[]): readonly string[] =>
  loadTexts(texts)
    .diagnostics.filter(({ severity }) => severity === 'error')
    .map(({ message }) => message);
const compiled = (...all: readonly object[]): string => {
  const { rules, diagnostics } = loadTexts(items(...all));
  const rule = rules[0]?.rule;
  return rule == null
    ? diagnostics.map(({ code }) => code).join(' ')
    : printCondition(rule.condition);
};
const names = (texts: string | readonly string[], options: LoadOptions = {}): readonly string[] =>
  alertsOf(texts, {}, options).map(({ rule }) => rule);
const list = (name: string, ...all: readonly string[]): object => ({ list: name, items: all });
const macro = (name: string, condition: string, more: object = {}): object => ({
  macro: name,
  condition,
  ...more,
});
const inList = (name: string): object => ruleItem(`evt.type = open and proc.name in (${name})`);

testRows('§1.4', {
  'file order': () => {
    const folder = mkdtempSync(join(tmpdir(), 'saker-order-'));
    try {
      for (const name of ['b.yaml', 'a.yml', 'c.txt', 'c.yaml'])
        writeFileSync(join(folder, name), '');
      expect(readRuleFiles([folder]).map(({ name }) => basename(name))).toEqual([
        'a.yml',
        'b.yaml',
        'c.yaml',
      ]);
      const [b, a] = [join(folder, 'b.yaml'), join(folder, 'a.yml')];
      expect(readRuleFiles([b, a]).map(({ name }) => name)).toEqual([b, a]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
  compile: () => {
    const files = [items(ruleItem('m')), items(macro('m', 'evt.type = open'))];
    expect(errors(files)).toEqual(['unknown macro "m"']);
    const [first, second] = falcoLoadResults(loadTexts(files)).falco_load_results;
    expect([first?.successful, second?.successful]).toEqual([false, true]);
    expect(errors([files[1]!, files[0]!])).toEqual([]);
  },
  'rules → macros': () => {
    const rule = ruleItem('m');
    expect(names(items(rule, macro('m', 'evt.type = open')))).toEqual(['R']);
    const early = items(macro('m', 'evt.type = creat'), rule);
    expect(names([early, items(macro('m', 'evt.type = open'))])).toEqual(['R']);
  },
  'macro → macro': () => {
    const a = macro('a', 'b');
    const b = macro('b', 'evt.type = open');
    expect(errors(items(b, a, ruleItem('a')))).toEqual([]);
    expect(errors(items(a, b, ruleItem('a')))).toHaveLength(1);
    expect(errors(items(a, b, a, ruleItem('a')))).toEqual([]);
    const more = macro('a', 'or evt.type = creat', { override: { condition: 'append' } });
    expect(errors(items(a, b, more, ruleItem('a')))).toEqual([]);
  },
  'list → list': () => {
    const chain = [list('a', 'x'), list('b', 'a', 'y'), list('c', 'b', 'z')];
    expect(compiled(...chain, inList('b'))).toContain('in (x, y)');
    // One level: `a` stands inside `c` as a word.
    expect(loadTexts(items(...chain)).lists[2]?.items.map(({ text }) => text)).toEqual([
      'a',
      'y',
      'z',
    ]);
    expect(compiled(list('b', 'a', 'y'), list('a', 'x'), inList('b'))).toContain('in (x, y)');
    expect(loadTexts(items(list('b', 'a'), list('a', 'x'))).lists[0]?.items[0]?.text).toBe('a');
  },
  'list → condition': () => {
    const l = list('l', 'x', 'y');
    for (const text of ['(l)', '( l )', '(l,z)', '(z, l)']) {
      expect(compiled(l, ruleItem(`evt.type = open and proc.name in ${text}`))).toContain('x, y');
    }
    expect(compiled(list('one', 'x'), ruleItem('evt.type = open and proc.name=one'))).toContain(
      'proc.name = x',
    );
    for (const word of ['la', 'al', 'l.a', '/l']) {
      expect(compiled(l, inList(word))).toContain(`in (${word})`);
    }
    expect(compiled(list('l', 'my app'), inList('l'))).toContain('in ("my app")');
    expect(compiled(list('l'), inList('a, l'))).toContain('in (a)');
    expect(compiled(list('l'), inList('l, a'))).toContain('in (a)');
    expect(compiled(inList('l'), list('l', 'late'))).toContain('in (late)');
  },
  consequence: () => {
    expect(compiled(list('cat', 'dog'), ruleItem('evt.type = open and proc.name = cat'))).toContain(
      'proc.name = dog',
    );
    // `b` is put in before `a` is looked for: order decides.
    expect(compiled(list('b', 'a'), list('a', 'x'), inList('b'))).toContain('in (x)');
  },
  'macro loops': () => {
    const loop = items(
      macro('a', 'evt.type = open'),
      macro('b', 'a'),
      macro('a', 'b'),
      ruleItem('a'),
    );
    const [file] = falcoLoadResults(loadTexts(loop)).falco_load_results;
    expect(file?.errors[0]?.code).toBe('LOAD_ERR_VALIDATE');
    expect(file?.errors[0]?.message).toContain('reference loop in macro');
  },
  selection: () => {
    const text = items(
      ruleItem('evt.type = open', { rule: 'Shell A', tags: ['x'] }),
      ruleItem('evt.type = open', { rule: 'Shell B', enabled: false }),
      ruleItem('evt.type = open', { rule: 'Other' }),
    );
    const run = (...selection: NonNullable<LoadOptions['selection']>): readonly string[] =>
      names(text, { selection, matching: 'all' });
    expect(run({ operation: 'disable', rule: 'Shell*' })).toEqual(['Other']);
    expect(run({ operation: 'disable', tag: 'x' })).toEqual(['Other']);
    expect(run({ operation: 'enable', rule: 'Shell B' })).toEqual(['Shell A', 'Other', 'Shell B']);
    expect(run({ operation: 'disable', rule: '*' }, { operation: 'enable', tag: 'x' })).toEqual([
      'Shell A',
    ]);
    expect(run({ operation: 'enable', tag: 'x' }, { operation: 'disable', rule: '*' })).toEqual([]);
  },
  matching: () => {
    const text = items(
      ruleItem('evt.type = open', { rule: 'A' }),
      ruleItem('evt.type in (open, creat)', { rule: 'B' }),
    );
    expect(names(text)).toEqual(['A']);
    expect(names(text, { matching: 'all' })).toEqual(['A', 'B']);
    expect(alertsOf(text, { 'evt.type': 'creat' }).map(({ rule }) => rule)).toEqual(['B']);
  },
});
