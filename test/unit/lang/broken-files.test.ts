import { describe, expect, it } from '@jest/globals';
import { falcoLoadResults } from '../../../sensor/lang/index.js';
import { codesOf, load, pointedAt, ruleOf } from './loading.js';
import { leastCpuMs } from '../../support/least-cpu.js';

const first = (text: string) => {
  const [found] = load(text).diagnostics;
  return found && { at: `${found.line}:${found.column}`, message: found.message, hint: found.hint };
};
const hintOf = (condition: string): string | null | undefined => first(ruleOf(condition))?.hint;

describe('files that are no YAML', () => {
  it.each([
    [
      '- rule: R\n\tcondition: x\n',
      '2:2',
      'Unexpected scalar at node end',
      'YAML indents with blanks, not with tabs',
    ],
    ['- rule: "R\n  condition: x\n', '1:9', 'the closing " is missing', null],
    [
      '- rule: R\n  desc: bad: thing\n',
      '2:9',
      'a second key begins inside this value',
      'a value that holds ": " stands in quotes; keys of one item begin in the same column',
    ],
    [
      '- macro: m\n  condition: a = b\n    # why\n    and c = d\n',
      '4:1',
      'All mapping items must start at the same column',
      'a comment ends a value of several lines: put it above the key',
    ],
    ['- list: l\n  items: *nope\n', '2:10', 'no anchor "nope" before this alias', null],
    [
      '- list: l\n  items: [a, "b\0"]\n',
      '2:16',
      'the control character \\x00 cannot stand in YAML',
      'in double quotes it can be written as an escape',
    ],
  ])('%j', (text, at, message, hint) => {
    expect(load(text).diagnostics).toHaveLength(1);
    expect(first(text)).toEqual({ at, message, hint });
  });

  it('aliases that multiply cost nothing, one that contains itself is refused', () => {
    let text = '- &a0 [x, x, x, x, x, x, x, x, x, x]\n';
    for (let i = 1; i < 10; i++)
      text += `- &a${i} [${Array(10)
        .fill(`*a${i - 1}`)
        .join(', ')}]\n`;
    const ms = leastCpuMs(2000, () => {
      expect(load(`${text}- list: l\n  items: *a9\n`).ok).toBe(false);
      expect(load(`- &a [${Array(10).fill('*a').join(', ')}]\n`).diagnostics[0]?.message).toBe(
        'the alias contains itself',
      );
    });
    expect(ms).toBeLessThan(2000);
  });
});

describe('how a file is written', () => {
  const opne =
    '- rule: R\n  desc: d\n  condition: evt.type = opne\n  output: o\n  priority: NOTICE\n';
  it('a byte order mark and CRLF move no place', () => {
    for (const text of [opne, `\ufeff${opne}`, opne.replaceAll('\n', '\r\n')]) {
      expect(first(text)).toEqual({
        at: '3:25',
        message: 'unknown event type "opne"',
        hint: 'did you mean "open"?',
      });
    }
  });
  it('bytes that are no UTF-8 are told of', () => {
    expect(codesOf(load(opne.replace('R', 'caf\ufffd').replace('opne', 'open')))).toEqual([
      'not-utf-8',
    ]);
  });
  it('the end of a block is behind its last word', () => {
    const text = opne.replace(
      'evt.type = opne',
      '>\n    (evt.type = open\n    and proc.name = x\n\n',
    );
    expect(first(text)).toMatchObject({ at: '5:22', message: '")" is missing at the end' });
  });
});

describe('operators as other languages spell them', () => {
  it.each([
    ['proc.name startwith x', 'did you mean "startswith"?'],
    ['proc.name = x # why', 'a condition holds no comments: put it above the key'],
    ['proc.name is x', 'write ='],
    ['proc.name is not x', 'write !='],
    ['proc.name not in (a)', 'not stands before the field: not proc.name in (a)'],
    ['proc.name like x', 'write glob (with * and ?) or regex'],
    ['proc.name =~ x', 'write glob or regex'],
    ['proc.name in [a, b]', 'a list stands in parentheses: in (a, b)'],
    ['proc.name in a, b', 'several values stand in parentheses: in (a, b)'],
    ['fd.num => 3', 'write >='],
    ['proc.name startswith(x)', '"startswith" needs a blank behind it'],
    ['proc.name = a && fd.num = 3', 'write and'],
    ['proc.name = a AND fd.num = 3', 'write and'],
    ['!proc.name = a', 'write not'],
    ['proc.duration > 5s', 'times are whole nanoseconds, without unit'],
  ])('%s: %s', (condition, hint) => {
    expect(hintOf(`evt.type = open and ${condition}`)).toBe(hint);
  });
});

describe('checks that cannot hold together', () => {
  it.each([
    'fd.name startswith /etc and not fd.name startswith /e',
    'fd.name startswith anyof (/etc, /bin) and fd.name startswith /usr',
    'fd.name endswith .a and fd.name endswith .b',
    'fd.name startswith /etc/ssh and not fd.name contains ssh',
    'proc.name contains x and not proc.name contains x',
    'proc.name = vi and not proc.name startswith v',
    'fd.num > 5 and not fd.num > 3',
    'fd.num = 4 and not fd.num > 3',
    'user.uid < 0',
  ])('%s', (condition) => {
    const text = ruleOf(`evt.type = open and ${condition}`);
    const { diagnostics } = load(text);
    expect(diagnostics.map(({ code }) => code)).toEqual(['never-matches']);
    expect(text).toContain(pointedAt(text, diagnostics[0]));
  });
  it.each([
    'fd.name startswith /e and not fd.name startswith /etc',
    'fd.name startswith anyof (/etc, /usr) and fd.name startswith /usr',
    'fd.num > 3 and not fd.num > 5',
    'proc.name = vi and not proc.name startswith ed',
    'proc.aname contains x and not proc.aname contains x and fd.num < 0',
  ])('%s can', (condition) => {
    expect(codesOf(load(ruleOf(`evt.type = open and ${condition}`)))).toEqual([]);
  });
});

describe('a fault in the YAML hides no other', () => {
  const found = (...texts: readonly string[]) =>
    load(texts).diagnostics.map(
      ({ file, line, column, code }) => `${file}:${line}:${column} ${code}`,
    );
  const unknown = '- rule: S\n  desc: d\n  condition: fd.nam = x\n  output: o\n  priority: INFO\n';

  it('each broken item is told of, and what is wrong with the others', () => {
    const text = [
      '- macro: m',
      '  condition: "evt.type = open',
      '- rule: R',
      '  desc: bad: thing',
      '- list: l',
      '\titems: [a]',
      '- list: k',
      '  items: [a',
      '# the end',
      '',
    ].join('\n');
    expect(found(text + unknown)).toEqual([
      '1.yaml:2:14 yaml',
      '1.yaml:4:9 yaml',
      '1.yaml:6:2 yaml',
      '1.yaml:10:1 yaml',
      '1.yaml:12:14 unknown-field',
    ]);
  });
  it('whoever refers to what was lost is not at fault, nor is what nobody else uses', () => {
    const text = '- list: l\n  items: [x]\n- macro: m # note\n  condition: "evt.type = open\n';
    const rest = unknown.replace('fd.nam = x', 'm and no_such');
    const append = '- macro: m\n  condition: or x\n  override: {condition: append}\n';
    expect(found(text + append + rest)).toEqual(['1.yaml:4:14 yaml', '1.yaml:10:20 unknown-macro']);
    expect(found(text, rest)).toEqual(['1.yaml:4:14 yaml', '2.yaml:3:20 unknown-macro']);
    const alias = '- macro: m\n  condition: *nope\n';
    expect(found(alias + rest)).toEqual(['1.yaml:2:14 yaml', '1.yaml:5:20 unknown-macro']);
  });
  it('documents, indented lists, anchors of other items, CRLF', () => {
    expect(found(`- list: a\n  items: [a\n---\n${unknown}`)).toEqual([
      '1.yaml:3:1 yaml',
      '1.yaml:6:14 unknown-field',
    ]);
    const indented = `- rule: R\n  desc: "x\n${unknown}`.replace(/^(?=.)/gm, '  ');
    expect(found(indented)).toEqual(['1.yaml:2:11 yaml', '1.yaml:5:16 unknown-field']);
    const anchored = '- macro: m\n  condition: &c evt.type = open\n- macro: n\n  condition: *c\n';
    expect(
      found(`${anchored}- list: l\n  items: "\n${unknown.replace('fd.nam = x', 'n')}`),
    ).toEqual(['1.yaml:6:10 yaml']);
    expect(found(`- list: l\n  items: "\n${unknown}`.replaceAll('\n', '\r\n'))).toEqual([
      '1.yaml:2:10 yaml',
      '1.yaml:5:14 unknown-field',
    ]);
  });
  it('places in items behind a broken one are those of the file', () => {
    const folded = unknown.replace('fd.nam = x', '>\n    evt.type = open and\n    fd.nam = x');
    const text = `- list: l\n  items: "\n${folded}`;
    const [, field] = load(text).diagnostics;
    expect(pointedAt(text, field)).toBe('fd.nam');
  });
  it('Falco says the first fault of the YAML only, and nothing of a schema', () => {
    const [result] = falcoLoadResults(load(`- list: l\n  items: "\n${unknown}`)).falco_load_results;
    expect(result).toMatchObject({ successful: false, warnings: [], errors: { length: 1 } });
    expect(result?.errors[0]?.code).toBe('LOAD_ERR_YAML_PARSE');
    expect(result).not.toHaveProperty('schema_valid');
  });
  it('a control character, binary data and endless nesting are told of once', () => {
    expect(found(`- list: l\n  items: ["\x01"]\n${unknown}`)).toEqual([
      '1.yaml:2:12 yaml',
      '1.yaml:5:14 unknown-field',
    ]);
    expect(found('\x7fELF\x02\x01\0\0')).toEqual(['1.yaml:1:1 yaml']);
    const deep = load('['.repeat(20_000)).diagnostics;
    expect(deep.map(({ message }) => message)).toEqual(['nested too deep to be read']);
  });
});

describe('files of a generator', () => {
  const rule =
    '- rule: R\n  desc: d\n  condition: evt.type = open or evt.type = creat\n  output: o\n  priority: INFO\n';
  it('thousands of appends', () => {
    const one = '- rule: R\n  condition: and proc.name != x\n  override: {condition: append}\n';
    const { diagnostics } = load(rule + one.repeat(2000));
    expect(diagnostics.filter(({ code }) => code === 'append-precedence')).toHaveLength(2000);
  }, 10_000);
  it('more values and items than a call takes arguments', () => {
    const many = Array.from({ length: 130_000 }, (_, i) => `x${i}`).join(', ');
    const list = `- list: l\n  items: [${many}]\n- list: k\n  items: [l]\n`;
    const exception = `  exceptions: [{name: e, fields: proc.name, values: [${many}]}]\n`;
    const more = rule
      .replace('rule: R', 'rule: S')
      .replace('= creat', '= creat and fd.name in (k)');
    expect(codesOf(load(list + rule + exception + more))).toEqual([]);
  }, 60_000);
});
