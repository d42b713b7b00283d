import fc from 'fast-check';
import { compileSpanSearch } from '../../../../sensor/engine/ops/search.js';

describe('compileSpanSearch', () => {
  it('finds what includes finds, and nothing outside the span', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '/', '\xff', '\0'), maxLength: 12 });
    const needle = text.map((one) => one.slice(0, 4));
    fc.assert(
      fc.property(needle, text, (wanted, value) => {
        const bytes = Buffer.from(`${wanted}${value}${wanted}`, 'latin1');
        const span = { bytes, start: wanted.length, end: wanted.length + value.length };
        expect(compileSpanSearch(wanted)(span)).toBe(value.includes(wanted));
      }),
      { numRuns: 20_000 },
    );
  });
});
