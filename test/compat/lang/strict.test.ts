import { describe, expect, it } from '@jest/globals';
import { alertsOf, fires, items, loadTexts, ruleItem } from '../../support/judge.js';

const strict = { compat: 'strict' } as const;
const codes = (texts: string | readonly string[]): readonly string[] =>
  loadTexts(texts).diagnostics.map(({ code }) => code);

/** What is a trap under Falco (falco-formats §7, falco-fields §3), is warned of there, and means what it seems to in strict mode. */
describe('--compat strict', () => {
  const ENDS = { 'fd.cip': '192.168.1.2', 'fd.cport': 51000, 'fd.sip': '8.8.8.8', 'fd.sport': 53 };

  it.each([
    ['trap 7', 'net-in-first-only', 'fd.net in (10.0.0.0/8, 192.168.0.0/16)', ENDS],
    [
      'trap 15',
      'text-comparison',
      'evt.arg.size > 900',
      { 'evt.arg.size': '1000', 'evt.rawarg.size': 1000 },
    ],
    [
      'trap 16, a user',
      'resolved-argument',
      'evt.arg.uid = 0',
      { 'evt.arg.uid': 'root', 'evt.rawarg.uid': 0 },
    ],
    [
      'trap 16, a domain',
      'shared-name',
      'evt.arg.domain = AF_UNIX',
      { 'evt.arg.domain': 'AF_LOCAL|AF_UNIX' },
    ],
    ['trap 19', 'event-never-delivered', 'evt.type in (pread64)', { 'evt.type': 'pread' }],
  ])('%s: %s', (_, code, condition, event) => {
    expect(codes(items(ruleItem(condition, { warn_evttypes: false })))).toContain(code);
    expect(fires(condition, event)).toBe(false);
    expect(fires(condition, event, strict)).toBe(true);
  });

  it('proc.aname != x: every ancestor differs, not any', () => {
    const chain = { 'proc.aname': ['bash', 'sshd'] };
    expect(codes(items(ruleItem('evt.type = open and proc.aname != sshd')))).toContain(
      'any-ancestor-differs',
    );
    expect(fires('proc.aname != sshd', chain)).toBe(true);
    expect(fires('proc.aname != sshd', chain, strict)).toBe(false);
    expect(fires('proc.aname != vi', chain, strict)).toBe(true);
    expect(fires('proc.aname != vi', { 'proc.aname': [] }, strict)).toBe(false);
  });

  it('trap 4: quotes protect the name of a list', () => {
    const text = items(
      { list: 'pets', items: ['cat', 'dog'] },
      ruleItem('evt.type = open and proc.args contains "my pets here"'),
    );
    expect(codes(text)).toEqual(['list-in-quotes']);
    expect(alertsOf(text, { 'proc.args': 'my pets here' })).toHaveLength(0);
    expect(alertsOf(text, { 'proc.args': 'my pets here' }, strict)).toHaveLength(1);
  });

  it('trap 6: macros and files know no order', () => {
    const a = { macro: 'a', condition: 'b' };
    const b = { macro: 'b', condition: 'evt.type = open' };
    for (const texts of [[items(a, b, ruleItem('a'))], [items(a, ruleItem('a')), items(b)]]) {
      expect(codes(texts)).toContain('unknown-macro');
      expect(alertsOf(texts, {}, strict)).toHaveLength(1);
    }
  });

  it('lists expand at every level', () => {
    const nested = [
      { list: 'a', items: ['vi'] },
      { list: 'b', items: ['a'] },
      { list: 'c', items: ['b'] },
      ruleItem('evt.type = open and proc.name in (c)'),
    ];
    expect(alertsOf(items(...nested), { 'proc.name': 'vi' }, strict)).toHaveLength(1);
  });

  it('trap 11: an appended condition joins as a group', () => {
    const text = items(ruleItem('evt.type = open or evt.type = creat'), {
      rule: 'R',
      condition: 'and proc.name = vi',
      override: { condition: 'append' },
    });
    expect(codes(text)).toContain('append-precedence');
    expect(alertsOf(text, { 'proc.name': 'cat' })).toHaveLength(1);
    expect(alertsOf(text, { 'proc.name': 'cat' }, strict)).toHaveLength(0);
  });

  it('trap 12: what a redefinition loses is said', () => {
    const disabled = ruleItem('evt.type = open', { enabled: false });
    expect(codes(items(disabled, ruleItem('evt.type = open')))).toEqual(['rule-redefined']);
    expect(codes([items(disabled), items(disabled)])).toEqual([]);
  });

  it('trap 14: every rule that matches tells of the event, in the order of definition', () => {
    const text = items(
      ruleItem('evt.type = open', { rule: 'A', enabled: false }),
      ruleItem('evt.type = open and proc.name = vi', { rule: 'B' }),
    );
    const selection = [{ operation: 'enable', rule: 'A' }] as const;
    const names = (options: object): readonly string[] =>
      alertsOf(text, { 'proc.name': 'vi' }, { selection, ...options }).map(({ rule }) => rule);
    expect(names({})).toEqual(['B']);
    expect(names(strict)).toEqual(['A', 'B']);
  });

  it('trap 17: an item is one value, whatever stands in it', () => {
    for (const item of ['a,b', 'a=b', 'f(x)', 'a"b', 'a\\b', 'my app']) {
      const text = items(
        { list: 'l', items: [item] },
        ruleItem('evt.type = open and proc.name in (l)'),
      );
      expect(alertsOf(text, { 'proc.name': item }, strict)).toHaveLength(1);
    }
    const comma = items(
      { list: 'l', items: ['a,b'] },
      ruleItem('evt.type = open and proc.name in (l)'),
    );
    expect(codes(comma)).toEqual(['list-item-splits']);
  });

  it('trap 19: what no event is called is refused', () => {
    for (const condition of ['evt.type = syscall', 'syscall.type = opne']) {
      expect(loadTexts(items(ruleItem(condition))).ok).toBe(true);
      expect(loadTexts(items(ruleItem(condition)), strict).ok).toBe(false);
    }
  });
});
