import { describe, expect, it } from '@jest/globals';
import { codesOf, errorsOf, falcoCodesOf, load, ruleOf, understood } from './loading.js';

const BASE = ruleOf('evt.type = open', { tags: ['a'], output: 'o %evt.type' });
const again = (more: Readonly<Record<string, unknown>>): string =>
  JSON.stringify([{ rule: 'R', ...more }]);
const after = (more: Readonly<Record<string, unknown>>) => load([BASE, again(more)]);
const item = (more: Readonly<Record<string, unknown>>) => after(more).rules[0]!.item;

describe('falco-compat §1.2, redefinition, append, override', () => {
  it('same name again: full replacement in the original place', () => {
    const other = ruleOf('evt.type = creat', { rule: 'S' });
    const result = load([BASE, other, ruleOf('evt.type = unlink')]);
    expect(result.ruleSet.rules.map(({ name }) => name)).toEqual(['R', 'S']);
    expect(understood(result)).toBe('evt.type = unlink');
    expect(result.rules[0]?.item.tags).toEqual([]);
  });
  it('append: true appends the condition, is deprecated, and not combined with override', () => {
    const result = after({ append: true, condition: 'and proc.name = vi' });
    expect(understood(result)).toBe('(evt.type = open and proc.name = vi)');
    expect(falcoCodesOf(result)).toEqual(['LOAD_DEPRECATED_ITEM']);
    expect(
      codesOf(
        after({ append: true, condition: 'and x.y exists', override: { condition: 'append' } }),
      ),
    ).toContain('append-and-override');
    expect(codesOf(after({ append: true }))).toContain('nothing-to-append');
  });
  it('override: every overridable key needs an entry, every entry its key', () => {
    expect(
      codesOf(
        after({ condition: 'and evt.num > 0', output: 'x', override: { condition: 'append' } }),
      ),
    ).toEqual(['bad-override']);
    expect(codesOf(after({ override: { condition: 'append' } }))).toEqual(['bad-override']);
    expect(codesOf(after({ condition: 'x', override: {} }))).toContain('bad-override');
    expect(
      after({ condition: 'x', override: { condition: 'apend' } }).diagnostics[0],
    ).toMatchObject({
      code: 'bad-override',
      hint: 'did you mean "append"?',
    });
  });
  it('appendable keys: condition, output, desc, tags, exceptions', () => {
    const exceptions = [{ name: 'e', fields: 'proc.name', values: ['vi'] }];
    const override = {
      condition: 'append',
      output: 'append',
      desc: 'append',
      tags: 'append',
      exceptions: 'append',
    };
    const result = after({
      condition: 'and evt.num > 0',
      output: 'p',
      desc: 'e',
      tags: ['b', 'a'],
      exceptions,
      override,
    });
    expect(errorsOf(result)).toEqual([]);
    expect(understood(result)).toBe(
      '((evt.type = open and evt.num > 0) and not proc.name in (vi))',
    );
    expect(result.rules[0]?.item).toMatchObject({
      output: { text: 'o %evt.type p' },
      description: 'd e',
      tags: ['a', 'b'],
    });
  });
  it('replaceable keys: those and priority, capture, capture_duration, enabled, warn_evttypes, skip-if-unknown-filter', () => {
    const values = {
      priority: 'ERROR',
      capture: true,
      capture_duration: 7,
      enabled: false,
      warn_evttypes: false,
      'skip-if-unknown-filter': true,
      condition: 'evt.type = creat',
      output: 'p',
      desc: 'e',
      tags: ['z'],
    };
    const override = Object.fromEntries(Object.keys(values).map((key) => [key, 'replace']));
    expect(item({ ...values, override })).toMatchObject({
      priority: 'Error',
      capture: true,
      captureDurationMs: 7,
      enabled: false,
      warnEvttypes: false,
      skipIfUnknownFilter: true,
      condition: { text: 'evt.type = creat' },
      output: { text: 'p' },
      description: 'e',
      tags: ['z'],
    });
    expect(codesOf(after({ priority: 'ERROR', override: { priority: 'append' } }))).toEqual([
      'bad-override',
    ]);
    expect(codesOf(after({ source: 'x', override: { source: 'replace' } }))).toEqual([
      'bad-override',
    ]);
  });
  it('lists and macros override too', () => {
    const text = `- list: l\n  items: [a]\n- list: l\n  items: [b]\n  override: {items: append}\n- macro: m\n  condition: proc.name in (l)\n`;
    const result = load([text, ruleOf('evt.type = open and m')]);
    expect(understood(result)).toBe('(evt.type = open and proc.name in (a, b))');
    expect(
      understood(load([text.replace('append', 'replace'), ruleOf('evt.type = open and m')])),
    ).toContain('in (b)');
  });
  it('exceptions append: a known name takes values only, a new one needs fields and values', () => {
    const base = ruleOf('evt.type = open', {
      exceptions: [{ name: 'e', fields: ['proc.name'], values: [['vi']] }],
    });
    const append = (exception: object) =>
      load([base, again({ exceptions: [exception], override: { exceptions: 'append' } })]);
    expect(understood(append({ name: 'e', values: [['ed']] }))).toBe(
      '(evt.type = open and not (proc.name = vi or proc.name = ed))',
    );
    expect(codesOf(append({ name: 'e', fields: ['proc.name'], values: [['ed']] }))).toEqual([
      'exception-redefined',
    ]);
    expect(codesOf(append({ name: 'e', comps: ['='], values: [['ed']] }))).toEqual([
      'exception-redefined',
    ]);
    expect(codesOf(append({ name: 'f', values: [['ed']] }))).toEqual(['exception-incomplete']);
    expect(codesOf(append({ name: 'f', fields: ['proc.name'] }))).toContain('exception-incomplete');
    expect(falcoCodesOf(append({ name: 'e' }))).toEqual(['LOAD_APPEND_NO_VALUES']);
  });
  it('append or override of a missing item is an error', () => {
    for (const text of [
      '- list: l\n  items: []\n  override: {items: append}',
      '- macro: m\n  condition: x\n  override: {condition: append}',
      '- rule: X\n  desc: e\n  override: {desc: replace}',
      '- rule: X\n  enabled: true',
      '- rule: X\n  desc: e\n  override: {desc: append}',
    ]) {
      expect(falcoCodesOf(load(text))).toContain('LOAD_ERR_VALIDATE');
    }
    expect(
      load([BASE, '- rule: Rr\n  desc: e\n  override: {desc: append}']).diagnostics[0]?.hint,
    ).toBe('did you mean "R"?');
  });
  it('redefining with a different explicit source is an error', () => {
    const options = { sources: ['syscall', 'k8s_audit'] };
    expect(
      codesOf(load([BASE, ruleOf('evt.type = open', { source: 'k8s_audit' })], options)),
    ).toEqual(['source-changed']);
    expect(load([BASE, ruleOf('evt.type = creat')], options).ok).toBe(true);
  });
  it('unknown source: LOAD_UNKNOWN_SOURCE, the rule is skipped', () => {
    const result = load(ruleOf('ka.verb = get', { source: 'k8s_audit' }));
    expect(falcoCodesOf(result)).toEqual(['LOAD_UNKNOWN_SOURCE']);
    expect(result.ok).toBe(true);
    expect(result.ruleSet.rules).toEqual([]);
  });
});
