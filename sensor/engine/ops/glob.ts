import type { ByteString } from '../../core/bytes.js';

/**
 * Shell patterns with the meaning of fnmatch(3) without flags, over bytes: `*` and `?` match `/` and a leading dot too,
 * brackets know ranges, `!` and `^`, `[:classes:]` and backslashes, a `[` that is never closed is itself, and a pattern
 * that ends in a lone backslash matches nothing.
 *
 * @remarks Hot path. Only the last `*` seen is ever reopened, so the work is at most pattern × text, never exponential.
 */
export interface Glob {
  /** Matches `text` from `start` to `end` (exclusive), whole. */
  readonly test: (text: ByteString, start?: number, end?: number) => boolean;
  /** The pattern as one of the plain shapes it may come down to, so that a caller can use a cheaper test. */
  readonly shape:
    | { readonly kind: 'equals' | 'starts' | 'ends' | 'contains'; readonly text: ByteString }
    | { readonly kind: 'never' | 'any' }
    /** Every match begins with `prefix`. */
    | { readonly kind: 'pattern'; readonly prefix: ByteString };
}

const STAR = -1;
const ANY = -2;
/** Tokens below this are brackets: `BRACKET - n` is the n-th one. */
const BRACKET = -3;

export function compileGlob(pattern: ByteString, foldCase = false): Glob {
  const tokens: number[] = [];
  const brackets: Uint8Array[] = [];
  let never = false;

  for (let i = 0; i < pattern.length; i++) {
    const c = pattern.charCodeAt(i);
    if (c === 0x2a) {
      if (tokens.at(-1) !== STAR) tokens.push(STAR);
    } else if (c === 0x3f) {
      tokens.push(ANY);
    } else if (c === 0x5b) {
      const bracket = parseBracket(pattern, i, foldCase);
      if (bracket === null) {
        tokens.push(c);
      } else {
        tokens.push(BRACKET - brackets.length);
        brackets.push(bracket.members);
        i = bracket.end;
      }
    } else if (c === 0x5c) {
      if (++i === pattern.length) never = true;
      else tokens.push(foldIf(pattern.charCodeAt(i), foldCase));
    } else {
      tokens.push(foldIf(c, foldCase));
    }
  }
  if (never) return { test: () => false, shape: { kind: 'never' } };
  const program = Int16Array.from(tokens);
  return {
    test: (text, start = 0, end = text.length) =>
      run(program, brackets, foldCase, text, start, end),
    shape: foldCase ? { kind: 'pattern', prefix: '' } : shapeOf(tokens),
  };
}

function run(
  program: Int16Array,
  brackets: readonly Uint8Array[],
  foldCase: boolean,
  text: ByteString,
  start: number,
  end: number,
): boolean {
  let at = start;
  let token = 0;
  let starToken = -1;
  let starAt = 0;
  while (at < end) {
    if (token < program.length) {
      const want = program[token]!;
      if (want === STAR) {
        starToken = ++token;
        starAt = at;
        continue;
      }
      const c = foldIf(text.charCodeAt(at), foldCase);
      if (want === ANY || want === c || (want <= BRACKET && brackets[BRACKET - want]![c] === 1)) {
        token++;
        at++;
        continue;
      }
    }
    if (starToken < 0) return false;
    token = starToken;
    at = ++starAt;
  }
  while (token < program.length && program[token] === STAR) token++;
  return token === program.length;
}

function shapeOf(tokens: readonly number[]): Glob['shape'] {
  const open = tokens[0] === STAR;
  const close = tokens.length > 1 && tokens.at(-1) === STAR;
  const inner = tokens.slice(open ? 1 : 0, close ? -1 : undefined);
  if (inner.some((token) => token < 0)) {
    const literal = tokens.slice(
      0,
      tokens.findIndex((token) => token < 0),
    );
    return { kind: 'pattern', prefix: String.fromCharCode(...literal) };
  }
  if (open && inner.length === 0) return { kind: 'any' };
  const text = String.fromCharCode(...inner);
  if (open && close) return { kind: 'contains', text };
  if (open) return { kind: 'ends', text };
  return { kind: close ? 'starts' : 'equals', text };
}

/** The bracket that opens at `open`: the bytes in it, and where its `]` is. Null when it never closes. */
function parseBracket(
  pattern: ByteString,
  open: number,
  foldCase: boolean,
): { members: Uint8Array; end: number } | null {
  const members = new Uint8Array(256);
  let i = open + 1;
  const negated = pattern[i] === '!' || pattern[i] === '^';
  if (negated) i++;
  for (let first = true; ; first = false) {
    if (i >= pattern.length) return null;
    if (pattern[i] === ']' && !first) break;
    const named = classAt(pattern, i);
    if (named !== null) {
      for (let c = 0; c < 256; c++) if (named.has(c)) members[c] = 1;
      i = named.end;
      continue;
    }
    const low = memberAt(pattern, i);
    if (low === null) return null;
    i = low.end;
    let high = low.value;
    if (pattern[i] === '-' && i + 1 < pattern.length && pattern[i + 1] !== ']') {
      const upper = memberAt(pattern, i + 1);
      if (upper === null) return null;
      high = upper.value;
      i = upper.end;
    }
    for (let c = low.value; c <= high; c++) members[c] = 1;
  }
  if (foldCase) {
    for (let c = 0x41; c <= 0x5a; c++) {
      if (members[c] === 1 || members[c + 32] === 1) members[c] = members[c + 32] = 1;
    }
  }
  if (negated) for (let c = 0; c < 256; c++) members[c] = 1 - members[c]!;
  return { members, end: i };
}

function memberAt(pattern: ByteString, i: number): { value: number; end: number } | null {
  if (pattern[i] !== '\\') return { value: pattern.charCodeAt(i), end: i + 1 };
  return i + 1 < pattern.length ? { value: pattern.charCodeAt(i + 1), end: i + 2 } : null;
}

const CLASSES: Readonly<Record<string, (c: number) => boolean>> = {
  alpha: isAlpha,
  digit: isDigit,
  alnum: (c) => isAlpha(c) || isDigit(c),
  upper: (c) => c >= 0x41 && c <= 0x5a,
  lower: (c) => c >= 0x61 && c <= 0x7a,
  space: (c) => c === 0x20 || (c >= 9 && c <= 13),
  blank: (c) => c === 0x20 || c === 9,
  punct: (c) => c > 0x20 && c < 0x7f && !isAlpha(c) && !isDigit(c),
  print: (c) => c >= 0x20 && c < 0x7f,
  graph: (c) => c > 0x20 && c < 0x7f,
  cntrl: (c) => c < 0x20 || c === 0x7f,
  xdigit: (c) => isDigit(c) || (c >= 0x41 && c <= 0x46) || (c >= 0x61 && c <= 0x66),
};

function classAt(pattern: ByteString, i: number): { has(c: number): boolean; end: number } | null {
  if (pattern[i] !== '[' || pattern[i + 1] !== ':') return null;
  const close = pattern.indexOf(':]', i + 2);
  const has = close < 0 ? undefined : CLASSES[pattern.slice(i + 2, close)];
  return has === undefined ? null : { has, end: close + 2 };
}

function isAlpha(c: number): boolean {
  const lower = c | 32;
  return lower >= 0x61 && lower <= 0x7a;
}

function isDigit(c: number): boolean {
  return c >= 0x30 && c <= 0x39;
}

function foldIf(c: number, foldCase: boolean): number {
  return foldCase && c >= 0x41 && c <= 0x5a ? c + 32 : c;
}
