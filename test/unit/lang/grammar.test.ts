import * as fc from 'fast-check';
import { describe, expect, it } from '@jest/globals';
import { MAX_DEPTH, countParses, parse, printAst } from '../../../grammar/index.js';
import type { Ast } from '../../../grammar/index.js';
import { isCondition } from '../../support/plain-grammar.js';
import { leastCpuMs } from '../../support/least-cpu.js';

/** A tree without spans and quoting: what the text means. */
function meaning(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(meaning);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => !/^(?:span|opSpan|rightSpan)$/.test(key))
      .filter(([, part]) => part !== 'bare' && part !== 'quoted')
      .map(([key, part]) => [key, meaning(part)]),
  );
}

function problem(text: string): string {
  try {
    return `parsed as ${printAst(parse(text))}`;
  } catch (error) {
    const { message, span } = error as { message: string; span: { start: number } };
    return `${span.start}: ${message}`;
  }
}

const same = (text: string, printed = text): void => {
  expect(printAst(parse(text))).toBe(printed);
  expect(countParses(text)).toBe(1);
};
const value = (text: string): unknown => {
  const ast = parse(text);
  return ast.kind === 'compare' && ast.right[0]?.kind === 'text' ? ast.right[0].value : ast;
};

describe('falco-compat §1.5, condition grammar', () => {
  it('precedence: not binds tighter than and, and tighter than or; parentheses group', () => {
    same('a and b or not c and d');
    same('a and (b or c)');
    expect(meaning(parse('a or b and c'))).toEqual(meaning(parse('a or (b and c)')));
    expect(meaning(parse('not a and b'))).toEqual(meaning(parse('(not a) and b')));
  });
  it('and/or are n-ary', () => {
    expect(parse('a and b and c')).toMatchObject({ kind: 'and', items: { length: 3 } });
  });
  it(`nesting: ${MAX_DEPTH} levels parse, one more does not`, () => {
    const nested = (n: number): string => `${'('.repeat(n)}a${')'.repeat(n)}`;
    expect(printAst(parse(nested(MAX_DEPTH)))).toBe('a');
    expect(problem(nested(MAX_DEPTH + 1))).toContain('nested deeper');
    expect(problem(`${'not '.repeat(MAX_DEPTH + 1)}a`)).toContain('nested deeper');
    expect(() => parse('('.repeat(100_000))).toThrow('nested deeper');
  });
  it('parts: as many as a machine writes, not as many as fill the memory; values do not count', () => {
    expect(problem(Array(200_000).fill('a').join(' or '))).toContain('more than 300000 parts');
    expect(problem(`a.b in (${'val(a.c), '.repeat(110_000)}x)`)).toContain('more than 300000');
    expect(parse(`a.b in (${'x, '.repeat(310_000)}x)`)).toMatchObject({ form: 'list' });
  });
  it('keyword boundaries: and, or and not need a blank or "(" behind them', () => {
    same('not(a)and(b)or(c)', 'not a and b or c');
    same('evt.num>=0and x', 'evt.num >= 0 and x');
    same('android or order', 'android or order');
    expect(problem('nothing and a')).toBe(
      '0: expected a field, a macro, "not" or "(", found "nothing"',
    );
    expect(problem('a.b = x andc')).toBe('8: expected "and", "or" or the end, found "andc"');
    expect(problem('a and')).toContain('found the end');
  });
  it('repeated not toggles; parentheses between keep both', () => {
    same('not not a', 'a');
    same('not not not a', 'not a');
    same('not not(a or b)and c', '(a or b) and c');
    same('not (not a)');
    same('not not not (not a)', 'not (not a)');
  });
  it('and, or, exists and operators are names where a check is due', () => {
    expect(parse('and and or')).toMatchObject({
      kind: 'and',
      items: [
        { kind: 'macro', name: 'and' },
        { kind: 'macro', name: 'or' },
      ],
    });
    same('not exists or (in) and contains', 'not exists or in and contains');
    expect(problem('and and')).toContain('found the end');
    expect(problem('a and and (b)')).toContain('found "("');
  });
  it('every fault has a hint', () => {
    for (const text of [
      ...['', 'a and', 'not', 'a b', '()', '(a', 'a)', '_a', 'a.b', 'a.b [1] exists', '.a = 1'],
      ...['a.b = = c', 'a.b > x', 'a.b > 0x', 'a.b containsc', 'a.b in (a b)', 'a.b in (a,)'],
      ...['a.b in 1', 'a.b in [a]', 'a.b inside (a)', 'unknown(a.b) = c', 'tolower(a) = c'],
      ...['tolower() = c', 'a.b = val(c)', 'a.b = val (c.d)', 'a.b in oneof (a)', 'a.b = "\\q"'],
      ...['a.b = "a', 'a.b =', 'a.b = c d', '\ufeffa', 'a\0b', 'a.b exists)', 'a\u00a0and b'],
    ]) {
      let hint: string | undefined = 'parsed';
      try {
        parse(text);
      } catch (error) {
        hint = (error as { hint?: string }).hint;
      }
      expect([text, typeof hint, hint === 'parsed']).toEqual([text, 'string', false]);
    }
  });
  it('characters that nobody sees are named', () => {
    expect(problem('a\u00a0and b')).toContain('found "\\xa0"');
    expect(problem('\u200ba')).toContain('found "U+200B"');
  });
  it('check: field comparison, transformer comparison, macro, parenthesised expression', () => {
    same('proc.name = cat and tolower(proc.name) = cat and spawned and (x or y)');
  });
  it('field: a dot at least, an argument in brackets without a blank before it', () => {
    same('proc.aname[2] = x');
    same('proc.env[HOME] = x');
    same(`proc.env["A B"] = x`);
    expect(parse(`a.b['x y'] exists`)).toMatchObject({ left: { name: 'a.b', arg: 'x y' } });
    expect(problem('proc.aname [2] = x')).toContain('expected');
    expect(problem('proc.env[a b] = x')).toContain('expected');
    expect(problem('proc. = x')).toContain('expected');
  });
  it('identifier: letters first, then letters, digits, underscore', () => {
    same('a1_b');
    expect(problem('_a')).toContain('found "_a"');
    expect(problem('1a')).toContain('found');
  });
  it('bare string: anything but blanks, ( ) " \' = and comma', () => {
    expect(value('fd.name = /a<b>!c[1]:*.x')).toBe('/a<b>!c[1]:*.x');
    expect(value('fd.name=a\\b')).toBe('a\\b');
    expect(problem('fd.name = a=b')).toContain('found');
  });
  it('number: sign, digits, fraction, signed exponent, hexadecimal', () => {
    for (const number of ['0', '-1', '+5', '1.5', '1.', '2e+3', '0x1F', '0X1f']) {
      expect(value(`a.b >= ${number}`)).toBe(number);
    }
    expect(problem('a.b > x')).toContain('expected a number');
    expect(problem('a.b > 2e3')).toContain('found');
  });
  it('blanks: space, tab, backspace, CR, LF', () => same('\ta\b and\r\n b ', 'a and b'));
  it('word operators need a blank behind them', () => {
    for (const op of [
      'contains',
      'icontains',
      'bcontains',
      'startswith',
      'bstartswith',
      'endswith',
      'glob',
      'iglob',
      'regex',
    ]) {
      same(`a.b ${op} x`);
      expect(problem(`a.b ${op}"x"`)).toContain('expected an operator');
    }
  });
  it('other operators need none', () => {
    same('a.b=x and a.b==x and a.b!=x', 'a.b = x and a.b == x and a.b != x');
    same('a.b<1 and a.b<=1 and a.b>1 and a.b>=1', 'a.b < 1 and a.b <= 1 and a.b > 1 and a.b >= 1');
    same(
      'a.b in(x) and a.b intersects(x) and a.b pmatch(x)',
      'a.b in (x) and a.b intersects (x) and a.b pmatch (x)',
    );
    same('(a.b exists)', 'a.b exists');
  });
  it('modifiers: a text operator, oneof/anyof/allof, a list', () => {
    same('a.b startswith oneof (x, y)');
    same('a.b = anyof (x) and a.b regex allof (y)');
    expect(parse('a.b = oneof names')).toMatchObject({ modifier: 'oneof', form: 'name' });
    expect(value('a.b = oneof')).toBe('oneof');
  });
  it('list right-hand side: values in parentheses, a name, or val() and transformers', () => {
    same('a.b in ()');
    same('a.b in (x, "y z", /p)');
    same('a.b in names');
    same('a.b in (val(c.d), tolower(e.f))');
    same('a.b in val(c.d)', 'a.b in val(c.d)');
    expect(problem('a.b in (x,)')).toContain('expected a value');
    expect(problem('a.b in (x y)')).toContain('found "y"');
    expect(problem('a.b in (,x)')).toContain('found ","');
    same('a.b innames', 'a.b in names');
    expect(problem('a.b inn (x)')).toBe('4: expected an operator, found "inn"');
  });
  it('quoting: both quotes, escapes, and what is no escape', () => {
    expect(value(`a.b = "\\b\\f\\n\\r\\t\\\\\\/\\x41\\""`)).toBe('\b\f\n\r\t\\/A"');
    expect(value(`a.b = 'it\\'s'`)).toBe("it's");
    expect(value(`a.b = "it's"`)).toBe("it's");
    expect(value('a.b = "é\\xff"')).toBe('\xc3\xa9\xff');
    expect(problem(`a.b = "\\'"`)).toContain('is no escape');
    expect(problem('a.b = "\\q"')).toContain('"\\q" is no escape');
    expect(problem('a.b = "\\x00"')).toContain('NUL');
    expect(problem('a.b = "x')).toBe('6: quoted text is not closed');
  });
  it('right-hand field: val(), a transformer call', () => {
    same('a.b = val(c.d[1])');
    same('a.b != toupper(basename(c.d))');
    expect(problem('a.b = val(c)')).toContain('expected a field');
    expect(problem('a.b = val(c.d, e.f)')).toContain('expected');
  });
  it('transformers: all eight, nested, with lists and an index', () => {
    same(
      'tolower(a.b) = x and toupper(a.b) = x and b64(a.b) = x and basename(a.b) = x and len(a.b) = 1',
    );
    same('join("-", (a.b, c.d)) = x and concat(a.b, ":", c.d) = x:y');
    same('getopt(a.b, "nt:")[t] = x and getopt(a.b, "nt:") intersects (n, t)');
    same('tolower(basename(a.b)) = x');
    expect(problem('tolower() = x')).toContain('expected');
    expect(problem('tolower(a.b = x')).toContain('expected');
    expect(problem('tolower(a.b) [x] = y')).toContain('expected');
  });
  it('names the position and what was expected', () => {
    expect(problem('a.b contians x')).toBe('4: expected an operator, found "contians"');
    expect(problem('(a')).toBe('2: ")" is missing at the end');
    expect(problem('a)')).toBe('1: ")" closes nothing');
    expect(problem('')).toBe('0: the condition is empty');
    expect(problem('a b')).toBe('2: expected "and", "or" or the end, found "b"');
    expect(problem('a.b = ')).toBe('6: expected a value, found the end');
  });
  it('a list of thousands of items parses in linear time', () => {
    const items = (n: number): string => Array.from({ length: n }, (_, i) => `item${i}`).join(', ');
    const timed = (n: number, rounds: number): number => {
      const text = `a.b in (${items(n)})`;
      return leastCpuMs(0, () => parse(text), rounds);
    };
    timed(1000, 3);
    const small = Math.max(timed(2000, 3), 0.5);
    expect(timed(40_000, 2)).toBeLessThan(small * 20 * 10);
  });
});

const word = fc.stringMatching(/^[a-z][a-z0-9_]{0,5}$/).filter((w) => !/^(?:and$|or$|not)/.test(w));
const bytes = fc
  .string({ unit: 'binary-ascii', maxLength: 8 })
  .map((text) => Buffer.from(text.replaceAll('\0', 'x'), 'utf8').toString('latin1'));
const highBytes = fc
  .uint8Array({ maxLength: 6 })
  .map((array) => Buffer.from(array).toString('latin1').replaceAll('\0', 'x'));
const text = fc.oneof(word, bytes, highBytes);
const span = { start: 0, end: 0 };
const field = fc.record({
  kind: fc.constant('field' as const),
  name: fc.tuple(word, word).map((parts) => parts.join('.')),
  arg: fc.option(text.filter((arg) => arg !== '')),
  val: fc.constant(false),
  span: fc.constant(span),
});
const literal = text.map((it) => ({
  kind: 'text' as const,
  value: it,
  form: 'bare' as const,
  span,
}));
const operand = fc.letrec((tie) => ({
  operand: fc.oneof({ depthSize: 'small' }, field, tie('call')),
  call: fc
    .record({
      name: fc.constantFrom('tolower', 'toupper', 'b64', 'basename', 'len', 'concat'),
      args: fc.array(fc.oneof(tie('operand'), literal), { minLength: 1, maxLength: 2 }),
    })
    .map((call) => ({ kind: 'call', index: null, span, ...call })),
})).operand as fc.Arbitrary<typeof field extends fc.Arbitrary<infer T> ? T : never>;
const right = operand.map((it) => (it.kind === 'field' ? { ...it, val: true } : it));
const compare = fc
  .oneof(
    fc.record({
      op: fc.constantFrom('=', '==', '!=', 'contains', 'startswith', 'glob', 'regex'),
      modifier: fc.constant(null),
      right: fc.tuple(fc.oneof(literal, right)),
      form: fc.constant('one'),
    }),
    fc.record({
      op: fc.constantFrom('<', '<=', '>', '>='),
      modifier: fc.constant(null),
      right: fc.tuple(
        fc.integer().map((n) => ({ kind: 'text', value: String(n), form: 'bare', span })),
      ),
      form: fc.constant('one'),
    }),
    fc.record({
      op: fc.constantFrom('in', 'intersects', 'pmatch'),
      modifier: fc.constant(null),
      right: fc.array(fc.oneof(literal, right), { maxLength: 4 }),
      form: fc.constant('list'),
    }),
    fc.record({
      op: fc.constantFrom('=', 'endswith', 'iglob'),
      modifier: fc.constantFrom('oneof', 'anyof', 'allof'),
      right: fc.array(literal, { maxLength: 3 }),
      form: fc.constant('list'),
    }),
  )
  .chain((check) => operand.map((left) => ({ kind: 'compare', left, ...check })));
const ast = fc.letrec((tie) => ({
  ast: fc.oneof({ depthSize: 'small' }, compare, tie('leaf'), tie('group'), tie('not')),
  leaf: fc.oneof(
    word.map((name) => ({ kind: 'macro', name })),
    operand.map((left) => ({ kind: 'exists', left })),
  ),
  not: tie('ast').map((item) => ({ kind: 'not', item })),
  group: fc.record({
    kind: fc.constantFrom('and', 'or'),
    items: fc.array(tie('ast'), { minLength: 2, maxLength: 4 }),
  }),
})).ast as fc.Arbitrary<Ast>;

/** `a and (b and c)` prints and parses as itself: groups stay as they are. */
describe('long chains', () => {
  const msFor = (source: string): number => leastCpuMs(0, () => parse(source), 1);
  it.each([
    ['or', (n: number) => Array.from({ length: n }, (_, i) => `a.b = ${i}`).join(' or ')],
    ['and', (n: number) => Array.from({ length: n }, (_, i) => `a.b = ${i}`).join(' and ')],
    [
      'operands in a list',
      (n: number) => `a.b in (${Array.from({ length: n }, () => 'val(a.c)').join()})`,
    ],
  ])('of %s: eight times as long does not take sixty-four times as long', (_, chain) => {
    msFor(chain(1000));
    // The best of several pairs: others on the machine can only make one slower.
    let best = Infinity;
    for (let pair = 0; pair < 8 && best >= 32; pair++) {
      const short = Math.min(msFor(chain(1000)), msFor(chain(1000)));
      best = Math.min(best, msFor(chain(8000)) / short);
    }
    expect(best).toBeLessThan(32);
  });
  it('keep their order and their spans; the parentheses around a node are no part of it', () => {
    const ast = parse('a.b=1 or (b or c) or d and e and not f');
    expect(printAst(ast)).toBe('a.b = 1 or (b or c) or d and e and not f');
    expect(ast.span).toEqual({ start: 0, end: 38 });
    expect(ast.kind === 'or' && ast.items.map((item) => item.span)).toEqual([
      { start: 0, end: 5 },
      { start: 10, end: 16 },
      { start: 21, end: 38 },
    ]);
  });
});

describe('parse ∘ print', () => {
  it('is the identity, with exactly one parse', () => {
    fc.assert(
      fc.property(ast, (tree) => {
        const printed = printAst(tree);
        expect(meaning(parse(printed))).toEqual(meaning(tree));
        expect(countParses(printed)).toBe(1);
      }),
      { numRuns: 3000 },
    );
  });
  it('never throws anything but a syntax error', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          ast.map(printAst).chain((it) => fc.nat(it.length).map((n) => it.slice(n))),
        ),
        (source) => {
          try {
            parse(source);
          } catch (error) {
            expect((error as Error).name).toBe('ConditionSyntaxError');
          }
        },
      ),
      { numRuns: 3000 },
    );
  });
});

describe('the parser accepts what the rows of falco-compat §1.5 say, and nothing else', () => {
  const piece = fc.constantFrom(
    ...`a b.c proc.name d1_ and or not notable android in inx ins intersects pmatch exists contains icontains startswith
      oneof anyof allof regex = == != < <= > >= ( ) () , val( tolower( len( join( concat( getopt( [x] ["x y"] [] 1 -5 0x1F
      1.5 2e+3 x /etc/* "q" 'q' "a\\n" "\\q" " ' * ; 8:x names val`.split(/\s+/),
  );
  const gap = fc.constantFrom(' ', ' ', ' ', '', '\t', '\n');
  const soup = fc
    .array(fc.tuple(piece, gap), { minLength: 1, maxLength: 12 })
    .map((parts) => parts.flat().join(''));
  const mutated = ast
    .map(printAst)
    .chain((it) =>
      fc
        .tuple(fc.nat(it.length), fc.nat(3), piece)
        .map(([at, cut, more]) => it.slice(0, at) + more + it.slice(at + cut)),
    );
  const accepts = (source: string): boolean => {
    try {
      parse(source);
      return true;
    } catch {
      return false;
    }
  };

  it('on random rows of words', () => {
    fc.assert(
      fc.property(fc.oneof(soup, mutated), (source) => {
        expect(`${source} → ${accepts(source)}`).toBe(`${source} → ${isCondition(source)}`);
      }),
      { numRuns: 20_000 },
    );
  });
});
