import { Evaluator } from '../../../sensor/engine/index.js';
import type { Condition } from '../../../sensor/lang/ir.js';
import { compare } from '../../support/conditions.js';
import { leastCpuMs } from '../../support/least-cpu.js';

const conditions: Readonly<Record<string, Condition>> = {
  'proc.name = cat': compare('proc.name', '=', 'cat'),
  'fd.sip = 10.0.0.1': compare('fd.sip', '!=', 'x'),
};

describe('Evaluator', () => {
  let compiled = 0;
  const compile = (text: string) => {
    compiled++;
    const condition = conditions[text];
    return condition === undefined
      ? { ok: false as const, problem: `no such condition: ${text}` }
      : { ok: true as const, condition };
  };

  it('says true, false, and what is wrong with a condition or a value', () => {
    const evaluator = new Evaluator(compile);
    const evaluate = evaluator.evaluate.bind(evaluator);
    expect(evaluate('proc.name = cat', { 'proc.name': 'cat' })).toEqual({ ok: true, result: true });
    expect(evaluate('proc.name = cat', {})).toEqual({ ok: true, result: false });
    expect(evaluate('nonsense', {})).toEqual({
      ok: false,
      condition: 'no such condition: nonsense',
    });
    expect(evaluate('proc.name = cat', { 'fd.sip': 'here' })).toEqual({
      ok: false,
      field: 'fd.sip',
      reason: '"here" is not an address',
    });
  });

  it('compiles a condition once while it is in use, and forgets the oldest', () => {
    const evaluator = new Evaluator(compile, { capacity: 2 });
    compiled = 0;
    for (const text of ['a', 'b', 'a', 'c', 'a', 'b']) evaluator.evaluate(text, {});
    // a, b, c; then b again, which went when c came because a was used since.
    expect(compiled).toBe(4);
  });

  it('keeps a bounded amount of text, and no huge condition at all', () => {
    const evaluator = new Evaluator(compile);
    const long = (i: number): string => `${i} ${'x'.repeat(60_000)}`;
    const huge = 'y'.repeat(100_000);
    compiled = 0;
    for (let i = 0; i < 20; i++) evaluator.evaluate(long(i), {});
    expect(compiled).toBe(20);
    // The last ones are there, the first ones went; the huge one is made each time.
    evaluator.evaluate(long(19), {});
    expect(compiled).toBe(20);
    evaluator.evaluate(long(0), {});
    evaluator.evaluate(huge, {});
    evaluator.evaluate(huge, {});
    expect(compiled).toBe(23);
    evaluator.evaluate(long(19), {});
    expect(compiled).toBe(23);
  });

  it('evaluates thousands a second', () => {
    const evaluator = new Evaluator(compile);
    const ms = leastCpuMs(1500, () => {
      for (let i = 0; i < 5000; i++)
        evaluator.evaluate('proc.name = cat', { 'proc.name': 'cat', 'fd.num': i });
    });
    expect(ms).toBeLessThan(1500);
  });
});
