import { describe, expect, it } from '@jest/globals';
import { codesOf, errorsOf, falcoCodesOf, load, pointedAt, ruleOf, understood } from './loading.js';

const macro = (name: string, condition: string): string =>
  JSON.stringify([{ macro: name, condition }]).slice(1, -1);
const list = (name: string, items: readonly string[]): string =>
  JSON.stringify([{ list: name, items }]).slice(1, -1);
const rule = (condition: string, name = 'R'): string =>
  ruleOf(condition, { rule: name }).slice(1, -1);
const file = (...items: readonly string[]): string => `[${items.join(',')}]`;

describe('falco-compat §1.4, load order and names', () => {
  it('compile: after each file; a rule may not use a macro that only a later file defines', () => {
    const result = load([file(rule('m')), file(macro('m', 'evt.type = open'))]);
    expect(codesOf(result)).toEqual(['unknown-macro']);
    expect(load([file(macro('m', 'evt.type = open')), file(rule('m'))]).ok).toBe(true);
  });
  it('rules → macros: rules see the last text of every macro, wherever it stands in the file', () => {
    const result = load(
      file(rule('m'), macro('m', 'evt.type = creat'), macro('m', 'evt.type = open')),
    );
    expect(errorsOf(result)).toEqual([]);
    expect(understood(result)).toBe('evt.type = open');
  });
  it('macro → macro: only one first defined before the last definition of this one', () => {
    const late = file(macro('a', 'b'), macro('b', 'evt.type = open'), rule('a'));
    expect(codesOf(load(late))).toContain('unknown-macro');
    expect(load(late).diagnostics[0]?.message).toContain('defined behind');
    const again = file(macro('a', 'b'), macro('b', 'evt.type = open'), macro('a', 'b'), rule('a'));
    expect(understood(load(again))).toBe('evt.type = open');
    expect(load(late, { compat: 'strict' }).ok).toBe(true);
  });
  it('list → list: an item that names an earlier list expands by one level', () => {
    const lists = [list('a', ['x']), list('b', ['a', 'y']), list('c', ['b', 'z'])];
    const compiled = load(file(...lists)).lists.map(({ items }) => items.map(({ text }) => text));
    expect(compiled).toEqual([['x'], ['x', 'y'], ['a', 'y', 'z']]);
    const strict = load(file(...lists), { compat: 'strict' }).lists;
    expect(strict[2]?.items.map(({ text }) => text)).toEqual(['x', 'y', 'z']);
    const late = load(file(list('b', ['a']), list('a', ['x']))).lists;
    expect(late[0]?.items.map(({ text }) => text)).toEqual(['a']);
  });
  it('list → condition: by text, between blanks, parentheses, commas and =', () => {
    const text = (
      condition: string,
      items: readonly string[] = ['cat', 'dog'],
    ): string | undefined =>
      load(file(list('pets', items), rule(condition))).rules[0]?.compiled?.text.text;
    expect(text('proc.name in (pets)')).toBe('proc.name in ( cat, dog )');
    expect(text('proc.name in (a,pets,b)')).toBe('proc.name in (a, cat, dog ,b)');
    expect(text('proc.name in (mypets, pets.x, "pets")')).toBe(
      'proc.name in (mypets, pets.x, "pets")',
    );
    expect(text('proc.name in (pets)', ['my app', '"b c"'])).toBe(
      'proc.name in ( "my app", "b c" )',
    );
    expect(text('proc.name in (a, pets)', [])).toBe('proc.name in (a  )');
    expect(text('proc.name in (pets, a)', [])).toBe('proc.name in (   a)');
  });
  it('consequence: a list with one item may be a right-hand scalar, and list order can matter', () => {
    expect(
      understood(load(file(list('pet', ['cat']), rule('evt.type = open and proc.name = pet')))),
    ).toContain('proc.name = cat');
    const lists = [list('a', ['x']), list('b', ['a']), list('c', ['b'])];
    const put = (items: readonly string[]): string =>
      understood(load(file(...items, rule('evt.type = open and proc.name in (c)'))));
    // "c" holds "a", whose turn is over; the other way round each turn is still to come.
    expect(put(lists)).toContain('in (a)');
    expect(put(lists.toReversed())).toContain('in (x)');
  });
  it('macro loops: an error that says so', () => {
    const loop = file(macro('a', 'evt.num = 0'), macro('b', 'a'), macro('a', 'b'), rule('a'));
    const result = load(loop);
    expect(codesOf(result)).toContain('unknown-macro');
    expect(result.diagnostics.some(({ message }) => message.includes('refers to itself'))).toBe(
      true,
    );
    expect(load(file(macro('a', 'x'), macro('a', 'a'))).ok).toBe(false);
  });
  it('a thousand macros in a chain, or doubling at each level, are no trouble', () => {
    const chain = Array.from({ length: 900 }, (_, i) =>
      macro(`m${i + 1}`, i === 0 ? 'evt.type = open' : `m${i} and evt.num > 0`),
    );
    const deep = load(file(...chain, rule('m900')));
    expect(codesOf(deep).filter((code) => code !== 'nested-too-deep')).toEqual([]);
    const doubled = Array.from({ length: 60 }, (_, i) =>
      macro(`d${i + 1}`, i === 0 ? 'evt.type = open' : `(d${i} or d${i})`),
    );
    expect(load(file(...doubled, rule('d60'))).ok).toBe(true);
    const endless = Array.from({ length: 3000 }, (_, i) =>
      macro(`e${i + 1}`, i === 0 ? 'evt.type = open' : `e${i}`),
    );
    expect(codesOf(load(file(...endless, rule('e3000'))))).toContain('nested-too-deep');
  });
  it('selection: by rule wildcard or tag, in order, over what the file says', () => {
    const rules = [
      ruleOf('evt.type = open', { rule: 'Aa', tags: ['x'] }),
      ruleOf('evt.type = creat', { rule: 'Ab', tags: ['y'], enabled: false }),
      ruleOf('evt.type = unlink', { rule: 'B' }),
    ];
    const select = (
      ...selection: readonly { operation: 'enable' | 'disable'; rule?: string; tag?: string }[]
    ) => load(rules, { selection }).ruleSet.rules.map(({ name }) => name);
    expect(select()).toEqual(['Aa', 'B']);
    expect(
      select({ operation: 'disable', rule: '*' }, { operation: 'enable', rule: 'A*' }),
    ).toEqual(['Aa', 'Ab']);
    expect(select({ operation: 'enable', tag: 'y' })).toEqual(['Aa', 'B', 'Ab']);
    expect(select({ operation: 'disable', tag: 'x' })).toEqual(['B']);
    expect(codesOf(load(rules, { selection: [{ operation: 'enable', rule: 'Z' }] }))).toContain(
      'selection-matches-nothing',
    );
  });
  it('unused macros and lists: LOAD_UNUSED_MACRO, LOAD_UNUSED_LIST', () => {
    expect(falcoCodesOf(load(file(macro('m', 'evt.num = 0'), list('l', ['x']))))).toEqual([
      'LOAD_UNUSED_MACRO',
      'LOAD_UNUSED_LIST',
    ]);
  });
  it('unknown names come with the nearest known one', () => {
    const result = load(file(macro('spawned', 'evt.type = execve'), rule('spawend')));
    expect(errorsOf(result)).toMatchObject([{ hint: 'did you mean "spawned"?' }]);
  });
  it('a fault inside a list is shown where the item is written', () => {
    const lists = '- list: calls\n  items:\n    - open\n    - opne\n';
    const text = `${lists}- rule: R\n  desc: d\n  condition: evt.type in (calls)\n  output: o\n  priority: INFO\n`;
    const { diagnostics } = load(text);
    expect(diagnostics).toMatchObject([
      { code: 'unknown-event-type', line: 4, hint: 'did you mean "open"?' },
    ]);
    expect(pointedAt(text, diagnostics[0])).toBe('opne');
  });
  it('a fault inside a macro is shown once, in the macro', () => {
    const text = '- macro: m\n  condition: proc.nmae = x\n';
    const rules = file(rule('evt.type = open and m'), rule('evt.type = creat and m', 'S'));
    const { diagnostics } = load([text, rules]);
    expect(diagnostics.filter(({ severity }) => severity === 'error')).toMatchObject([
      {
        file: '1.yaml',
        line: 2,
        column: 14,
        code: 'unknown-field',
        hint: 'did you mean "proc.name"?',
      },
    ]);
  });
  it('all problems of all files come out in one run', () => {
    const result = load([
      ruleOf('proc.nam = x and fd.nam = y'),
      ruleOf('evt.type = opne', { rule: 'S' }),
    ]);
    expect(errorsOf(result).map(({ file: name, code }) => `${name} ${code}`)).toEqual([
      '1.yaml unknown-field',
      '1.yaml unknown-field',
      '2.yaml unknown-event-type',
    ]);
  });
});
