/** A stretch of a file that holds one item of its list. */
export interface ItemText {
  readonly start: number;
  readonly end: number;
  /** What stands there, as far as its first line says: `macro` and its name. */
  readonly named: ItemName | null;
}

export interface ItemName {
  readonly kind: string;
  readonly name: string;
}

/** A file of more items is read whole or not at all. */
const MAX_ITEMS = 10_000;

/**
 * Cuts a broken file into its items: at each line that begins with `- ` where the first one does, documents apart. Nothing
 * inside an item stands there, in whatever style it is written: YAML indents it.
 *
 * @returns null when there is nothing to gain: no items, or too many.
 */
export function splitItems(text: string): readonly (readonly ItemText[])[] | null {
  const documents: ItemText[][] = [];
  let count = 0;
  for (const { start, end } of pieces(text, 0, text.length, /^(?:---|\.\.\.)(?=\s|$).*$/gm)) {
    const indent = /^( *)-(?=[ \r\n]|$)/m.exec(text.slice(start, end))?.[1];
    if (indent === undefined) continue;
    const begin = new RegExp(`^${indent}-(?=[ \\r\\n]|$)`, 'gm');
    const items = pieces(text, start, end, begin, true).map((item) => ({
      ...item,
      named: nameOf(text, item.start, item.end),
    }));
    count += items.length;
    if (count > MAX_ITEMS) return null;
    documents.push(items);
  }
  return count === 0 ? null : documents;
}

/** What lies between matches of a mark; `headed`: each begins with its mark, and what stands before the first is left out. */
function pieces(
  text: string,
  from: number,
  to: number,
  mark: RegExp,
  headed = false,
): readonly { readonly start: number; readonly end: number }[] {
  const found: { start: number; end: number }[] = [];
  let start = headed ? -1 : from;
  mark.lastIndex = from;
  for (let match = mark.exec(text); match !== null && match.index < to; match = mark.exec(text)) {
    if (start >= 0) found.push({ start, end: match.index });
    start = headed ? match.index : mark.lastIndex;
    if (match[0] === '') mark.lastIndex++;
  }
  if (start >= 0 && start < to) found.push({ start, end: to });
  return found;
}

function nameOf(text: string, start: number, end: number): ItemName | null {
  const line = /^ *- +(list|macro|rule): *(["']?)(.*?)\2 *(?:#.*)?\r?(?:\n|$)/.exec(
    text.slice(start, Math.min(end, start + 300)),
  );
  return line === null ? null : { kind: line[1]!, name: line[3]! };
}
