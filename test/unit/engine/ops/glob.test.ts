import fc from 'fast-check';
import { compileGlob } from '../../../../sensor/engine/ops/glob.js';
import { leastCpuMs } from '../../../support/least-cpu.js';

/** fnmatch(3) by its definition, backtracking as it may: slow, and nothing to get wrong but the brackets. */
function reference(pattern: string, text: string): boolean {
  if (pattern === '') return text === '';
  const [first] = pattern;
  if (first === '*') {
    for (let i = 0; i <= text.length; i++)
      if (reference(pattern.slice(1), text.slice(i))) return true;
    return false;
  }
  if (first === '\\') {
    if (pattern.length === 1) return false;
    return text[0] === pattern[1] && reference(pattern.slice(2), text.slice(1));
  }
  if (text === '') return false;
  if (first === '?') return reference(pattern.slice(1), text.slice(1));
  const bracket = /^\[(!?)([abc])-?([abc])?\]/.exec(pattern);
  if (bracket) {
    const [all, negated, low = '', high = low] = bracket;
    const inside = text[0]! >= low && text[0]! <= high;
    return inside === (negated === '') && reference(pattern.slice(all.length), text.slice(1));
  }
  return text[0] === first && reference(pattern.slice(1), text.slice(1));
}

describe('glob', () => {
  it('means what fnmatch means', () => {
    const parts = ['a', 'b', 'c', '/', '.', '*', '?', '\\*', '\\a', '[a-b]', '[!b]', '[c]'];
    const pattern = fc
      .tuple(
        fc.array(fc.constantFrom(...parts), { maxLength: 7 }),
        fc.constantFrom('', '', '', '\\'),
      )
      .map(([some, end]) => some.join('') + end);
    const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c', '/', '.', '*'), maxLength: 8 });
    let matches = 0;
    fc.assert(
      fc.property(pattern, fc.array(text, { minLength: 20, maxLength: 20 }), (glob, texts) => {
        const compiled = compileGlob(glob);
        for (const one of texts) {
          const want = reference(glob, one);
          if (want) matches++;
          if (compiled.test(one) !== want) throw new Error(`${glob} on ${one}: ${want} wanted`);
        }
      }),
      { numRuns: 2000 },
    );
    expect(matches).toBeGreaterThan(500);
  });

  it.each([
    ['/etc/*', '/etc/ssh/sshd_config', true],
    ['*.conf', '.conf', true],
    ['[]a]b', ']b', true],
    ['[!]a]b', 'xb', true],
    ['[^a]b', 'ab', false],
    ['[a-]x', '-x', true],
    ['[\\]]x', ']x', true],
    ['[[:digit:][:upper:]]', 'Q', true],
    ['[[:digit:]]', 'q', false],
    ['[ab', '[ab', true],
    ['[', '[', true],
    ['a\\', 'a\\', false],
    ['*', '', true],
    ['?', '', false],
    ['\u00c3?', '\u00c3\u00a9', true],
  ])('%s on %s: %s', (pattern, text, want) => {
    expect(compileGlob(pattern).test(text)).toBe(want);
  });

  it('folds ASCII case on request, in brackets too, and leaves other bytes alone', () => {
    expect(compileGlob('*PASSWD', true).test('/etc/passwd')).toBe(true);
    expect(compileGlob('[a-c]x', true).test('BX')).toBe(true);
    expect(compileGlob('[!a-c]x', true).test('BX')).toBe(false);
    expect(compileGlob('\u00c9', true).test('\u00e9')).toBe(false);
  });

  it('does not blow up on a hostile pattern', () => {
    const pattern = `${'*a'.repeat(60)}b`;
    const ms = leastCpuMs(1000, () => {
      expect(compileGlob(pattern).test('a'.repeat(65_536))).toBe(false);
    });
    expect(ms).toBeLessThan(1000);
  });

  it.each([
    ['plain', 'equals', 'plain'],
    ['/etc/*', 'starts', '/etc/'],
    ['*.so', 'ends', '.so'],
    ['*a\\*b*', 'contains', 'a*b'],
  ])('knows that %s is a plain %s', (pattern, kind, text) => {
    expect(compileGlob(pattern).shape).toEqual({ kind, text });
  });
});
