import { expect } from '@jest/globals';
import { printCondition } from '../../../sensor/lang/index.js';
import { alertsOf, fires, items, loadTexts, ruleItem } from '../../support/judge.js';
import { testRows } from '../../support/reference-rows.js';

const PETS = { list: 'pets', items: ['cat', 'dog'] };
const errors = (texts: string | readonly string[], options = {}): readonly string[] =>
  loadTexts(texts, options).diagnostics.flatMap(({ severity, code }) =>
    severity === 'error' ? [code] : [],
  );
const with_ = (list: object, condition: string): string =>
  items(list, ruleItem(`evt.type = open and ${condition}`));
const hits = (text: string, event: Readonly<Record<string, unknown>>): boolean =>
  alertsOf(text, event).length > 0;
const ENDS = { 'fd.cip': '192.168.1.2', 'fd.cport': 51000, 'fd.sip': '8.8.8.8', 'fd.sport': 53 };
const pair = (comp: string, value: unknown): object =>
  ruleItem('evt.type = open', {
    exceptions: [
      {
        name: 'e',
        fields: ['proc.name', 'fd.directory'],
        comps: [comp, '='],
        values: [[value, '/srv']],
      },
    ],
  });

testRows('falco-formats §7', {
  'trap 1': () => expect(fires('fd.name != /srv/a')).toBe(false),
  'trap 2': () => {
    expect(fires('not fd.name = /srv/a')).toBe(true);
    expect(fires('not fd.name startswith /srv')).toBe(true);
    expect(fires('fd.name exists and not fd.name = /srv/a')).toBe(false);
  },
  'trap 3': () => {
    expect(errors(with_(PETS, 'proc.name = pets'))).toEqual(['syntax']);
    expect(
      hits(with_({ ...PETS, items: ['cat'] }, 'proc.name = pets'), { 'proc.name': 'cat' }),
    ).toBe(true);
  },
  'trap 4': () => {
    const here = with_(PETS, 'proc.args contains "my pets here"');
    expect(hits(here, { 'proc.args': 'my cat, dog here' })).toBe(true);
    expect(hits(here, { 'proc.args': 'my pets here' })).toBe(false);
    expect(hits(with_(PETS, 'proc.args contains "pets"'), { 'proc.args': 'pets' })).toBe(true);
    expect(hits(with_(PETS, 'proc.args contains mypets'), { 'proc.args': 'mypets' })).toBe(true);
  },
  'trap 5': () => {
    const nothing = { list: 'nothing', items: [] };
    const both = with_(nothing, 'proc.name in (vi, nothing)');
    expect([hits(both, { 'proc.name': 'vi' }), hits(both, { 'proc.name': 'nothing' })]).toEqual([
      true,
      false,
    ]);
    const alone = with_(nothing, 'proc.name in (nothing)');
    for (const name of ['', 'nothing']) expect(hits(alone, { 'proc.name': name })).toBe(false);
  },
  'trap 6': () => {
    const a = { macro: 'a', condition: 'b' };
    const b = { macro: 'b', condition: 'evt.type = open' };
    expect(errors(items(a, b, ruleItem('a')))).toEqual(['unknown-macro']);
    expect(errors(items(a, b, a, ruleItem('a')))).toEqual([]);
    const appended = { macro: 'a', condition: 'or b', append: true };
    expect(errors(items(a, b, appended, ruleItem('a')))).toEqual([]);
    expect(errors(items(ruleItem('b'), b))).toEqual([]);
    expect(errors([items(a, ruleItem('a')), items(b)])).toEqual(['unknown-macro']);
    const changed = [items({ ...b, condition: 'evt.type = creat' }, ruleItem('b')), items(b)];
    expect(alertsOf(changed, {})).toHaveLength(1);
  },
  'trap 7': () => {
    expect(fires('fd.net in (10.0.0.0/8, 192.168.0.0/16)', ENDS)).toBe(false);
    expect(fires('fd.lnet in (10.0.0.0/8, 192.168.0.0/16)', ENDS)).toBe(true);
    expect(fires('fd.net != 10.0.0.0/8', ENDS)).toBe(true);
  },
  'trap 8': () => {
    const served = { 'fd.cport': 51000, 'fd.sport': 443, 'fd.is_server': true };
    expect(fires('fd.port in (80, 443)', served)).toBe(true);
    expect(fires('fd.port != 443', served)).toBe(false);
    expect(fires('fd.port < 1024', served)).toBe(true);
    expect(fires('not fd.port in (80)', served)).toBe(true);
  },
  'trap 9': () => {
    const tools = { list: 'edit_tools', items: ['vi', 'ed'] };
    for (const value of [['vi', 'ed'], 'edit_tools', 'vi, ed']) {
      const text = items(tools, pair('in', value));
      const quiet = { 'proc.name': 'ed', 'fd.name': '/srv/x' };
      expect(hits(text, quiet)).toBe(false);
      expect(hits(text, { ...quiet, 'proc.name': 'cat' })).toBe(true);
      expect(hits(text, { ...quiet, 'fd.name': '/tmp/x' })).toBe(true);
    }
  },
  'trap 10': () => {
    expect(errors(items(pair('startswith', ['v', 'e'])))).toEqual(['syntax']);
    const anyof = items(pair('startswith anyof', ['v', 'e']));
    expect(hits(anyof, { 'proc.name': 'vi', 'fd.name': '/srv/x' })).toBe(false);
    expect(hits(anyof, { 'proc.name': 'vi' })).toBe(true);
  },
  'trap 11': () => {
    const base = ruleItem('evt.type = open or evt.type = creat');
    const append = {
      rule: 'R',
      condition: 'and proc.name = vi',
      override: { condition: 'append' },
    };
    expect(hits(items(base, append), { 'proc.name': 'cat' })).toBe(true);
    expect(hits(items(base, append), { 'evt.type': 'creat', 'proc.name': 'cat' })).toBe(false);
    const exceptions = [{ name: 'e', fields: 'user.name', values: ['root'] }];
    const { rules } = loadTexts(items({ ...base, exceptions }, append));
    expect(printCondition(rules[0]!.rule!.condition)).toBe(
      '((evt.type = open or (evt.type = creat and proc.name = vi)) and not user.name in (root))',
    );
  },
  'trap 12': () => {
    const first = ruleItem('evt.type = open', {
      enabled: false,
      exceptions: [{ name: 'e', fields: 'proc.name', values: ['vi'] }],
    });
    const text = items(
      first,
      { rule: 'R', condition: 'and proc.name = no', override: { condition: 'append' } },
      ruleItem('evt.type = open', { rule: 'S' }),
      ruleItem('evt.type = open'),
    );
    const alerts = alertsOf(text, { 'proc.name': 'vi' }, { matching: 'all' });
    expect(alerts.map(({ rule }) => rule)).toEqual(['R', 'S']);
  },
  'trap 13': () => {
    const rule = ruleItem('evt.type = open');
    const threshold = { priority: 'Warning' } as const;
    const broken = { rule: 'R', condition: 'and (', override: { condition: 'append' } };
    expect(errors(items(rule, broken), threshold)).toEqual(['syntax']);
    expect(loadTexts(items(rule), threshold).rules).toHaveLength(1);
    expect(alertsOf(items(rule), {}, threshold)).toEqual([]);
    const raised = { rule: 'R', priority: 'ERROR', override: { priority: 'replace' } };
    expect(alertsOf(items(rule, raised), {}, threshold)).toHaveLength(1);
  },
  'trap 14': () => {
    const broad = ruleItem('evt.type = open', { rule: 'A' });
    const narrow = ruleItem('evt.type = open and proc.name = vi', { rule: 'B' });
    const names = (texts: string | readonly string[], options = {}): readonly string[] =>
      alertsOf(texts, { 'proc.name': 'vi' }, options).map(({ rule }) => rule);
    expect(names(items(broad, narrow))).toEqual(['A']);
    expect(names(items({ ...broad, enabled: false }, narrow))).toEqual(['B']);
    expect(names([items(broad, narrow), items(broad)])).toEqual(['A']);
    const enabled = { selection: [{ operation: 'enable', rule: 'A' }] };
    expect(names(items({ ...broad, enabled: false }, narrow), enabled)).toEqual(['B']);
    expect(
      names(items({ ...broad, enabled: false }, narrow), { ...enabled, matching: 'all' }),
    ).toEqual(['B', 'A']);
  },
  'trap 15': () => {
    const event = { 'evt.arg.size': '1000', 'evt.rawarg.size': 1000 };
    expect(fires('evt.arg.size > 900', event)).toBe(false);
    expect(fires('evt.rawarg.size > 900', event)).toBe(true);
  },
  'trap 16': () => {
    const root = { 'evt.type': 'setuid', 'evt.arg.uid': 'root', 'evt.rawarg.uid': 0 };
    expect(fires('evt.arg.uid = 0', root)).toBe(false);
    expect(fires('evt.arg.uid = root', root)).toBe(true);
    expect(fires('evt.rawarg.uid = 0', root)).toBe(true);
    const unix = { 'evt.type': 'socket', 'evt.arg.domain': 'AF_LOCAL|AF_UNIX' };
    expect(fires('evt.arg.domain = AF_UNIX', unix)).toBe(false);
    expect(fires('evt.arg.domain contains AF_UNIX', unix)).toBe(true);
  },
  'trap 17': () => {
    const item = (text: string): string => with_({ list: 'l', items: [text] }, 'proc.name in (l)');
    expect(hits(item('my app'), { 'proc.name': 'my app' })).toBe(true);
    expect(hits(item('a,b'), { 'proc.name': 'b' })).toBe(true);
    expect([errors(item('a=b')), errors(item('f(x)'))]).toEqual([['syntax'], ['syntax']]);
    expect(hits(item('"f(x)"'), { 'proc.name': 'f(x)' })).toBe(true);
  },
  'trap 18': () => {
    expect(errors(items(ruleItem('evt.type = open and proc.name = "ends with\\\\"')))).toEqual([
      'syntax',
    ]);
    expect(fires('proc.name = "a\\ b"', { 'proc.name': 'a\\b' })).toBe(true);
  },
  'trap 19': () => {
    for (const condition of ['evt.type = syscall', 'syscall.type = opne']) {
      expect(errors(items(ruleItem(condition)))).toEqual([]);
      expect(fires(condition)).toBe(false);
    }
  },
});
