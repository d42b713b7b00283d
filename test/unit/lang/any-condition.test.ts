import * as fc from 'fast-check';
import { describe, expect, it } from '@jest/globals';
import { Evaluator } from '../../../sensor/engine/index.js';
import { allFields, compileCondition } from '../../../sensor/lang/index.js';
import { load, ruleOf } from './loading.js';

const ARGUMENTS: Readonly<Record<string, string>> = {
  param: '.flags',
  event: '.open',
  index: '[1]',
  'index-or-key': '[0]',
  key: '[5]',
};
const field = fc.constantFrom(
  ...allFields().map(({ name, arg, argKind }) =>
    arg === 'none' ? name : `${name}${ARGUMENTS[argKind ?? 'key']!}`,
  ),
);
const operand = fc.oneof(
  { weight: 3, arbitrary: field },
  fc
    .tuple(fc.constantFrom('tolower', 'toupper', 'b64', 'basename', 'len', 'concat'), field)
    .map(([name, inner]) => `${name}(${inner})`),
  field.map((inner) => `tolower(basename(${inner}))`),
  field.map((inner) => `join("-", (${inner}, "x"))`),
  field.map((inner) => `getopt(${inner}, "nt:")[n]`),
);
const literal = fc.constantFrom(
  ...'x 5 -1 true 10.0.0.1 10.0.0.0/8 ::1 open * ".*" "a b" "" <NA> 80 http "\\xff" "\\\\" [ (a'.split(
    ' ',
  ),
);
const right = fc.oneof(
  { weight: 4, arbitrary: literal },
  field.map((inner) => `val(${inner})`),
  field.map((inner) => `toupper(${inner})`),
);
const scalar = fc.constantFrom(
  ...'= == != < <= > >= contains icontains startswith endswith glob iglob regex bcontains bstartswith'.split(
    ' ',
  ),
);
const list = fc.array(right, { maxLength: 3 }).map((items) => `(${items.join(', ')})`);
const check = fc.oneof(
  fc.tuple(operand, scalar, right),
  fc.tuple(operand, fc.constantFrom('in', 'intersects', 'pmatch'), list),
  fc.tuple(operand, scalar, fc.constantFrom('oneof', 'anyof', 'allof'), list),
  fc.tuple(operand, fc.constant('exists')),
);
const condition = fc
  .array(fc.tuple(fc.constantFrom('', 'not '), check), { minLength: 1, maxLength: 3 })
  .map((checks) => checks.map(([not, words]) => `${not}${words.join(' ')}`).join(' and '));
const value = fc.oneof(
  fc.constantFrom('x', '', '/etc/a', '10.0.0.1', 'true', '5', 'open'),
  fc.integer(),
  fc.bigInt(),
  fc.double(),
  fc.boolean(),
  fc.constant(null),
  fc.array(fc.string(), { maxLength: 2 }),
  fc.object({ maxDepth: 1 }),
);
const event = fc.dictionary(field, value, { maxKeys: 6 });

/** Whatever fields, transformers, operators and values meet: an answer or a fault with its place and a hint, never a throw. */
describe('any condition', () => {
  const evaluator = new Evaluator((text) => {
    const compiled = compileCondition(text);
    return compiled.ok
      ? { ok: true as const, condition: compiled.condition }
      : { ok: false as const, problem: compiled.diagnostics };
  });
  it('on any event is answered', () => {
    fc.assert(
      fc.property(condition, event, (text, values) => {
        const given = evaluator.evaluate(text, values);
        if (given.ok) expect(typeof given.result).toBe('boolean');
        else if ('condition' in given) {
          const [found] = given.condition.filter(({ severity }) => severity === 'error');
          expect(found).toMatchObject({ hint: expect.any(String) as unknown });
          expect(found!.span.end).toBeLessThanOrEqual(text.length);
        } else expect(given.reason).not.toBe('');
      }),
      { numRuns: 4000 },
    );
  });
  it('in a rule is loaded or refused', () => {
    fc.assert(
      fc.property(condition, (text) => {
        const { diagnostics, ok } = load(ruleOf(`evt.type = open and ${text}`));
        expect(ok).toBe(diagnostics.every(({ severity }) => severity !== 'error'));
      }),
      { numRuns: 1000 },
    );
  });
  it('a pattern that needs no regex, behind a transformer, is warned of with the call', () => {
    const { diagnostics } = load(ruleOf('evt.type = open and tolower(proc.name) regex "a.*"'));
    expect(diagnostics).toMatchObject([{ hint: 'write tolower(proc.name) startswith a' }]);
  });
});
