import { printable, table } from '../../../sensor/cli/output.js';

describe('printable', () => {
  it.each([
    ['\u001b[2J', '\\x1b[2J'],
    ['a\nb\tc\u0000', 'a\\x0ab\\x09c\\x00'],
    ['\u007f\u0085\u009b', '\\x7f\\x85\\x9b'],
    ['\u202eevil\u2066', '\\u202eevil\\u2066'],
    ['ä€😀 plain', 'ä€😀 plain'],
  ])('shows %j so that no terminal obeys it', (text, shown) => {
    expect(printable(text)).toBe(shown);
  });
});

describe('table', () => {
  it('aligns all columns but the last', () => {
    expect(
      table(
        [
          ['a', 'bb', 'c'],
          ['aaa', 'b', 'cc'],
        ],
        '  ',
      ),
    ).toBe('  a    bb  c\n  aaa  b   cc\n');
  });
});
