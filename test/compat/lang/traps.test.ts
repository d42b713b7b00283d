import { describe, expect, it } from '@jest/globals';
import {
  codesOf,
  errorsOf,
  falcoCodesOf,
  load,
  ruleOf,
  understood,
} from '../../unit/lang/loading.js';

const items = (...all: readonly object[]): string => JSON.stringify(all);
const rule = (condition: string, more = {}): object =>
  (JSON.parse(ruleOf(condition, more)) as object[])[0]!;
const pets = { list: 'pets', items: ['cat', 'dog'] };

/** Those that show at load; the others are evaluated by the engine's tests. */
describe('falco-formats §7, worked traps', () => {
  it('3: a list as a right-hand scalar is a syntax error, with one item it is that item', () => {
    expect(codesOf(load(items(pets, rule('proc.name = pets'))))).toContain('syntax');
    expect(
      understood(
        load(items({ ...pets, items: ['cat'] }, rule('evt.type = open and proc.name = pets'))),
      ),
    ).toContain('proc.name = cat');
  });
  it('4: quotes do not protect a list name between blanks', () => {
    const put = (condition: string): string =>
      understood(load(items(pets, rule(`evt.type = open and ${condition}`))));
    expect(put('proc.args contains "my pets here"')).toContain('contains "my cat, dog here"');
    expect(put('proc.args contains "pets"')).toContain('contains pets');
    expect(put('proc.args contains mypets')).toContain('contains mypets');
  });
  it('5: an empty list takes its comma with it; alone it leaves an empty list', () => {
    const nothing = { list: 'nothing', items: [] };
    expect(
      understood(load(items(nothing, rule('evt.type = open and proc.name in (vi, nothing)')))),
    ).toContain('in (vi)');
    const alone = load(items(nothing, rule('evt.type = open and proc.name in (nothing)')));
    expect(errorsOf(alone)).toEqual([]);
    expect(understood(alone)).toContain('in ()');
  });
  it('6: a macro may not use one first defined later, a rule may; a later file changes rules of an earlier one', () => {
    const a = { macro: 'a', condition: 'b' };
    const b = { macro: 'b', condition: 'evt.type = open' };
    expect(codesOf(load(items(a, b, rule('a'))))).toContain('unknown-macro');
    expect(
      errorsOf(
        load(
          items(
            a,
            b,
            { ...a, condition: 'or evt.type = creat', override: { condition: 'append' } },
            rule('a'),
          ),
        ),
      ),
    ).toEqual([]);
    expect(errorsOf(load(items(rule('b'), b)))).toEqual([]);
    expect(codesOf(load([items(a, rule('a')), items(b)]))).toContain('unknown-macro');
    const changed = load([items(b, rule('b')), items({ ...b, condition: 'evt.type = creat' })]);
    expect(understood(changed)).toBe('evt.type = creat');
  });
  it('7: fd.net in (…) keeps the first network only', () => {
    const result = load(ruleOf('evt.type = connect and fd.net in (10.0.0.0/8, 192.168.0.0/16)'));
    expect(understood(result)).toContain('fd.net in (10.0.0.0/8)');
    expect(codesOf(result)).toEqual(['net-in-first-only']);
  });
  it('9: exceptions with a list value, a list name and two items in one scalar', () => {
    const exceptions = (value: unknown) => [
      {
        name: 'e',
        fields: ['proc.name', 'fd.directory'],
        comps: ['in', '='],
        values: [[value, '/srv']],
      },
    ];
    const tools = { list: 'edit_tools', items: ['vi', 'ed'] };
    for (const value of [['vi', 'ed'], 'edit_tools', 'vi, ed']) {
      const result = load(items(tools, rule('evt.type = open', { exceptions: exceptions(value) })));
      expect(understood(result)).toBe(
        '(evt.type = open and not (proc.name in (vi, ed) and fd.directory = /srv))',
      );
    }
  });
  it('10: a list value under startswith is a syntax error, under startswith anyof it is not', () => {
    const exceptions = (comp: string) => [
      {
        name: 'e',
        fields: ['fd.name', 'proc.name'],
        comps: [comp, '='],
        values: [[['/a', '/b'], 'vi']],
      },
    ];
    expect(
      codesOf(load(ruleOf('evt.type = open', { exceptions: exceptions('startswith') }))),
    ).toContain('syntax');
    expect(
      errorsOf(load(ruleOf('evt.type = open', { exceptions: exceptions('startswith anyof') }))),
    ).toEqual([]);
  });
  it('11: an appended condition is joined as text; with exceptions the whole is parenthesised first', () => {
    const base = rule('evt.type = open or evt.type = creat');
    const append = {
      rule: 'R',
      condition: 'and proc.name = vi',
      override: { condition: 'append' },
    };
    expect(understood(load(items(base, append)))).toBe(
      '(evt.type = open or (evt.type = creat and proc.name = vi))',
    );
    const exceptions = [{ name: 'e', fields: 'user.name', values: ['root'] }];
    expect(understood(load(items({ ...base, exceptions }, append)))).toBe(
      '((evt.type = open or (evt.type = creat and proc.name = vi)) and not user.name in (root))',
    );
  });
  it('12: a full redefinition forgets appends, exceptions and enabled: false, and keeps its place', () => {
    const first = rule('evt.type = open', {
      enabled: false,
      exceptions: [{ name: 'e', fields: 'proc.name', values: ['vi'] }],
    });
    const result = load(
      items(first, rule('evt.type = creat', { rule: 'S' }), rule('evt.type = unlink')),
    );
    expect(result.ruleSet.rules.map(({ name }) => name)).toEqual(['R', 'S']);
    expect(understood(result)).toBe('evt.type = unlink');
  });
  it('13: a rule below the threshold is compiled, so it can still fail; a higher priority makes it run', () => {
    const broken = { rule: 'R', condition: 'and (', override: { condition: 'append' } };
    expect(load(items(rule('evt.type = open'), broken), { priority: 'Warning' }).ok).toBe(false);
    const raised = { rule: 'R', priority: 'ERROR', override: { priority: 'replace' } };
    expect(
      load(items(rule('evt.type = open'), raised), { priority: 'Warning' }).ruleSet.rules,
    ).toHaveLength(1);
  });
  it('14: order is that of definition; a rule enabled by selection comes last', () => {
    const a = rule('evt.type = open', { rule: 'A' });
    const b = rule('evt.type = open and proc.name = vi', { rule: 'B' });
    const order = (
      texts: readonly string[],
      selection: Parameters<typeof load>[1] = {},
    ): readonly string[] => load(texts, selection).ruleSet.rules.map(({ name }) => name);
    expect(falcoCodesOf(load(items(a, b)))).toEqual([]);
    expect(codesOf(load(items(a, b)))).toEqual(['shadowed-rule']);
    expect(order([items(a, b), items(a)])).toEqual(['A', 'B']);
    expect(
      order([items({ ...a, enabled: false }, b)], {
        selection: [{ operation: 'enable', rule: 'A' }],
      }),
    ).toEqual(['B', 'A']);
  });
  it('15, 16: order on evt.arg compares text and is warned of', () => {
    expect(codesOf(load(ruleOf('evt.type = write and evt.arg.size > 900')))).toContain(
      'text-comparison',
    );
    expect(codesOf(load(ruleOf('evt.type = write and evt.rawarg.size > 900')))).not.toContain(
      'text-comparison',
    );
  });
  it('17: list items with blanks are quoted, with commas split, with = or parentheses break unless quoted', () => {
    const put = (item: string) =>
      load(items({ list: 'l', items: [item] }, rule('evt.type = open and proc.name in (l)')));
    expect(understood(put('my app'))).toContain('in ("my app")');
    expect(understood(put('a,b'))).toContain('in (a, b)');
    expect(codesOf(put('a=b'))).toContain('syntax');
    expect(codesOf(put('f(x)'))).toContain('syntax');
    expect(understood(put('"f(x)"'))).toContain('in ("f(x)")');
  });
  it('18: a quoted value cannot end in a backslash; backslash-blank loses the blank', () => {
    const open = load(ruleOf('evt.type = open and proc.name = "ends with\\\\"'));
    expect(errorsOf(open)).toMatchObject([
      { code: 'syntax', message: 'quoted text is not closed' },
    ]);
    expect(understood(load(ruleOf('evt.type = open and proc.name = "a\\ b"')))).toContain(
      '"a\\\\b"',
    );
  });
  it('19: evt.type = syscall and a misspelt syscall.type load and never fire, with a warning', () => {
    expect(codesOf(load(ruleOf('evt.type = syscall')))).toEqual(['event-never-delivered']);
    expect(codesOf(load(ruleOf('syscall.type = opne')))).toEqual(['unknown-syscall']);
    expect(load(ruleOf('syscall.type = opne')).ok).toBe(true);
  });
});
