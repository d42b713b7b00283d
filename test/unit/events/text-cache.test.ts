import fc from 'fast-check';
import { type Latin1Buffer, TextCache } from '../../../sensor/events/text-cache.js';

/** Asks for the text as it lies `before` bytes behind a word's start. */
function ask(cache: TextCache, text: string, before = 0, after = 8): string {
  const memory = new ArrayBuffer(before + text.length + after);
  const bytes = Buffer.from(memory) as Latin1Buffer;
  bytes.fill(0xaa);
  bytes.write(text, before, 'latin1');
  return cache.get(
    bytes,
    new Uint32Array(memory.slice(0, memory.byteLength & ~3)),
    before,
    text.length,
  );
}

describe('TextCache', () => {
  it('gives back the bytes it is asked for, wherever they begin', () => {
    const cache = new TextCache();
    const text = fc.oneof(
      fc.string({ unit: fc.constantFrom('a', 'b', '\0', '\xff'), maxLength: 9 }),
      fc.string({ unit: fc.constantFrom('a', '/'), minLength: 110, maxLength: 140 }),
    );
    fc.assert(
      fc.property(text, fc.nat(7), fc.nat(8), (one, before, after) => {
        for (let i = 0; i < 3; i++) expect(ask(cache, one, before, after)).toBe(one);
      }),
      { numRuns: 20_000 },
    );
  });

  it('tells texts apart that differ in a closing NUL or in their last byte', () => {
    const cache = new TextCache();
    const texts = ['a', 'a\0', 'a\0\0', 'a\0\0\0', 'a\0\0\0\0', 'b', 'aaaab', 'aaaac', 'aaaa'];
    for (let i = 0; i < 3; i++) expect(texts.map((one) => ask(cache, one, i))).toEqual(texts);
  });

  it('stays right when more texts come than it holds', () => {
    const cache = new TextCache();
    for (let round = 0; round < 2; round++)
      for (let i = 0; i < 20_000; i++) {
        const text = `/srv/file-${i}`;
        if (ask(cache, text, i & 3) !== text || ask(cache, text) !== text) throw new Error(text);
      }
  });
});
