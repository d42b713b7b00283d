import { FILTERED_KINDS, pushDown } from '../../engine/index.js';
import { CLASS, KIND, KIND_NAMES } from '../../events/index.js';
import type { Rule } from '../../lang/index.js';

/** What the kernel keeps of one kind of event for a rule. */
export interface KernelFilter {
  /** `file.open`, `net.connect`. */
  readonly kind: string;
  /** Classes of events kept, of all there are. */
  readonly kept: number;
  readonly classes: number;
  /** What is kept, in words. */
  readonly words: string;
}

/** One yes-or-no of a class: how it reads when set and when clear. */
interface Trait {
  readonly bit: number;
  readonly yes: string;
  readonly no: string;
}

const OPEN_TRAITS: readonly Trait[] = [
  { bit: CLASS.OPEN_FAILED, yes: 'failed', no: 'successful' },
  { bit: CLASS.OPEN_READ, yes: 'for reading', no: 'not for reading' },
  { bit: CLASS.OPEN_WRITE, yes: 'for writing', no: 'not for writing' },
  { bit: CLASS.OPEN_CREATE, yes: 'that may create', no: 'that cannot create' },
  { bit: CLASS.OPEN_DIRECTORY, yes: 'of directories only', no: 'of any kind of file' },
];
const NET_TRAITS: readonly Trait[] = [
  { bit: CLASS.NET_FAILED, yes: 'failed', no: 'not failed' },
  { bit: CLASS.NET_DGRAM, yes: 'of datagrams', no: 'of streams' },
];
const FAMILIES = ['other families', 'IPv4', 'IPv6', 'unix'];
const FAMILY_MASK = 3 << CLASS.NET_FAMILY_SHIFT;

/**
 * What the kernel lets through for a rule alone, kind by kind; kinds that the rule never looks at are left out. Everything
 * else of these kinds never leaves the kernel, unless another rule wants it.
 */
export function kernelFilters(rule: Rule): readonly KernelFilter[] {
  const bitmaps = pushDown([{ ...rule, enabled: true, action: null }]);
  return FILTERED_KINDS.flatMap(({ kind, types, classes }) => {
    const named = types.some((type) => rule.events === 'all' || rule.events.has(type));
    if (!named) return [];
    const bitmap = bitmaps[kind] ?? 0n;
    const kept = Array.from({ length: classes }, (_, bits) => bits).filter(
      (bits) => ((bitmap >> BigInt(bits)) & 1n) === 1n,
    );
    const words = wordsOf(kind, kept, classes);
    return [{ kind: KIND_NAMES.get(kind) ?? String(kind), kept: kept.length, classes, words }];
  });
}

function wordsOf(kind: number, kept: readonly number[], classes: number): string {
  if (kept.length === 0) return 'none';
  if (kept.length === classes) return 'all';
  const isOpen = kind === KIND.FILE_OPEN;
  const words: string[] = [];
  let product = 1;
  for (const { bit, yes, no } of isOpen ? OPEN_TRAITS : NET_TRAITS) {
    const set = kept.filter((bits) => (bits & bit) !== 0).length;
    if (set === kept.length) words.push(yes);
    else if (set === 0) words.push(no);
    else product *= 2;
  }
  if (!isOpen) {
    const families = new Set(kept.map((bits) => (bits & FAMILY_MASK) >> CLASS.NET_FAMILY_SHIFT));
    product *= families.size;
    if (families.size < 4) words.push([...families].map((family) => FAMILIES[family]).join(' or '));
  }
  const text = words.length === 0 ? 'some' : words.join(', ');
  // Not every combination of what is left open is kept.
  return kept.length === product ? text : `${text}; of these ${kept.length} of ${product} classes`;
}
