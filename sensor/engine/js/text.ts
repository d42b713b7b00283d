import type { ByteString } from '../../core/bytes.js';
import { compileSearch } from '../ops/search.js';
import type { Pool } from './pool.js';

/** Up to this many bytes of all prefixes together become nested comparisons; beyond, a function walks a trie. */
const INLINE_BYTES = 400;

/** Fewer needles are searched for one by one: V8's own search is worth several passes of the automaton. */
export const SEARCHED_TOGETHER_FROM = 4;

/**
 * Code: does `v` start with one of `prefixes`?
 *
 * @remarks Compares byte by byte, sharing what prefixes share: the second byte of a path settles most of them, where a call of
 * `startsWith` for each costs more than the whole trie.
 */
export function startsWithAny(pool: Pool, prefixes: readonly ByteString[], v: string): string {
  if (prefixes.includes('')) return 'true';
  const total = prefixes.reduce((sum, prefix) => sum + prefix.length, 0);
  if (total > INLINE_BYTES) {
    if (prefixes.length === 1) return `${v}.startsWith(${JSON.stringify(prefixes[0])})`;
    return `${pool.constant(compileStarts(prefixes))}(${v})`;
  }
  return branches(minimal(prefixes), 0, v);
}

/** Code: does `v` contain one of `needles`? Null where a search for each is as well. */
export function containsAnyCode(
  pool: Pool,
  needles: readonly ByteString[],
  v: string,
  foldCase: boolean,
): string | null {
  if (needles.includes('')) return 'true';
  // A search that folds case is not V8's.
  const few = foldCase ? 2 : SEARCHED_TOGETHER_FROM;
  if (needles.length < few) return null;
  return `${pool.constant(compileSearch(needles, foldCase))}(${v})`;
}

/** Without those that begin with another one. */
function minimal(prefixes: readonly ByteString[]): ByteString[] {
  const kept: ByteString[] = [];
  for (const prefix of [...prefixes].sort()) {
    const last = kept.at(-1);
    if (last === undefined || !prefix.startsWith(last)) kept.push(prefix);
  }
  return kept;
}

/** Sorted `prefixes`, none the start of another, agree up to `depth`. `charCodeAt` past the end is NaN: equal to nothing. */
function branches(prefixes: readonly ByteString[], depth: number, v: string): string {
  const tests: string[] = [];
  for (let i = 0; i < prefixes.length;) {
    const code = prefixes[i]!.charCodeAt(depth);
    let end = i + 1;
    while (end < prefixes.length && prefixes[end]!.charCodeAt(depth) === code) end++;
    const group = prefixes.slice(i, end);
    const here = `${v}.charCodeAt(${depth}) === ${code}`;
    const done = group.length === 1 && group[0]!.length === depth + 1;
    tests.push(done ? here : `${here} && ${branches(group, depth + 1, v)}`);
    i = end;
  }
  return tests.length === 1 ? tests[0]! : `(${tests.join(' || ')})`;
}

function compileStarts(prefixes: readonly ByteString[]): (text: ByteString) => boolean {
  interface Step {
    ends: boolean;
    readonly next: Map<number, Step>;
  }
  const root: Step = { ends: false, next: new Map() };
  for (const prefix of prefixes) {
    let step = root;
    for (let i = 0; i < prefix.length; i++) {
      const code = prefix.charCodeAt(i);
      let next = step.next.get(code);
      if (next === undefined) step.next.set(code, (next = { ends: false, next: new Map() }));
      step = next;
    }
    step.ends = true;
  }
  return (text) => {
    let step = root;
    for (let i = 0; i < text.length; i++) {
      const next = step.next.get(text.charCodeAt(i));
      if (next === undefined) return false;
      if (next.ends) return true;
      step = next;
    }
    return false;
  };
}
