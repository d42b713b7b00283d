import { expect } from '@jest/globals';
import { printCondition } from '../../../sensor/lang/index.js';
import { alertsOf, items, loadTexts, ruleItem } from '../../support/judge.js';
import { testRows } from '../../support/reference-rows.js';

const withExceptions = (...exceptions: readonly object[]): object =>
  ruleItem('evt.type = open', { exceptions });
const compiled = (...exceptions: readonly object[]): string => {
  const result = loadTexts(
    items({ list: 'shells', items: ['sh', 'ash'] }, withExceptions(...exceptions)),
  );
  const rule = result.ok ? result.rules[0]?.rule : null;
  return rule == null
    ? result.diagnostics
        .flatMap(({ falco, severity }) => (severity === 'error' ? [falco] : []))
        .join(' ')
    : printCondition(rule.condition);
};
const codes = (...all: readonly object[]): readonly (string | null)[] =>
  loadTexts(items(...all)).diagnostics.map(({ falco }) => falco);
const NAME = { name: 'e', fields: 'proc.name', values: ['vi'] };

testRows('§1.3', {
  name: () => {
    expect(codes(withExceptions({ fields: 'proc.name', values: [] }))).toEqual([
      'LOAD_ERR_YAML_VALIDATE',
    ]);
    expect(codes(withExceptions(NAME, NAME))).toEqual(['LOAD_EXCEPTION_NAME_NOT_UNIQUE']);
  },
  fields: () => {
    expect(compiled({ ...NAME, fields: 'tolower(proc.name)' })).toContain(
      'not tolower(proc.name) in (vi)',
    );
    expect(
      compiled({ ...NAME, fields: ['proc.name', 'fd.name'], values: [['vi', '/x']] }),
    ).toContain('not (proc.name = vi and fd.name = /x)');
    expect(compiled({ ...NAME, fields: 'proc.nmae' })).toBe('LOAD_ERR_VALIDATE');
    expect(compiled({ ...NAME, fields: 'not a field' })).toBe('LOAD_ERR_VALIDATE');
  },
  comps: () => {
    expect(compiled(NAME)).toContain('proc.name in (vi)');
    const pair = { name: 'e', fields: ['proc.name', 'fd.name'], values: [['vi', '/x']] };
    expect(compiled(pair)).toContain('proc.name = vi and fd.name = /x');
    expect(compiled({ ...pair, comps: ['=', 'startswith'] })).toContain('fd.name startswith /x');
    expect(compiled({ ...pair, comps: ['='] })).toBe('LOAD_ERR_VALIDATE');
    expect(compiled({ ...pair, comps: ['=', 'like'] })).toBe('LOAD_ERR_VALIDATE');
  },
  'comps for a scalar field': () => {
    for (const comp of ['in', 'pmatch', 'intersects', 'startswith oneof', 'glob anyof']) {
      expect(compiled({ ...NAME, comps: comp })).toContain(`proc.name ${comp} (vi)`);
    }
    for (const comp of ['=', '!=', 'startswith', 'contains']) {
      expect(compiled({ ...NAME, comps: comp })).toBe('LOAD_ERR_VALIDATE');
    }
  },
  values: () => {
    expect(compiled({ ...NAME, values: ['vi', 'ed'] })).toContain('in (vi, ed)');
    expect(compiled({ ...NAME, values: [['vi', 'ed']] })).toBe('LOAD_ERR_VALIDATE');
    const pair = { name: 'e', fields: ['proc.name', 'fd.name'] };
    expect(compiled({ ...pair, values: [['vi']] })).toBe('LOAD_ERR_VALIDATE');
    expect(compiled(pair)).toBe('evt.type = open');
    expect(compiled({ name: 'e', fields: 'proc.name' })).toBe('evt.type = open');
  },
  'compiled form': () => {
    const pair = {
      name: 'f',
      fields: ['proc.name', 'fd.name'],
      values: [
        ['a', '/a'],
        ['b', '/b'],
      ],
    };
    expect(compiled(NAME, pair)).toBe(
      '(evt.type = open and not proc.name in (vi) and not ((proc.name = a and fd.name = /a) or (proc.name = b and fd.name = /b)))',
    );
    const or = items(ruleItem('evt.type = open or evt.type = creat', { exceptions: [NAME] }));
    expect(alertsOf(or, { 'proc.name': 'vi' })).toEqual([]);
  },
  'value rendering': () => {
    const pair = (value: unknown, comp: string): string =>
      compiled({
        name: 'e',
        fields: ['proc.name', 'fd.name'],
        comps: [comp, '='],
        values: [[value, '/x']],
      });
    expect(pair(['vi', 'ed'], 'in')).toContain('proc.name in (vi, ed)');
    expect(pair('vi', 'in')).toContain('proc.name in (vi)');
    expect(pair('shells', 'in')).toContain('proc.name in (sh, ash)');
    expect(pair('(vi, ed)', 'in')).toContain('proc.name in (vi, ed)');
    expect(pair('my app', '=')).toContain('proc.name = "my app"');
    // Put in quotes as it stands: what looks like an escape becomes one.
    expect(compiled({ ...NAME, values: ['a b\\nc'] })).toContain('in ("a b\\nc")');
    expect(
      alertsOf(items(withExceptions({ ...NAME, values: ['a b\\nc'] })), { 'proc.name': 'a b\nc' }),
    ).toEqual([]);
  },
  'append with no values': () => {
    const append = { rule: 'R', exceptions: [{ name: 'e' }], override: { exceptions: 'append' } };
    expect(codes(withExceptions(NAME), append)).toEqual(['LOAD_APPEND_NO_VALUES']);
  },
});
