/** Edits between two words: insert, delete, exchange, swap of neighbours. Stops counting above `limit`. */
export function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1;
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    let best = i;
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min(previous[j]! + 1, row[j - 1]! + 1, previous[j - 1]! + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        cost = Math.min(cost, before[j - 2]! + 1);
      }
      row.push(cost);
      if (cost < best) best = cost;
    }
    if (best > limit) return limit + 1;
    before = previous;
    previous = row;
  }
  return previous[b.length]!;
}

/** The known word that was most likely meant: within a third of the word's length, closest, then longest common beginning. */
export function closest(word: string, known: Iterable<string>): string | undefined {
  let limit = Math.max(1, Math.floor(word.length / 3));
  let found: string | undefined;
  let common = -1;
  const lower = word.toLowerCase();
  for (const candidate of known) {
    if (candidate === '') continue;
    const other = candidate.toLowerCase();
    const distance = editDistance(lower, other, limit);
    if (distance > limit) continue;
    const prefix = commonPrefix(lower, other);
    if (found !== undefined && distance === limit && prefix <= common) continue;
    found = candidate;
    limit = distance;
    common = prefix;
  }
  return found ?? onlyCompletion(lower, known);
}

/** A word of three letters or more that is the beginning of exactly one known word: `cond`. */
function onlyCompletion(word: string, known: Iterable<string>): string | undefined {
  if (word.length < 3) return undefined;
  let found: string | undefined;
  for (const candidate of known) {
    if (!candidate.toLowerCase().startsWith(word)) continue;
    if (found !== undefined) return undefined;
    found = candidate;
  }
  return found;
}

function commonPrefix(a: string, b: string): number {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length++;
  return length;
}

/** `did you mean "x"?`, or null. */
export function didYouMean(word: string, known: Iterable<string>): string | null {
  const found = closest(word, known);
  return found === undefined ? null : `did you mean "${found}"?`;
}
