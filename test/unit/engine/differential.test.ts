import fc from 'fast-check';
import { toBytes } from '../../../sensor/core/bytes.js';
import { compileRules, Interpreter, type FieldSource } from '../../../sensor/engine/index.js';
import type { FieldUse, FieldValue } from '../../../sensor/lang/field-def.js';
import type { CompareOp, Condition, Modifier, Operand } from '../../../sensor/lang/ir.js';
import {
  and,
  call,
  check,
  exists,
  field,
  macro,
  net,
  not,
  or,
  print,
  regex,
  rule,
} from '../../support/conditions.js';

/** Random values, by field; what is missing is null. */
type RandomEvent = ReadonlyMap<string, FieldValue>;

const getter = (use: FieldUse) => (event: RandomEvent) => event.get(use.text) ?? null;
const PAD = 3;
const fields: FieldSource<RandomEvent> = {
  getter,
  // Of `fd.name` most values lie in bytes, between others that no comparison may see.
  span: (use) =>
    use.text !== 'fd.name'
      ? null
      : (event, span) => {
          const value = event.get(use.text);
          if (typeof value !== 'string' || value.length === 3) return false;
          const around = 'a'.repeat(PAD);
          span.bytes = Buffer.from(around + value + around, 'latin1');
          span.start = PAD;
          span.end = PAD + value.length;
          return true;
        },
};

const TYPES = ['open', 'openat', 'execve', 'connect', 'close'];

// Few letters, short texts: equal and overlapping ones must be common.
const text = fc.oneof(
  fc.string({ unit: fc.constantFrom('a', 'b', '/', 'A', 'é', '*'), maxLength: 6 }),
  fc.constantFrom('/etc', '/etc/passwd', '/etc//passwd/', '/srv/a', 'etc', '', '/', 'ab', 'abc'),
);
const pattern = fc.oneof(
  text,
  fc
    .array(
      fc.constantFrom('a', 'b', '/', '*', '?', '[ab]', '[!a]', '[a-', '\\*', 'B', '[[:alpha:]]'),
      {
        maxLength: 6,
      },
    )
    .map((parts) => parts.join('')),
);
const regexes = fc
  .constantFrom('a*', '/etc/.*', '[ab]+', '(a|b)?c', '.*passwd', '[^/]*', 'é+')
  .map(regex);
const small = fc.integer({ min: -2, max: 4 }).map(BigInt);
const big = fc.constantFrom(0n, -1n, 5n, 2n ** 53n + 1n, 1_767_323_045_000_000_006n);
const ADDRESSES = [
  '10.0.0.1',
  '10.1.2.3',
  '192.168.1.2',
  '8.8.8.8',
  '::1',
  '2001:db8::1',
  '2001:db8:1::2',
];
const NETS = [
  '10.0.0.0/8',
  '10.1.0.0/16',
  '192.168.0.0/16',
  '0.0.0.0/0',
  '2001:db8::/32',
  '2001:db8:1::/47',
  '::1/128',
];
const address = fc.constantFrom(...ADDRESSES).map(net);
const network = fc.constantFrom(...NETS).map(net);

type Check = fc.Arbitrary<Condition>;
const SET_OPS: readonly CompareOp[] = ['in', 'intersects'];
const ORDER_OPS: readonly CompareOp[] = ['=', '!=', '<', '<=', '>', '>='];
const TEXT_OPS: readonly CompareOp[] = ['contains', 'icontains', 'startswith', 'endswith'];

/** `left op right` for every operator its type takes, over the given literals. */
function checks<T extends Parameters<typeof check>[3]>(
  left: fc.Arbitrary<string | Operand>,
  ops: readonly CompareOp[],
  literal: fc.Arbitrary<T>,
): Check {
  return fc
    .tuple(left, fc.constantFrom(...ops), literal)
    .map(([operand, op, value]) => check(operand, op, null, value));
}

function sets<T extends Parameters<typeof check>[3]>(
  left: fc.Arbitrary<string | Operand>,
  ops: readonly CompareOp[],
  literal: fc.Arbitrary<T>,
): Check {
  return fc
    .tuple(left, fc.constantFrom(...ops), fc.array(literal, { maxLength: 9 }))
    .map(([operand, op, values]) => check(operand, op, null, ...values));
}

const TEXTS = ['fd.name', 'proc.name', 'proc.cmdline', 'proc.env[HOME]', 'container.id'];
const textField = fc.constantFrom(...TEXTS);
const ancestors = fc.constantFrom('proc.aname', 'proc.aexepath');
const textOperand: fc.Arbitrary<string | Operand> = fc.oneof(
  { weight: 6, arbitrary: textField },
  { weight: 2, arbitrary: ancestors },
  textField.map((name) => call('tolower', [field(name)])),
  textField.map((name) => call('toupper', [field(name)])),
  textField.map((name) => call('basename', [field(name)])),
  fc.constant(call('concat', [field('proc.name'), '/', field('fd.name')])),
);
const scalarText = fc.constantFrom('fd.name', 'proc.name', 'proc.cmdline');
const intField = fc.constantFrom('fd.num', 'user.uid', 'proc.duration');
const value = fc.oneof(
  scalarText.map(field),
  scalarText.map((name) => call('tolower', [field(name)])),
);

const leaf: Check = fc.oneof(
  checks(textOperand, [...ORDER_OPS, ...TEXT_OPS], text),
  checks(textOperand, ['glob', 'iglob'], pattern),
  checks(textOperand, ['regex'], regexes),
  checks(textOperand, ['bcontains', 'bstartswith'], text),
  sets(textOperand, SET_OPS, text),
  sets(textOperand, ['pmatch'], pattern),
  fc
    .tuple(
      textOperand,
      fc.constantFrom<CompareOp>('=', '!=', 'glob', ...TEXT_OPS),
      fc.constantFrom<Modifier>('oneof', 'anyof', 'allof'),
      fc.array(text, { maxLength: 6 }),
    )
    .map(([operand, op, modifier, values]) => check(operand, op, modifier, ...values)),
  checks(intField, ORDER_OPS, small),
  sets(intField, SET_OPS, small),
  checks(fc.constantFrom('evt.rawtime', 'proc.exe_ino.ctime'), ORDER_OPS, big),
  sets(fc.constant('evt.rawtime'), SET_OPS, big),
  checks(fc.constant('evt.around[1]'), ['='], small),
  checks(fc.constantFrom('evt.is_open_write', 'fd.connected'), ['=', '!='], fc.boolean()),
  sets(fc.constant('evt.is_open_write'), SET_OPS, fc.boolean()),
  checks(fc.constantFrom('fd.sip', 'fd.ip'), ['=', '!='], address),
  sets(fc.constantFrom('fd.sip', 'fd.ip'), SET_OPS, address),
  checks(fc.constantFrom('fd.snet', 'fd.net'), ['=', '!='], network),
  sets(fc.constantFrom('fd.snet', 'fd.net'), SET_OPS, network),
  checks(fc.constantFrom('fd.sport', 'fd.port'), ORDER_OPS, fc.constantFrom(80, 443, 51000)),
  sets(fc.constantFrom('fd.sport', 'fd.port'), SET_OPS, fc.constantFrom(80, 443, 51000)),
  sets(fc.constant('fd.types'), SET_OPS, text),
  checks(fc.constant(call('len', [field('proc.name')])), ORDER_OPS, small),
  checks(fc.constant('evt.type'), ['=', '!='], fc.constantFrom(...TYPES)),
  sets(fc.constant('evt.type'), ['in'], fc.constantFrom(...TYPES)),
  checks(fc.constant('evt.rawarg.flags'), ['=', '!=', '<', '>'], fc.oneof(small, text)),
  checks(scalarText, [...ORDER_OPS, ...TEXT_OPS], value),
  sets(scalarText, ['in'], fc.oneof(value, text)),
  fc
    .constantFrom('fd.name', 'proc.aname', 'fd.ip', 'fd.types', 'evt.rawtime', 'evt.type')
    .map(exists),
);

const condition: Check = fc.letrec<{ node: Condition }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    { weight: 3, arbitrary: leaf },
    {
      weight: 2,
      arbitrary: fc
        .array(tie('node'), { minLength: 1, maxLength: 4 })
        .map((items) => and(...items)),
    },
    {
      weight: 2,
      arbitrary: fc.array(tie('node'), { minLength: 1, maxLength: 4 }).map((items) => or(...items)),
    },
    { weight: 2, arbitrary: tie('node').map(not) },
    tie('node').map((body) => macro('shared', body)),
  ),
})).node;

const bytes = text.map(toBytes);
const host = address.map((literal) => {
  if (literal.kind !== 'net') throw new Error('not an address');
  const { family, address: number } = literal.value;
  return family === 4
    ? Number(number)
    : Buffer.from(number.toString(16).padStart(32, '0'), 'hex').toString('latin1');
});
const port = fc.constantFrom(80, 443, 51000);
const maybe = (arbitrary: fc.Arbitrary<FieldValue>): fc.Arbitrary<FieldValue> =>
  fc.option(arbitrary, { freq: 4, nil: null });
const event: fc.Arbitrary<RandomEvent> = fc
  .record({
    ...Object.fromEntries(TEXTS.map((name) => [name, maybe(bytes)])),
    'proc.aname': maybe(fc.array(bytes, { maxLength: 3 })),
    'proc.aexepath': maybe(fc.array(bytes, { maxLength: 3 })),
    'fd.types': maybe(fc.array(bytes, { maxLength: 3 })),
    'fd.num': maybe(small.map(Number)),
    'user.uid': maybe(fc.constantFrom(0, 3, 4294967295)),
    'proc.duration': maybe(small.map(Number)),
    'evt.rawtime': maybe(big.filter((number) => number >= 0n)),
    'proc.exe_ino.ctime': maybe(big.filter((number) => number >= 0n)),
    'evt.around[1]': maybe(fc.bigInt({ min: 0n, max: 5n })),
    'evt.is_open_write': maybe(fc.boolean()),
    'fd.connected': maybe(fc.boolean()),
    'fd.sip': maybe(host),
    'fd.snet': maybe(host),
    'fd.ip': maybe(fc.array(host, { maxLength: 2 })),
    'fd.net': maybe(fc.array(host, { maxLength: 2 })),
    'fd.sport': maybe(port),
    'fd.port': maybe(fc.array(port, { maxLength: 2 })),
    'evt.rawarg.flags': maybe(fc.oneof(small.map(Number), bytes)),
  })
  .map((values) => new Map(Object.entries(values)));

/** A failed run in a few lines: the counterexample proper stands in the failed expectation. */
function briefly<T>(run: fc.RunDetails<T>): void {
  if (!run.failed) return;
  const cause = run.errorInstance instanceof Error ? run.errorInstance.message : '';
  throw new Error(`seed ${run.seed} after ${run.numRuns} runs\n${cause}`);
}

const RULES = 8;
const EVENTS = 26;

describe('generated code against the interpreter', () => {
  const interpreter = new Interpreter({ getter });

  it('agrees on more than 100,000 pairs of condition and event', () => {
    let pairs = 0;
    let matches = 0;
    const property = fc.property(
      fc.array(condition, { minLength: RULES, maxLength: RULES }),
      fc.array(event, { minLength: EVENTS, maxLength: EVENTS }),
      (conditions, events) => {
        const rules = conditions.map((one, i) => rule(`r${i}`, one));
        const engine = compileRules(
          { rules },
          { fields, types: { names: TYPES }, matching: 'all' },
        );
        events.forEach((values, i) => {
          const type = i % TYPES.length;
          const typed = new Map(values).set('evt.type', TYPES[type] ?? '');
          const want = rules.filter((one) => interpreter.test(one.condition, typed));
          const got = engine.match(type, typed).map((match) => match.rule);
          const differs = rules.filter((one) => want.includes(one) !== got.includes(one));
          expect({
            event: Object.fromEntries([...typed].filter(([, one]) => one !== null)),
            conditions: differs.map((one) => print(one.condition)),
          }).toEqual({ event: expect.anything() as unknown, conditions: [] });
          pairs += rules.length;
          matches += want.length;
        });
        expect(engine.errors).toBe(0);
      },
    );
    fc.assert(property, { numRuns: 500, reporter: briefly });
    expect(pairs).toBeGreaterThan(100_000);
    // Neither all nor nothing: the pairs say something.
    expect(matches / pairs).toBeGreaterThan(0.1);
    expect(matches / pairs).toBeLessThan(0.9);
  });
});
