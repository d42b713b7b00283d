import fc from 'fast-check';
import { TextTrie } from '../../../../sensor/engine/ops/text-trie.js';

const text = fc.string({
  unit: fc.constantFrom('a', 'b', '/', '\xe9', '\xff', '\0'),
  maxLength: 5,
});
const beginning = text.filter((one) => one !== '');

/** What a look-up tells of each text and beginning. */
function told(trie: TextTrie, number: number, texts: string[], beginnings: string[]): unknown {
  const found = number === 0 ? null : trie.classes[number - 1]!;
  return {
    equals: texts.filter((one) => found?.whole === true && found.text === one),
    begins: beginnings.filter((one) => found?.text.startsWith(one) === true),
  };
}

describe('TextTrie', () => {
  it('tells equality and beginnings, of strings and of bytes among others', () => {
    fc.assert(
      fc.property(
        fc.array(text, { maxLength: 8 }),
        fc.array(beginning, { maxLength: 8 }),
        fc.array(text, { minLength: 10, maxLength: 10 }),
        (texts, beginnings, values) => {
          const trie = new TextTrie(texts, beginnings);
          for (const value of values) {
            const want = {
              equals: texts.filter((one) => one === value),
              begins: beginnings.filter((one) => value.startsWith(one)),
            };
            const bytes = Buffer.from(`a/${value}ab`, 'latin1');
            const span = { bytes, start: 2, end: 2 + value.length };
            expect(told(trie, trie.ofText(value), texts, beginnings)).toEqual(want);
            expect(told(trie, trie.ofSpan(span), texts, beginnings)).toEqual(want);
          }
          expect(trie.ofText(null)).toBe(0);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('tells equality and endings backwards', () => {
    const backwards = (one: string): string => [...one].reverse().join('');
    fc.assert(
      fc.property(
        fc.array(text, { maxLength: 8 }),
        fc.array(beginning, { maxLength: 8 }),
        fc.array(text, { minLength: 10, maxLength: 10 }),
        (texts, endings, values) => {
          const reversed = [texts.map(backwards), endings.map(backwards)] as const;
          const trie = new TextTrie(...reversed);
          for (const value of values) {
            const want = {
              equals: texts.filter((one) => one === value).map(backwards),
              begins: endings.filter((one) => value.endsWith(one)).map(backwards),
            };
            const bytes = Buffer.from(`a/${value}ab`, 'latin1');
            const span = { bytes, start: 2, end: 2 + value.length };
            expect(told(trie, trie.ofTextBackwards(value), ...reversed)).toEqual(want);
            expect(told(trie, trie.ofSpanBackwards(span), ...reversed)).toEqual(want);
          }
          expect(trie.ofTextBackwards(null)).toBe(0);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('takes all 256 bytes', () => {
    const texts = Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte));
    const trie = new TextTrie(texts, []);
    expect(texts.map((one) => trie.classes[trie.ofText(one) - 1]?.text)).toEqual(texts);
  });
});
