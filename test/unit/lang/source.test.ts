import * as fc from 'fast-check';
import { describe, expect, it } from '@jest/globals';
import { stringify } from 'yaml';
import { MappedText, SourceFile } from '../../../sensor/lang/source.js';
import { parseYaml } from '../../../sensor/lang/yaml.js';
import type { YamlScalar } from '../../../sensor/lang/yaml.js';

function scalarOf(text: string): YamlScalar {
  const { documents } = parseYaml(new SourceFile('f', text));
  const root = documents[0]!;
  if (root.kind !== 'map') throw new Error(`no mapping: ${text}`);
  return root.entries[0]!.value as YamlScalar;
}

/** What is written in the file where a word of the value is said to stand. */
function writtenAt(text: string, word: string): string {
  const { source, value } = scalarOf(text);
  const at = value.indexOf(word);
  const place = MappedText.of(source).locate({ start: at, end: at + word.length })!;
  return text.slice(place.span.start, place.span.end);
}

describe('spans of YAML scalars', () => {
  it.each([
    ['plain', 'k: one two three\n'],
    ['plain over lines', 'k: one\n   two\n\n   three\n'],
    ['single quotes', "k: 'it''s one   two\n   three'\n"],
    ['double quotes', 'k: "\\x41\\n\\U0001F600 one \\\n   two\n   three"\n'],
    ['folded', 'k: >\n  one\n  two\n\n    deep\n  three\n'],
    ['folded, stripped, with a comment', 'k: >- # note\n  one two\n  three\n'],
    ['literal', 'k: |2\n    one\n  two\n  three\n'],
    ['literal with CRLF', 'k: |\r\n  one\r\n  two three\r\n'],
    ['flow mapping', '{k: one two three}\n'],
  ])('%s', (_name, text) => {
    for (const word of ['one', 'two', 'three']) expect(writtenAt(text, word)).toBe(word);
  });
  it('an escape in double quotes is shown whole lines around it intact', () => {
    const text = 'k: "evt.type = \\"open\\" and x"\n';
    expect(writtenAt(text, 'and')).toBe('and');
    expect(writtenAt(text, 'open')).toBe('open');
  });
  it('holds for any text of words in any style', () => {
    const words = fc.array(fc.stringMatching(/^[a-z]{1,6}$/), { minLength: 1, maxLength: 12 });
    const text = words.chain((list) =>
      fc
        .array(fc.constantFrom(' ', '  ', '\n', '\n\n', ' "', "' ", ' \\ ', '\t', ' é '), {
          minLength: list.length,
          maxLength: list.length,
        })
        .map((gaps) =>
          list
            .map((word, i) => `${word}${i}${gaps[i]!}`)
            .join('')
            .trim(),
        ),
    );
    const style = fc.constantFrom(
      'PLAIN',
      'QUOTE_SINGLE',
      'QUOTE_DOUBLE',
      'BLOCK_FOLDED',
      'BLOCK_LITERAL',
    );
    fc.assert(
      fc.property(text, style, (value, defaultStringType) => {
        const file = stringify({ k: value }, { defaultStringType, lineWidth: 20 });
        // Not every style can hold every text: the writer then changes blanks.
        fc.pre(scalarOf(file).value.trim() === value);
        for (const [word] of value.matchAll(/[a-z]+[0-9]+/g)) {
          // Long lines in double quotes are broken inside words.
          expect(writtenAt(file, word).replace(/\\\n */, '')).toBe(word);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('texts put together', () => {
  it('know where each part was written', () => {
    const text = 'a: x in (names)\nb: one\n';
    const { documents } = parseYaml(new SourceFile('f', text));
    const root = documents[0]!;
    if (root.kind !== 'map') throw new Error('no mapping');
    const [a, b] = root.entries.map(({ value }) => MappedText.of((value as YamlScalar).source));
    const joined = MappedText.join([a!.slice(0, 6), b!, a!.slice(11)]);
    expect(joined.text).toBe('x in (one)');
    const at = (start: number, end: number): string => {
      const { span } = joined.locate({ start, end })!;
      return text.slice(span.start, span.end);
    };
    expect([at(0, 4), at(6, 9), at(9, 10)]).toEqual(['x in', 'one', ')']);
  });
});
