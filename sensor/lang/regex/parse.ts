/** Ranges of code points, inclusive, ascending, apart from one another. */
export type CharSet = readonly (readonly [low: number, high: number])[];

/** A pattern as a tree. `lineStart` and `lineEnd` hold at every line, as RE2 has it in this mode. */
export type RegexNode =
  | { readonly kind: 'empty' | 'lineStart' | 'lineEnd' }
  | { readonly kind: 'set'; readonly set: CharSet }
  | { readonly kind: 'group'; readonly item: RegexNode }
  | { readonly kind: 'cat' | 'alt'; readonly items: readonly RegexNode[] }
  /** `max` -1: without bound. */
  | {
      readonly kind: 'repeat';
      readonly item: RegexNode;
      readonly min: number;
      readonly max: number;
    };

export class RegexSyntaxError extends Error {
  override readonly name = 'RegexSyntaxError';
  constructor(
    message: string,
    /** Code unit of the pattern. */
    readonly at: number,
    readonly hint: string | null = null,
  ) {
    super(message);
  }
}

const MAX_CODE_POINT = 0x10ffff;
const NEWLINE = 10;
/** RE2's bound on a counted repetition, nested ones multiplied. */
const MAX_REPEAT = 1000;

const NAMED: Readonly<Record<string, CharSet>> = {
  alnum: [
    [48, 57],
    [65, 90],
    [97, 122],
  ],
  alpha: [
    [65, 90],
    [97, 122],
  ],
  ascii: [[0, 127]],
  blank: [
    [9, 9],
    [32, 32],
  ],
  cntrl: [
    [0, 31],
    [127, 127],
  ],
  digit: [[48, 57]],
  graph: [[33, 126]],
  lower: [[97, 122]],
  print: [[32, 126]],
  punct: [
    [33, 47],
    [58, 64],
    [91, 96],
    [123, 126],
  ],
  space: [
    [9, 13],
    [32, 32],
  ],
  upper: [[65, 90]],
  word: [
    [48, 57],
    [65, 90],
    [95, 95],
    [97, 122],
  ],
  xdigit: [
    [48, 57],
    [65, 70],
    [97, 102],
  ],
};

const CONTROL: Readonly<Record<string, number>> = { a: 7, f: 12, n: 10, r: 13, t: 9, v: 11 };
const PERL: Readonly<Record<string, string>> = {
  d: '[0-9]',
  D: '[^0-9]',
  w: '[[:word:]]',
  W: '[^[:word:]]',
  s: '[[:space:]]',
  S: '[^[:space:]]',
};

/** The complement of a set. */
export function invert(set: CharSet): CharSet {
  const out: [number, number][] = [];
  let next = 0;
  for (const [low, high] of set) {
    if (low > next) out.push([next, low - 1]);
    next = high + 1;
  }
  if (next <= MAX_CODE_POINT) out.push([next, MAX_CODE_POINT]);
  return out;
}

function normalise(ranges: readonly (readonly [number, number])[]): CharSet {
  const sorted = [...ranges].sort((a, b) => a[0] - b[0]);
  const out: [number, number][] = [];
  for (const [low, high] of sorted) {
    const last = out.at(-1);
    if (last !== undefined && low <= last[1] + 1) last[1] = Math.max(last[1], high);
    else out.push([low, high]);
  }
  return out;
}

const ANY_BUT_NEWLINE = invert([[NEWLINE, NEWLINE]]);

/**
 * Parses a pattern in RE2's POSIX syntax (falco-formats §5): no Perl classes, no lazy forms, no groups but plain ones.
 *
 * @throws RegexSyntaxError where RE2 would refuse it.
 */
export function parseRegex(pattern: string): RegexNode {
  return new Parser(pattern).parse();
}

class Parser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  parse(): RegexNode {
    const node = this.#alternation();
    if (this.#at < this.#text.length) throw this.#error('")" closes nothing');
    return node;
  }

  #error(message: string, at = this.#at, hint: string | null = null): RegexSyntaxError {
    return new RegexSyntaxError(message, at, hint);
  }

  #alternation(): RegexNode {
    const items = [this.#sequence()];
    while (this.#text[this.#at] === '|') {
      this.#at++;
      items.push(this.#sequence());
    }
    return items.length === 1 ? items[0]! : { kind: 'alt', items };
  }

  #sequence(): RegexNode {
    const items: RegexNode[] = [];
    for (;;) {
      const char = this.#text[this.#at];
      if (char === undefined || char === '|' || char === ')') break;
      const start = this.#at;
      const repeat = this.#repetition();
      if (repeat === null) {
        items.push(this.#atom());
        continue;
      }
      const item = items.pop();
      if (item === undefined) {
        const group = this.#text[start - 1] === '(' && char === '?';
        throw this.#error(
          `"${this.#text.slice(start, this.#at)}" repeats nothing`,
          start,
          group
            ? '(?…) groups and flags are not part of this syntax; icontains and iglob fold case'
            : null,
        );
      }
      const node: RegexNode = { kind: 'repeat', item, ...repeat };
      if (repeat.max > 1 || repeat.min > 1) this.#checkNesting(node, start);
      items.push(node);
    }
    if (items.length === 0) return { kind: 'empty' };
    return items.length === 1 ? items[0]! : { kind: 'cat', items };
  }

  /** Reads `*`, `+`, `?`, `{n}`, `{n,}`, `{n,m}`; null when none stands here (`{` may be itself). */
  #repetition(): { min: number; max: number } | null {
    const char = this.#text[this.#at];
    if (char === '*' || char === '+' || char === '?') {
      this.#at++;
      return { min: char === '+' ? 1 : 0, max: char === '?' ? 1 : -1 };
    }
    if (char !== '{') return null;
    const counted = /\{(0|[1-9][0-9]*)(?:(,)(0|[1-9][0-9]*)?)?\}/y;
    counted.lastIndex = this.#at;
    const match = counted.exec(this.#text);
    if (match === null) return null;
    const min = Number(match[1]);
    const max = match[2] === undefined ? min : match[3] === undefined ? -1 : Number(match[3]);
    if (min > MAX_REPEAT || max > MAX_REPEAT || (max >= 0 && max < min)) {
      const why = max >= 0 && max < min ? 'ends before it begins' : `is more than ${MAX_REPEAT}`;
      throw this.#error(`the repetition ${match[0]} ${why}`);
    }
    this.#at += match[0].length;
    return { min, max };
  }

  #checkNesting(node: RegexNode, at: number): void {
    if (nestedRepeat(node) > MAX_REPEAT) {
      throw this.#error(`nested repetitions multiply to more than ${MAX_REPEAT}`, at);
    }
  }

  #atom(): RegexNode {
    const start = this.#at;
    const code = this.#text.codePointAt(start)!;
    const char = String.fromCodePoint(code);
    this.#at += char.length;
    switch (char) {
      case '(': {
        const inner = this.#alternation();
        if (this.#text[this.#at] !== ')') throw this.#error('"(" is not closed', start);
        this.#at++;
        return { kind: 'group', item: inner };
      }
      case '[':
        return { kind: 'set', set: this.#charClass(start) };
      case '.':
        return { kind: 'set', set: ANY_BUT_NEWLINE };
      case '^':
        return { kind: 'lineStart' };
      case '$':
        return { kind: 'lineEnd' };
      case '\\':
        return one(this.#escape(start));
      default:
        return one(code);
    }
  }

  /** A character class behind its `[`. */
  #charClass(start: number): CharSet {
    const ranges: (readonly [number, number])[] = [];
    const negated = this.#text[this.#at] === '^';
    if (negated) this.#at++;
    for (let first = true; first || this.#text[this.#at] !== ']'; first = false) {
      if (this.#at >= this.#text.length) throw this.#error('"[" is not closed', start);
      const at = this.#at;
      if (this.#text[at] === '-' && !first && this.#text[at + 1] !== ']') {
        throw this.#error('"-" inside a class stands first, last or behind a backslash', at);
      }
      if (this.#text.startsWith('[:', at)) {
        const end = this.#text.indexOf(':]', at + 2);
        if (end > 0) {
          ranges.push(...this.#named(this.#text.slice(at + 2, end), at));
          this.#at = end + 2;
          continue;
        }
      }
      const low = this.#classChar(start);
      let high = low;
      const dash = this.#text[this.#at] === '-' && this.#text[this.#at + 1] !== ']';
      if (dash && this.#at + 1 < this.#text.length) {
        this.#at++;
        high = this.#classChar(start);
        if (high < low) throw this.#error('the range ends before it begins', at);
      }
      ranges.push([low, high]);
    }
    this.#at++;
    const set = normalise(ranges);
    return negated ? invert(set) : set;
  }

  #named(word: string, at: number): CharSet {
    const negated = word.startsWith('^');
    const name = negated ? word.slice(1) : word;
    const set = Object.hasOwn(NAMED, name) ? NAMED[name] : undefined;
    if (set === undefined) {
      throw this.#error(
        `there is no class [:${word}:]`,
        at,
        `known are ${Object.keys(NAMED).join(' ')}`,
      );
    }
    return negated ? invert(set) : set;
  }

  #classChar(start: number): number {
    const code = this.#text.codePointAt(this.#at);
    if (code === undefined) throw this.#error('"[" is not closed', start);
    const at = this.#at;
    this.#at += code > 0xffff ? 2 : 1;
    return code === 92 ? this.#escape(at) : code;
  }

  /** An escape behind its backslash, which stands at `start`. */
  #escape(start: number): number {
    const rest = this.#text.slice(this.#at);
    const octal = /^(?:[1-7][0-7]{1,2}|0[0-7]{0,2})/.exec(rest)?.[0];
    if (octal !== undefined) {
      this.#at += octal.length;
      return parseInt(octal, 8);
    }
    const hex = /^x(?:([0-9a-fA-F]{2})|\{0*([0-9a-fA-F]{1,6})\})/.exec(rest);
    if (hex !== null) {
      const code = parseInt((hex[1] ?? hex[2])!, 16);
      if (code > MAX_CODE_POINT) throw this.#error('there is no such character', start);
      this.#at += hex[0].length;
      return code;
    }
    const char = rest[0];
    if (char === undefined) throw this.#error('a backslash ends the pattern', start);
    const control = Object.hasOwn(CONTROL, char) ? CONTROL[char] : undefined;
    if (control !== undefined || (char <= '\x7f' && !/[0-9A-Za-z]/.test(char))) {
      this.#at++;
      return control ?? char.charCodeAt(0);
    }
    const perl = PERL[char];
    throw this.#error(
      `"\\${char}" is not part of this syntax`,
      start,
      perl === undefined ? null : `write ${perl}`,
    );
  }
}

const one = (code: number): RegexNode => ({ kind: 'set', set: [[code, code]] });

/** How often the innermost item can be repeated through nested counts. */
function nestedRepeat(node: RegexNode): number {
  switch (node.kind) {
    case 'cat':
    case 'alt':
      return Math.max(...node.items.map(nestedRepeat));
    case 'group':
      return nestedRepeat(node.item);
    case 'repeat': {
      const count = node.max >= 0 ? node.max : node.min;
      return nestedRepeat(node.item) * Math.max(1, count);
    }
    default:
      return 1;
  }
}
