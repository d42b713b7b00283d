/** Blocks whose characters take two columns of a terminal (Unicode TR 11, wide and full width), emoji included. */
const WIDE =
  /[\u1100-\u115f\u231a\u231b\u23e9-\u23ec\u2614\u2615\u26a1\u2705\u274c\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1f64f}\u{1f680}-\u{1f6ff}\u{1f900}-\u{1faff}\u{20000}-\u{3fffd}]/u;
/** Marks that stand on the character before them, and what shows nothing. */
const NONE = /\p{Mn}|\p{Me}|[\u200b-\u200f\u2060]/u;

/** Columns that a character takes on a terminal. */
export function cellsOf(char: string): 0 | 1 | 2 {
  if (char < '\u0300') return 1;
  if (NONE.test(char)) return 0;
  return WIDE.test(char) ? 2 : 1;
}

/** Blanks as wide as a text; tabs stay tabs, so that what follows stands beneath what follows the text. */
export function blanksFor(text: string): string {
  return Array.from(text, (char) => (char === '\t' ? '\t' : ' '.repeat(cellsOf(char)))).join('');
}

/** Columns that a text without tabs takes. */
export function widthOf(text: string): number {
  let width = 0;
  for (const char of text) width += cellsOf(char);
  return width;
}
