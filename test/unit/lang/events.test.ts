import { describe, expect, it } from '@jest/globals';
import { compileCondition } from '../../../sensor/lang/index.js';
import { falcoCodesOf, load, ruleOf } from './loading.js';

function inferred(condition: string): readonly [codes: number, names: string] {
  const result = compileCondition(condition);
  if (!result.ok) throw new Error(result.diagnostics.map(({ message }) => message).join());
  const { codes, events } = result.events;
  if (events === 'all') return [codes, 'all'];
  return [codes, events.size > 12 ? `${events.size} names` : [...events].sort().join(' ')];
}
const warns = (condition: string, more = {}): boolean =>
  falcoCodesOf(load(ruleOf(condition, more))).includes('LOAD_NO_EVTTYPE');

describe('falco-formats §1, event types for inference', () => {
  it('universe: a check without evt.type has all 454 codes', () => {
    expect(inferred('proc.name = x')).toEqual([454, 'all']);
  });
  it.each([
    ['evt.type = open', 2, 'open'],
    ['evt.type in (open, openat, openat2)', 8, 'open openat openat2'],
    ['evt.type in (execve, execveat)', 18, 'execve execveat'],
    ['evt.type = execve', 16, 'execve'],
    ['evt.type = accept', 8, 'accept'],
    ['evt.type = clone', 8, 'clone'],
    ['evt.type = vfork', 6, 'vfork'],
    ['evt.type = container', 3, 'container'],
    ['evt.num = 0', 0, ''],
  ])('weight of %s', (condition, codes, names) => {
    expect(inferred(condition)).toEqual([codes, names]);
  });
  it('evt.type != open has 452', () => expect(inferred('evt.type != open')[0]).toBe(452));
  it('generic system calls share one pair, for one name or fifty', () => {
    expect(inferred('evt.type = acct')).toEqual([2, 'acct']);
    expect(inferred('evt.type in (acct, adjtimex, open)')).toEqual([4, 'acct adjtimex open']);
    expect(inferred('evt.type != acct')[0]).toBe(452);
  });
  it('threshold: more than 100 codes warn, unless warn_evttypes is false; the empty set never does', () => {
    expect(warns('proc.name = x')).toBe(true);
    expect(warns('evt.type != open')).toBe(true);
    expect(warns('proc.name = x', { warn_evttypes: false })).toBe(false);
    expect(warns('evt.type = open and proc.name = x')).toBe(false);
    expect(warns('evt.num = 0')).toBe(false);
  });
  it('operators that shape the set: = == != in on evt.type and syscall.type; exists is all', () => {
    expect(inferred('evt.type == open')[0]).toBe(2);
    expect(inferred('syscall.type = open')[0]).toBe(2);
    expect(inferred('evt.type exists')[0]).toBe(454);
    expect(inferred('not evt.type exists')[0]).toBe(0);
    expect(inferred('evt.type startswith open')[0]).toBe(454);
    expect(inferred('evt.type.is.open = 1')[0]).toBe(454);
  });
  it('algebra: and intersects, or unites, not goes to the leaves', () => {
    expect(inferred('evt.type = open and evt.type = creat')[0]).toBe(0);
    expect(inferred('evt.type = open or evt.type = creat')).toEqual([4, 'creat open']);
    expect(inferred('evt.type = open or proc.name = x')[0]).toBe(454);
    expect(inferred('not (evt.type = open or evt.type = creat)')[0]).toBe(450);
    expect(inferred('not (evt.type = open and proc.name = x)')[0]).toBe(454);
    expect(inferred('evt.type in (open, creat) and not evt.type = open')).toEqual([2, 'creat']);
  });
  it('negation: a neutral leaf stays all; != inverts once more', () => {
    expect(inferred('not proc.name = x')[0]).toBe(454);
    expect(inferred('not evt.type != open')).toEqual([2, 'open']);
  });
  it.each([
    ['evt.num = 0', 0],
    ['evt.num < 1', 0],
    ['evt.num <= 0', 0],
    ['evt.num in (0)', 0],
    ['evt.num in ()', 0],
    ['evt.num != 0', 454],
    ['evt.num > 0', 454],
    ['evt.num >= 1', 454],
    ['evt.num = 5', 454],
    ['evt.num = -1', 454],
    ['not evt.num = 0', 454],
    ['not evt.num > 0', 0],
    ['not evt.num = 5', 454],
  ])('evt.num: %s has %d', (condition, codes) => expect(inferred(condition)[0]).toBe(codes));
  it('field or transformer on evt.type is refused', () => {
    expect(compileCondition('evt.type = val(proc.name)').ok).toBe(false);
    expect(compileCondition('tolower(evt.type) = open').ok).toBe(false);
  });
});

describe('falco-formats §1, values of evt.type', () => {
  const codes = (condition: string): readonly string[] =>
    compileCondition(condition).diagnostics.map(({ code }) => code);
  it('"syscall" loads with the empty set', () => expect(inferred('evt.type = syscall')[0]).toBe(0));
  it('"NA", "unknown" and "" load', () => {
    expect(inferred('evt.type = NA')[0]).toBe(35);
    expect(inferred('evt.type = unknown')[0]).toBe(2);
    expect(inferred('evt.type = ""')[0]).toBe(2);
  });
  it('spellings that no event carries load and are warned of, with the right one', () => {
    expect(inferred('evt.type = pread64')[0]).toBe(2);
    expect(compileCondition('evt.type = pread64').diagnostics[0]).toMatchObject({
      code: 'event-never-delivered',
      hint: 'the event is called "pread"',
    });
  });
  it('anything else is an unknown event type, or LOAD_UNKNOWN_FILTER with skip-if-unknown-filter', () => {
    expect(codes('evt.type = opne')).toEqual(['unknown-event-type']);
    const skipped = load(ruleOf('evt.type = opne', { 'skip-if-unknown-filter': true }));
    expect(falcoCodesOf(skipped)).toEqual(['LOAD_UNKNOWN_FILTER']);
    expect([skipped.ok, skipped.ruleSet.rules.length]).toEqual([true, 0]);
  });
  it('values are checked one by one, whatever the operator', () => {
    expect(codes('evt.type in (open, opne)')).toEqual(['unknown-event-type']);
    expect(codes('evt.type regex "open.*"')).toEqual(['unknown-event-type']);
  });
  it('syscall.type: no check, but a warning of our own', () => {
    expect(codes('syscall.type = opne')).toEqual(['unknown-syscall']);
    expect(inferred('syscall.type = opne')[0]).toBe(0);
  });
  it('a rule whose events this build does not take is warned of', () => {
    const result = load(ruleOf('evt.type = chmod'), { captured: new Set(['open']) });
    expect(result.diagnostics.map(({ code }) => code)).toEqual(['event-not-captured']);
  });
});
