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
  ])('not: %s', (condition) => expect(never(condition)).toEqual([]));
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
