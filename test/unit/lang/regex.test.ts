import * as fc from 'fast-check';
import { describe, expect, it } from '@jest/globals';
import {
  MAX_KEPT,
  MAX_STEPS,
  MAX_SUBJECT,
  RegexMatcher,
  checkRegex,
  regexGivenUp,
} from '../../../sensor/lang/regex/index.js';
import { leastCpuMs } from '../../support/least-cpu.js';

const ACCEPTED =
  `ab|cd  [0-9]+  [[:digit:]]{1,3}  [[:word:]]  [[:^alpha:]]  a{2,}  a{1000}  ()  a||b  ^a$  $a  []a]  [a-]
  [a\\-z]  \\.  \\/  \\_  \\-  \\n  \\t  \\x41  \\x{1F600}  \\101  a**  {  }  ]  a{,3}`.split(
    /\s+/,
  );
const REFUSED =
  `\\d  \\w  \\s  [\\d]  \\b  (?i)a  (?:a)  (?P<n>a)  (?!a)b  \\A  \\z  \\Q  \\C  \\pL  \\1  \\q  a{1001}
  ((a{100}){100}){100}  [a-z-_]  [z-a]  [  (  )  *a  a|*  a\\`.split(/\s+/);

const matches = (pattern: string, subject: string): boolean =>
  new RegexMatcher(pattern).test(subject);

describe('falco-formats §5, regex', () => {
  it.each(ACCEPTED)('accepted: %s', (pattern) => {
    expect(checkRegex(pattern)).toEqual({ ok: true });
  });
  it('accepted: the empty pattern, which matches the empty text only', () => {
    expect([matches('', ''), matches('', 'a')]).toEqual([true, false]);
  });
  it.each(REFUSED)('refused, with a position: %s', (pattern) => {
    const result = checkRegex(pattern);
    expect(result.ok).toBe(false);
    expect(result).toMatchObject({ at: expect.any(Number), message: expect.stringMatching(/./) });
  });
  it.each([
    ['a*? has no lazy form: an optional group', 'a*?', 'aaa', true],
    ['a+? has none either', 'a+?', '', true],
    ['a{,3} is literal text', 'a{,3}', 'a{,3}', true],
    ['a{,3} does not repeat', 'a{,3}', 'aa', false],
    ['[:alpha:] is a class of its characters', '[:alpha:]', 'l', true],
    ['[:alpha:] holds no other letter', '[:alpha:]', 'b', false],
    ['[[.a.]] is a class and a literal ]', '[[.a.]]', '.]', true],
    ['[[=a=]] is a class and a literal ]', '[[=a=]]', 'a]', true],
    ['^ and $ hold at inner lines', '^a$\n^b$', 'a\nb', true],
    ['foo$ does not match foo and a line end', 'foo$', 'foo\n', false],
    ['. is never a line end', '.', '\n', false],
    ['[^x] may be a line end', '[^x]', '\n', true],
    ['the whole value must match', 'ab|cd', 'abd', false],
    ['the longest way counts', 'a|ab', 'ab', true],
    ['a character above U+FFFF is one', '.', '😀', true],
    ['classes hold characters above U+FFFF', '[😀-😎]{2}', '😁😂', true],
    ['\\x{1F600} names one', '\\x{1F600}', '😀', true],
    ['octal', '\\101', 'A', true],
    ['case counts', 'a', 'A', false],
    ['\\d in a class of its own words', '[[:digit:][:upper:]]+', '4X', true],
  ])('%s', (_name, pattern, subject, expected) => {
    expect(matches(pattern, subject)).toBe(expected);
  });
  it.each([
    // Repetitions: of nothing, too often, backwards; of an anchor or of a repetition they are fine.
    ['{1}', 0],
    ['a|{2}', 2],
    ['(*)', 1],
    ['a{2,1}', 1],
    ['a{1001}', 1],
    ['a{1001,}', 1],
    ['(a{32}){32}', 7],
    // Groups and flags of Perl.
    ['(?:a)', 1],
    ['(?i)a', 1],
    ['(?P<n>a)', 1],
    ['(?<n>a)', 1],
    ['(?=a)', 1],
    ['(?<!a)b', 1],
    ['a(b', 1],
    ['ab)', 2],
    // Escapes: classes, anchors, quoting, bytes, Unicode groups, references, letters without meaning.
    ['a\\d', 1],
    ['a\\D', 1],
    ['a\\w', 1],
    ['a\\W', 1],
    ['a\\s', 1],
    ['a\\S', 1],
    ['[^\\w]', 2],
    ['a\\b', 1],
    ['a\\B', 1],
    ['a\\A', 1],
    ['a\\z', 1],
    ['a\\Z', 1],
    ['a\\Qb\\E', 1],
    ['a\\E', 1],
    ['a\\C', 1],
    ['a\\pN', 1],
    ['a\\p{Greek}', 1],
    ['a\\PN', 1],
    ['a\\X', 1],
    ['(a)\\1', 3],
    ['\\8', 0],
    ['\\x4', 0],
    ['\\x{}', 0],
    ['\\x{110000}', 0],
    ['\\xZZ', 0],
    // Classes.
    ['a[', 1],
    ['a[]', 1],
    ['a[^', 1],
    ['a[b', 1],
    ['[b-a]', 1],
    ['[a-z-_]', 4],
    ['[[:alpha:]-z]', 10],
    ['[[:nope:]]', 1],
    ['[[:^nope:]]', 1],
    ['[a\\q]', 2],
  ])('refused where it stands: %s at %i', (pattern, at) => {
    expect(checkRegex(pattern)).toMatchObject({ ok: false, at });
  });
  it.each([
    ['^*', '', true],
    ['(^a)*', 'a', true],
    ['($)*', '', true],
    ['(|a)+', 'aa', true],
    ['(a|)*b', 'aab', true],
    ['a{0}', '', true],
    ['a{0}', 'a', false],
    ['a{2}{2}', 'aaaa', true],
    ['a{2}{2}', 'aaa', false],
    ['a+*', '', true],
    ['a{01}', 'a{01}', true],
    ['a{x}', 'a{x}', true],
    ['a{1', 'a{1', true],
    ['a{1,2', 'a{1,2', true],
    ['{,2}', '{,2}', true],
    ['x{ 1}', 'x{ 1}', true],
    ['[^]a]', 'b', true],
    ['[^]a]', ']', false],
    ['[-a]', '-', true],
    ['[a\\]b]+', 'a]b', true],
    ['[[:alpha]', ':', true],
    ['[[a]', '[', true],
    ['[\\x41-\\x43]', 'B', true],
    ['[\\n\\t]+', '\n\t', true],
    ['[^a-z]', 'é', true],
    ['[^\\x{0}-\\x{10FFFF}]', 'a', false],
    ['[[:^digit:]]', '\n', true],
    ['[[:word:]]+', 'aZ_9', true],
    ['[[:ascii:]]', 'é', false],
    ['\\x{00000041}', 'A', true],
    ['\\0', '\0', true],
    ['\\07', '\x07', true],
    ['\\012', '\n', true],
    ['\\777', '\u01ff', true],
    ['\\a\\f\\n\\r\\t\\v', '\x07\f\n\r\t\v', true],
    ['\\<\\>\\"\\!\\~', '<>"!~', true],
    ['é+', 'éé', true],
    ['É', 'é', false],
    ['a|b|', '', true],
    ['()()', '', true],
    ['^^a$$', 'a', true],
    ['a$b', 'ab', false],
    ['.*', 'a\nb', false],
    ['(.|\\n)*', 'a\nb', true],
  ])('accepted: %s against %j is %s', (pattern, subject, expected) => {
    expect(checkRegex(pattern)).toEqual({ ok: true });
    expect(matches(pattern, subject)).toBe(expected);
  });
  it('gives the position of the fault', () => {
    expect(checkRegex('ab\\d')).toMatchObject({ at: 2, hint: 'write [0-9]' });
    expect(checkRegex('x[z-a]')).toMatchObject({ at: 2 });
    expect(checkRegex('(a')).toMatchObject({ at: 0 });
  });
  it('agrees with V8 on patterns that mean the same in both', () => {
    const atom = fc.constantFrom('a', 'b', '.', '[ab]', '[^a]', 'ab', '[b-d]', '\\.');
    const pattern = fc.letrec((tie) => ({
      node: fc.oneof({ depthSize: 'small' }, atom, tie('cat'), tie('alt'), tie('repeat')),
      cat: fc.tuple(tie('node'), tie('node')).map((parts) => parts.join('')),
      alt: fc.tuple(tie('node'), tie('node')).map(([a, b]) => `(${a as string}|${b as string})`),
      repeat: fc
        .tuple(tie('node'), fc.constantFrom('*', '+', '?', '{2}', '{1,3}', '{2,}'))
        .map(([a, op]) => `(${a as string})${op}`),
    })).node as fc.Arbitrary<string>;
    const subject = fc.string({ unit: fc.constantFrom('a', 'b', 'c', '.', '\n'), maxLength: 8 });
    fc.assert(
      fc.property(
        pattern,
        fc.array(subject, { minLength: 4, maxLength: 4 }),
        (source, subjects) => {
          const ours = new RegexMatcher(source);
          const theirs = new RegExp(`^(?:${source})$`);
          for (const it of subjects) {
            // V8's dot leaves out more than the line end, but none of it is in the subjects.
            expect([source, it, ours.test(it)]).toEqual([source, it, theirs.test(it)]);
          }
        },
      ),
      { numRuns: 5000 },
    );
  });
  it('forgets states when there are too many, and stays right', () => {
    const matcher = new RegexMatcher('[ -~]*a[ -~]{14}b');
    const naive = (text: string): boolean => text.at(-16) === 'a' && text.endsWith('b');
    const letters = randomLetters(100_000);
    for (let i = 0; i < 200; i++) {
      const text = letters.slice(i * 500, (i + 1) * 500);
      expect(matcher.test(text)).toBe(naive(text));
    }
  });
});

/** Letters a and b without a pattern: each makes a state of its own. */
function randomLetters(length: number): string {
  let seed = 7;
  return Array.from({ length }, () =>
    (seed = (seed * 1103515245 + 12345) % 2 ** 31) & 65536 ? 'a' : 'b',
  ).join('');
}

/** Patterns that take a backtracking engine for ever, and ones that make many states. */
const HOSTILE: readonly (readonly [pattern: string, subject: string])[] = [
  ['(x+x+)+y', 'x'.repeat(MAX_SUBJECT)],
  ['(a*)*b', 'a'.repeat(MAX_SUBJECT)],
  ['(a|aa)+b', 'a'.repeat(MAX_SUBJECT)],
  ['(a?){500}a{500}', 'a'.repeat(MAX_SUBJECT)],
  ['(.*a){20}b', 'a'.repeat(MAX_SUBJECT)],
  [`(${'[ab]?'.repeat(40)}){1000}c`, `${randomLetters(MAX_SUBJECT - 1)}d`],
  ['.*a.{900}b', `${randomLetters(MAX_SUBJECT - 1)}c`],
];

describe('a hostile pattern on 64 KiB', () => {
  // Generous: the machine is shared. A backtracking engine takes longer than the universe.
  const LIMIT_MS = 20_000;
  it.each(HOSTILE)('%s ends in the main thread', (pattern, subject) => {
    const ms = leastCpuMs(LIMIT_MS, () => {
      expect(matches(pattern, subject)).toBe(false);
    });
    expect(ms).toBeLessThan(LIMIT_MS);
  });
  it.each(HOSTILE)('%s takes a bounded number of steps', (pattern, subject) => {
    const matcher = new RegexMatcher(pattern);
    expect(matcher.test(subject)).toBe(false);
    expect(matcher.steps).toBeLessThanOrEqual(MAX_STEPS + 2 * matcher.size);
    const givenUp = regexGivenUp;
    matcher.test('x');
    expect([matcher.steps <= 2 * matcher.size, regexGivenUp]).toEqual([true, givenUp]);
  });
  it.each(HOSTILE.slice(0, 5))(
    '%s takes no more steps for a longer subject',
    (pattern, subject) => {
      const steps = (length: number): number => {
        const matcher = new RegexMatcher(pattern);
        matcher.test(subject.slice(0, length));
        return matcher.steps;
      };
      // Its states are made by then: further characters are look-ups.
      expect(steps(MAX_SUBJECT)).toBe(steps(MAX_SUBJECT / 8));
      const warm = new RegexMatcher(pattern);
      warm.test(subject);
      warm.test(subject);
      expect(warm.steps).toBe(0);
    },
  );
  it('keeps a bounded number of states, however large each is, and stays right', () => {
    const matcher = new RegexMatcher(`(${'[ab]?'.repeat(40)}){40}`);
    const letters = randomLetters(20_000);
    let most = 0;
    let fell = 0;
    for (let i = 0; i < 12; i++) {
      const before = matcher.kept;
      const text = letters.slice(i * 400, i * 400 + 1550 + i * 10);
      expect([i, matcher.test(text)]).toEqual([i, text.length <= 1600]);
      most = Math.max(most, matcher.kept);
      if (matcher.kept < before) fell++;
    }
    expect([most <= MAX_KEPT, fell > 0]).toEqual([true, true]);
  });
  it('gives a match up, counted, rather than go on for ever', () => {
    const [pattern, subject] = HOSTILE.at(-1)!;
    const before = regexGivenUp;
    const matcher = new RegexMatcher(pattern);
    expect(matcher.test(subject)).toBe(false);
    expect(matcher.steps).toBeGreaterThan(MAX_STEPS);
    expect(regexGivenUp).toBe(before + 1);
  });
  it('patterns may be as large as RE2 takes them: 8 MiB', () => {
    const large = `(${'x'.repeat(80)}){1000}`;
    expect(checkRegex(large).ok).toBe(true);
    expect(matches(large, 'x'.repeat(80_000).slice(0, MAX_SUBJECT))).toBe(false);
    expect(matches(`(${'x'.repeat(40)}){1000}`, 'x'.repeat(40_000))).toBe(true);
    expect(checkRegex(`(.{7}){1000}`).ok).toBe(false);
    expect(checkRegex(`(.{6}){150}`).ok).toBe(true);
    expect(checkRegex(`(${'x'.repeat(90)}){1000}`)).toMatchObject({
      ok: false,
      message: 'the pattern is too large',
      hint: expect.stringContaining('87381') as unknown,
    });
    // Half of it in characters of three bytes.
    expect(checkRegex(`(${'€'.repeat(30)}){1000}`).ok).toBe(false);
  });
  it('a subject beyond 64 KiB is not looked at', () => {
    expect(matches('a*', 'a'.repeat(MAX_SUBJECT))).toBe(true);
    expect(matches('a*', 'a'.repeat(MAX_SUBJECT + 1))).toBe(false);
  });
});
