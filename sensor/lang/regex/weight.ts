import type { CharSet } from './parse.js';

/**
 * How many instructions RE2 makes of a set of characters. Its programs run over bytes of UTF-8: a set is ranges of bytes, one
 * behind the other, that share their ends, and a split between each two of them (re2/compile.cc; without the sharing of beginnings,
 * which saves little).
 */
export function weightOf(set: CharSet): number {
  const shared = new Set<string>();
  let ways = 0;
  const add = (low: number, high: number): void => {
    if (low === 0x80 && high === 0x10ffff) {
      // Everything beyond ASCII, as in `.` and `[^a]`: three ways of six ranges, overlong forms let in.
      for (const range of WIDE) shared.add(range);
      ways += 3;
      return;
    }
    const end = LAST_OF_LENGTH.find((last) => low <= last && last < high);
    if (end !== undefined) {
      add(low, end);
      add(end + 1, high);
      return;
    }
    // Of a range that is not whole in its last bytes, the odd ends stand apart.
    for (let bits = 6; high > 0x7f && bits <= 18; bits += 6) {
      const rest = (1 << bits) - 1;
      if (low >> bits === high >> bits) continue;
      if ((low & rest) !== 0) {
        add(low, low | rest);
        add((low | rest) + 1, high);
        return;
      }
      if ((high & rest) !== rest) {
        add(low, (high & ~rest) - 1);
        add(high & ~rest, high);
        return;
      }
    }
    ways++;
    const first = Buffer.from(String.fromCodePoint(low), 'utf8');
    const last = Buffer.from(String.fromCodePoint(high), 'utf8');
    let behind = '';
    for (let i = first.length - 1; i >= 0; i--) {
      behind = `${first[i]}-${last[i]} ${behind}`;
      shared.add(behind);
    }
  };
  for (const [low, high] of set) add(low, high);
  return shared.size + Math.max(0, ways - 1);
}

const WIDE = ['c2-df 80', 'e0-ef 80 80', 'f0-f4 80 80 80', '80', '80 80', '80 80 80'];
/** The last character of one, two and three bytes. */
const LAST_OF_LENGTH = [0x7f, 0x7ff, 0xffff];
