import { describe, expect, it } from '@jest/globals';
import { diagnosticJson, renderText } from '../../../sensor/lang/index.js';
import { closest } from '../../../sensor/core/suggest.js';
import { codesOf, load, pointedAt, ruleOf } from './loading.js';

const never = (condition: string): readonly string[] =>
  load(ruleOf(condition))
    .diagnostics.filter(({ code }) => code === 'never-matches')
    .map(({ message }) => message);

describe('conditions that can never match', () => {
  it.each([
    'evt.type = open and proc.name = a and proc.name = b',
    'evt.type = open and evt.type = creat',
    'evt.type = open and proc.name in (a, b) and proc.name in (c, d)',
    'evt.type = open and proc.name = a and not proc.name in (a, b)',
    'evt.type = open and proc.name = a and proc.name != a',
    'evt.type = open and proc.name = bash and proc.name startswith z',
    'evt.type = open and fd.name startswith /etc and fd.name startswith /usr',
    'evt.type = open and proc.pid > 5 and proc.pid < 3',
    'evt.type = open and proc.pid = 5 and proc.pid >= 6',
    'evt.type = open and proc.tty exists and not proc.tty exists',
    'evt.type = open and (proc.name = x or (user.uid = 0 and user.uid = 1))',
    'evt.type = open and (user.uid = 0 and (proc.name = a and proc.name = b))',
    'evt.type = open and (proc.name = a or proc.name = b) and proc.name = c',
    'proc.name = c and (evt.type = open or evt.type = creat) and evt.type = close',
    'evt.type = open and (proc.name = a or fd.name = x) and proc.name = b and fd.name = y',
    'evt.type = open and (proc.name = a or (fd.name = x or proc.name = c)) and proc.name = b and fd.name = y',
    'evt.type = open and (proc.name = a or user.uid = 0) and proc.name = b',
    'evt.type = open and not (proc.name = a or user.uid = 0) and proc.name = a',
    'evt.type = open and not (proc.name = a and user.uid = 0) and proc.name = a and user.uid = 0',
    'evt.type = open and (fd.name startswith /etc or fd.name startswith /usr) and fd.name startswith /var',
    'evt.type = open and (proc.pid > 5 or proc.pid < 3) and proc.pid = 4',
    'evt.type = open and (not proc.name exists or proc.name = a) and proc.name = b',
  ])('%s', (condition) => expect(never(condition)).toHaveLength(1));
  it.each([
    'evt.type = open and proc.name in (a, b) and proc.name in (b, c)',
    'evt.type = open and fd.sip = 10.0.0.1 and not fd.sip = 10.0.0.2',
    'evt.type = open and fd.ip = 10.0.0.1 and fd.ip = 10.0.0.2',
    'evt.type = open and proc.aname = a and proc.aname = b',
    'evt.type = open and fd.name startswith /etc and fd.name startswith /etc/ssh',
    'evt.type = open and evt.num = 0',
    'evt.type = open and proc.pid > 5 and proc.pid < 7',
    'evt.type = open and not (proc.name = a and proc.pid = 1) and proc.name = a',
    'evt.type in (open, creat) and (evt.type = open or evt.type = creat) and user.uid = 0',
    'evt.type = open and (proc.name = a or evt.num = 0) and user.uid = 0',
    'evt.type = open and (proc.aname = a or proc.aname = b) and proc.aname = c',
    'evt.type = open and not (proc.name = a or proc.name = b) and proc.name = c',
  ])('not: %s', (condition) => expect(never(condition)).toEqual([]));
  it('a part of a macro that one use of it never needs is none, all of its parts are', () => {
    const text =
      '- macro: m\n  condition: (evt.type = open or evt.type = creat or evt.type = close)\n';
    const of = (condition: string) => load([text, ruleOf(condition)]).diagnostics;
    expect(of('m and evt.type = open and proc.name = a')).toEqual([]);
    const rule = ruleOf('m and evt.type = mkdir and proc.name = a');
    const [found] = load([text, rule]).diagnostics;
    expect(found).toMatchObject({ code: 'never-matches' });
    expect(found!.message).toContain('no part of');
    expect(pointedAt(rule, found)).toBe('evt.type = mkdir');
  });
  it('macros of macros that double at each level are judged in a breath', () => {
    const levels = Array.from({ length: 40 }, (_, i) => ({
      macro: `m${i + 1}`,
      condition: `(m${i} or m${i} or proc.name = x${i})`,
    }));
    const all = [{ macro: 'm0', condition: '(proc.name = a or proc.name = b)' }, ...levels];
    const rule = (JSON.parse(ruleOf('evt.type = open and m40 and proc.name = z')) as object[])[0]!;
    const { diagnostics } = load(JSON.stringify([...all, rule]));
    expect(diagnostics.filter(({ code }) => code === 'never-matches')).toHaveLength(1);
  });
  it('is shown where the second of the two stands, in a macro too', () => {
    const text = '- macro: m\n  condition: evt.type = open and proc.name = a\n';
    const rule = ruleOf('m and proc.name = b');
    const { diagnostics } = load([text, rule]);
    expect(pointedAt(rule, diagnostics[0])).toBe('proc.name = b');
    const other = load([text, ruleOf('proc.name = b and m')]).diagnostics[0];
    expect(pointedAt(text, other)).toBe('proc.name = a');
  });
});

describe('shadowed rules', () => {
  const both = (first: string, second: string, options = {}): readonly string[] =>
    codesOf(load([ruleOf(first), ruleOf(second, { rule: 'S' })], options));
  it('a narrow rule behind a broad one never alerts', () => {
    expect(both('evt.type = open', 'evt.type = open and proc.name = a')).toEqual(['shadowed-rule']);
    expect(both('evt.type in (open, creat)', 'evt.type = open and proc.name = a')).toEqual([
      'shadowed-rule',
    ]);
    expect(
      both(
        'evt.type = open and (fd.name startswith /etc or proc.name = a)',
        'evt.type = open and fd.name = /etc/passwd',
      ),
    ).toEqual(['shadowed-rule']);
  });
  it('not the other way round, not where they differ, not with matching: all', () => {
    expect(both('evt.type = open and proc.name = a', 'evt.type = open')).toEqual([]);
    expect(both('evt.type = open and proc.name = a', 'evt.type = open and proc.name = b')).toEqual(
      [],
    );
    expect(
      both('evt.type = open and not proc.name = a', 'evt.type = open and proc.name = b'),
    ).toEqual([]);
    expect(
      both('evt.type = open', 'evt.type = open and proc.name = a', { matching: 'all' }),
    ).toEqual([]);
  });
});

describe('names of lists', () => {
  const lists = [
    { list: 'shell_binaries', items: ['sh', 'shell_binarie'] },
    { macro: 'm', condition: 'proc.pname in (shell_binarys, shell_binaries)' },
  ];
  const hints = (condition: string, items: readonly object[] = lists): readonly (string | null)[] =>
    load(JSON.stringify([...items, (JSON.parse(ruleOf(condition)) as unknown[])[0]]))
      .diagnostics.filter(({ code }) => code === 'unknown-list')
      .map(({ message, hint }) => `${message}, ${hint ?? ''}`);

  it('all but one of them, where a list is due, is warned of: in macros and rules', () => {
    expect(hints('evt.type = open and m and proc.name = anyof (sh, shel_binaries)')).toEqual([
      'no list is called "shell_binarys": it is compared as text, did you mean "shell_binaries"?',
      'no list is called "shel_binaries": it is compared as text, did you mean "shell_binaries"?',
    ]);
  });
  it('not far from them, not in quotes, not where one value is due, not out of a list', () => {
    const mine = 'evt.type = open and proc.name in (shell_binaries, my_tool, "shell_binarys")';
    expect(hints(`${mine} and fd.name = shell_binarys`, lists.slice(0, 1))).toEqual([]);
  });
});

describe('appending to a condition with or', () => {
  const texts = [
    ruleOf('evt.type = open or evt.type = creat'),
    '- rule: R\n  condition: and proc.name = vi\n  override: {condition: append}\n',
  ];
  it('keeps its meaning and is warned of; strict takes what was there as a group', () => {
    expect(codesOf(load(texts))).toContain('append-precedence');
    expect(load(texts).rules[0]?.compiled?.text.text).toBe(
      'evt.type = open or evt.type = creat and proc.name = vi',
    );
    expect(load(texts, { compat: 'strict' }).rules[0]?.compiled?.text.text).toBe(
      '(evt.type = open or evt.type = creat) and proc.name = vi',
    );
  });
});

describe('rendering', () => {
  const text =
    '- rule: R\n  desc: d\n  condition: >\n    evt.type = open\n    and proc.nmae in (sh)\n  output: o\n  priority: INFO\n';
  it('as a compiler does: place, code, line, caret, hint', () => {
    expect(renderText(load(text).diagnostics)).toBe(
      [
        '1.yaml:5:9: error: unknown field "proc.nmae" [unknown-field]',
        '  5 |     and proc.nmae in (sh)',
        '    |         ^^^^^^^^^  did you mean "proc.name"?',
        '',
      ].join('\n'),
    );
  });
  it('cuts long lines around the place and makes control characters visible', () => {
    const long = ruleOf(
      `evt.type = open and ${'proc.name = x and '.repeat(30)}proc.nam = "\u001b[31m"`,
    );
    const shown = renderText(load(long).diagnostics);
    expect(Math.max(...shown.split('\n').map((line) => line.length))).toBeLessThan(160);
    expect(shown).toContain('…');
    const hostile = renderText(load('- rule: "\u009b31m"\n').diagnostics);
    expect([...hostile].some((char) => char === '\u009b' || char === '\u001b')).toBe(false);
  });
  it.each([
    ['tabs', '\tproc.nmae = x', '\t^^^^^^^^^'],
    ['wide characters', 'fd.name = "日本" and proc.nmae = x', `${' '.repeat(21)}^^^^^^^^^`],
    ['emoji', 'fd.name = "😀" and proc.nmae = x', `${' '.repeat(19)}^^^^^^^^^`],
    ['marks on a letter', 'fd.name = "e\u0301" and proc.nmae = x', `${' '.repeat(18)}^^^^^^^^^`],
    [
      'what turns text around',
      'fd.name = "\u202e" and proc.nmae = x',
      `${' '.repeat(23)}^^^^^^^^^`,
    ],
    ['a wide word', 'evt.type = 日本', `${' '.repeat(11)}^^^^`],
  ])('the caret stands beneath its word: %s', (_what, condition, caret) => {
    const file = `- rule: R\n  desc: d\n  condition: >\n    ${condition}\n  output: o\n  priority: INFO\n`;
    const [, line, under] = renderText(
      load(file).diagnostics.filter(({ severity }) => severity === 'error'),
    ).split('\n');
    expect(line).toMatch(/^ {2}4 \| {5}/);
    expect(under?.replace(/(?<=\^) {2}.*/, '')).toBe(`    |     ${caret}`);
  });
  it('as JSON of our own', () => {
    expect(diagnosticJson(load(text).diagnostics[0]!)).toMatchObject({
      severity: 'error',
      code: 'unknown-field',
      falco_code: 'LOAD_ERR_COMPILE_CONDITION',
      file: '1.yaml',
      item: 'R',
      line: 5,
      column: 9,
      end_line: 5,
      end_column: 18,
    });
  });
  it('suggests the nearest word, and none that is far away', () => {
    expect(closest('fd.nam', ['fd.num', 'fd.name'])).toBe('fd.name');
    expect(closest('startwith', ['startswith', 'endswith'])).toBe('startswith');
    expect(closest('xyz', ['startswith'])).toBeUndefined();
  });
});
