import {
  compileRules,
  Evaluator,
  explain,
  formatClauses,
  withoutRepeats,
  type Clause,
  type FieldSource,
} from '../../../sensor/engine/index.js';
import type { Condition } from '../../../sensor/lang/ir.js';
import { and, compare, macro, or, rule } from '../../support/conditions.js';

/** Each macro names the one below twice: to ask each time is to ask 2^60 times. */
const LEVELS = 60;

function doubled(): Condition {
  let body: Condition = compare('evt.type', '=', 'open');
  for (let level = 0; level < LEVELS; level++) {
    const once = macro(`m${level}`, body);
    body = or(
      and(once, compare('proc.name', '=', `a${level}`)),
      and(once, compare('fd.name', '=', `b${level}`)),
    );
  }
  return body;
}

const fields: FieldSource<ReadonlyMap<string, string>> = {
  getter:
    ({ text }) =>
    (event) =>
      event.get(text) ?? null,
};
const EVENT = new Map([
  ['evt.type', 'open'],
  ['proc.name', 'a59'],
  ['fd.name', 'b58'],
]);

function size(clause: Clause): number {
  return clause.clauses.reduce((sum, one) => sum + size(one), 1);
}

describe('macros that name another twice, level upon level', () => {
  it('are evaluated once by eval', () => {
    const evaluator = new Evaluator(() => ({ ok: true, condition: doubled() }));
    expect(evaluator.evaluate('x', Object.fromEntries(EVENT))).toEqual({ ok: true, result: false });
  });

  it('are explained once, and said to stand above where they stand again', () => {
    const clauses = explain(doubled(), EVENT, fields);
    expect(clauses.result).toBe(false);
    expect(size(withoutRepeats(clauses))).toBeLessThan(10 * LEVELS);
    const lines = formatClauses(clauses).split('\n');
    expect(lines.length).toBeLessThan(10 * LEVELS);
    expect(lines.filter((line) => line.endsWith('✗ m58   # see above'))).toHaveLength(1);
  });

  it('are compiled once', () => {
    const engine = compileRules(
      { rules: [rule('doubled', doubled())] },
      { fields, types: { names: ['open', 'close'] }, matching: 'all' },
    );
    expect(engine.match(0, EVENT)).toEqual([]);
    expect([...engine.types]).toEqual([0]);
  });

  it('are judged once where a field cannot be read', () => {
    const engine = compileRules(
      { rules: [rule('doubled', doubled()), rule('other', compare('fd.num', '=', 1))] },
      {
        fields: {
          getter: (use) => (event: typeof EVENT) => {
            if (use.text === 'fd.num') throw new Error('unreadable');
            return fields.getter(use)(event);
          },
        },
        types: { names: ['open'] },
        matching: 'all',
      },
    );
    expect(engine.match(0, EVENT)).toEqual([]);
    expect(engine.errors).toBe(1);
  });
});
