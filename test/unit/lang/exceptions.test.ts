import { describe, expect, it } from '@jest/globals';
import { codesOf, falcoCodesOf, load, pointedAt, ruleOf, understood } from './loading.js';

const withExceptions = (...exceptions: readonly object[]) =>
  load(ruleOf('evt.type = open or evt.type = creat', { exceptions }));
const added = (exception: object): string =>
  understood(withExceptions({ name: 'e', ...exception })).replace(
    '((evt.type = open or evt.type = creat) and not ',
    '(… and not ',
  );

describe('falco-compat §1.3, exceptions', () => {
  it('name: required, unique in the rule', () => {
    expect(codesOf(withExceptions({ fields: 'proc.name' }))).toEqual(['missing-key']);
    const one = { name: 'e', fields: 'proc.name', values: ['vi'] };
    expect(falcoCodesOf(withExceptions(one, one))).toEqual(['LOAD_EXCEPTION_NAME_NOT_UNIQUE']);
  });
  it('fields: one or a list, each a field or a transformer call', () => {
    expect(added({ fields: 'proc.name', values: ['vi', 'ed'] })).toBe(
      '(… and not proc.name in (vi, ed))',
    );
    expect(added({ fields: ['tolower(proc.name)'], values: [['vi']] })).toBe(
      '(… and not tolower(proc.name) = vi)',
    );
    expect(
      codesOf(withExceptions({ name: 'e', fields: ['proc.nam'], values: [['vi']] })),
    ).toContain('unknown-field');
    expect(codesOf(withExceptions({ name: 'e', fields: 'some macro', values: ['vi'] }))).toContain(
      'unknown-field',
    );
    expect(codesOf(withExceptions({ name: 'e', values: [['vi']] }))).toContain('missing-key');
  });
  it('comps: default = for each of a list, in for one field; as many as fields', () => {
    expect(added({ fields: ['proc.name', 'fd.name'], values: [['vi', '/a']] })).toBe(
      '(… and not (proc.name = vi and fd.name = /a))',
    );
    expect(
      codesOf(
        withExceptions({ name: 'e', fields: ['proc.name', 'fd.name'], comps: ['='], values: [] }),
      ),
    ).toEqual(['exception-lengths']);
    expect(
      withExceptions({ name: 'e', fields: ['proc.name'], comps: ['startwith'], values: [] })
        .diagnostics[0],
    ).toMatchObject({
      code: 'unknown-operator',
      falco: 'LOAD_ERR_VALIDATE',
      hint: 'did you mean "startswith"?',
    });
  });
  it('comps for a scalar field: in, pmatch, intersects, or a text operator with a modifier', () => {
    expect(added({ fields: 'fd.name', comps: 'pmatch', values: ['/a', '/b'] })).toBe(
      '(… and not fd.name pmatch (/a, /b))',
    );
    expect(added({ fields: 'fd.name', comps: 'startswith oneof', values: ['/a', '/b'] })).toBe(
      '(… and not fd.name startswith oneof (/a, /b))',
    );
    expect(
      codesOf(
        withExceptions({ name: 'e', fields: 'fd.name', comps: 'startswith', values: ['/a'] }),
      ),
    ).toEqual(['exception-scalar-comp']);
  });
  it('values: tuples for list fields, scalars for one field; none adds nothing', () => {
    expect(understood(withExceptions({ name: 'e', fields: ['proc.name'] }))).toBe(
      '(evt.type = open or evt.type = creat)',
    );
    expect(
      codesOf(withExceptions({ name: 'e', fields: ['proc.name'], values: [['vi', 'ed']] })),
    ).toEqual(['exception-values']);
    expect(
      codesOf(withExceptions({ name: 'e', fields: 'proc.name', values: [['vi', 'ed']] })),
    ).toEqual(['exception-values']);
    expect(codesOf(withExceptions({ name: 'e', fields: ['proc.name'], values: ['vi'] }))).toEqual([
      'exception-values',
    ]);
  });
  it('compiled form: (condition) and not (e1) and not (e2), each an or of ands', () => {
    const result = withExceptions(
      {
        name: 'e',
        fields: ['proc.name', 'fd.name'],
        values: [
          ['vi', '/a'],
          ['ed', '/b'],
        ],
      },
      { name: 'f', fields: 'user.name', values: ['root'] },
    );
    expect(understood(result)).toBe(
      '((evt.type = open or evt.type = creat) and not ((proc.name = vi and fd.name = /a) or (proc.name = ed and fd.name = /b)) and not user.name in (root))',
    );
  });
  it('value rendering: lists in parentheses, parentheses under a list operator, blanks quoted', () => {
    expect(
      added({
        fields: ['proc.name', 'fd.directory'],
        comps: ['in', '='],
        values: [[['vi', 'my app'], '/srv']],
      }),
    ).toBe('(… and not (proc.name in (vi, "my app") and fd.directory = /srv))');
    expect(added({ fields: ['proc.name'], comps: ['in'], values: [['vi']] })).toBe(
      '(… and not proc.name in (vi))',
    );
    expect(added({ fields: ['proc.name'], comps: ['in'], values: [['(vi, ed)']] })).toBe(
      '(… and not proc.name in (vi, ed))',
    );
    expect(added({ fields: ['proc.cmdline'], values: [['cat a']] })).toBe(
      '(… and not proc.cmdline = "cat a")',
    );
  });
  it('append with no values: LOAD_APPEND_NO_VALUES', () => {
    const base = ruleOf('evt.type = open', {
      exceptions: [{ name: 'e', fields: ['proc.name'], values: [['vi']] }],
    });
    const append = JSON.stringify([
      { rule: 'R', exceptions: [{ name: 'e' }], override: { exceptions: 'append' } },
    ]);
    expect(falcoCodesOf(load([base, append]))).toEqual(['LOAD_APPEND_NO_VALUES']);
  });
  it('a fault inside a value is shown at the value', () => {
    const text = `- rule: R
  desc: d
  condition: evt.type = open
  output: o
  priority: INFO
  exceptions:
    - name: e
      fields: [proc.pid]
      values:
        - [abc]
`;
    const { diagnostics } = load(text);
    expect(diagnostics).toMatchObject([{ code: 'bad-literal', line: 10, column: 12 }]);
    expect(pointedAt(text, diagnostics[0])).toBe('abc');
  });
});
