import { parseRegex } from './parse.js';
import type { CharSet } from './parse.js';
import {
  OP_LINE_END,
  OP_LINE_START,
  OP_MATCH,
  OP_SET,
  OP_SPLIT,
  compileProgram,
} from './program.js';
import type { Program } from './program.js';

/** Longest subject, in UTF-16 units: an event has no more bytes. Longer ones never match. */
export const MAX_SUBJECT = 65_536;

/**
 * Steps one match may take before it gives up, some 20 ns each. Only a pattern that counts hundreds of characters behind a
 * `.*`, met by a subject of tens of kilobytes, comes near: everything else finds its states made.
 */
export const MAX_STEPS = 4_000_000;
/** Transitions kept at once; beyond, all states are forgotten and made anew. */
const MAX_TRANSITIONS = 1 << 18;
/** Instructions that the states kept at once stand on, likewise: some 16 bytes each, 16 MiB a pattern. */
export const MAX_KEPT = 1 << 20;

/** Matches that were given up since the start of this thread; they count as not matching. */
export let regexGivenUp = 0;

const UNKNOWN = -1;
const DEAD = 0;

/**
 * Matches whole subjects against a pattern, in time linear in the subject.
 *
 * @remarks Hot path. The states of a deterministic automaton are made as subjects ask for them, as in RE2, so a match is one
 * table look-up per character once warm, and no pattern backtracks. V8's own linear engine takes neither Unicode nor counts
 * above 16, and steps through every state for each character.
 */
export class RegexMatcher {
  readonly #program: Program;
  /** Class of a character below 256; further ones by search in the bounds. */
  readonly #lowClass = new Uint16Array(256);
  readonly #bounds: Int32Array;
  readonly #stride: number;
  readonly #newlineClass: number;
  readonly #endClass: number;
  /** Does a class lie in a set: by set × class. */
  readonly #inSet: Uint8Array;
  #table: Int32Array;
  #states: Int32Array[] = [];
  /** Of each state: the character before it was a line end, or nothing. */
  #atLineStart: boolean[] = [];
  #ids = new Map<string, number>();
  #kept = 0;
  readonly #marks: Uint32Array;
  #mark = 0;
  readonly #stack: Int32Array;
  readonly #closure: Int32Array;
  readonly #targets: Int32Array;
  #steps = 0;

  /** @throws RegexSyntaxError */
  constructor(pattern: string) {
    this.#program = compileProgram(parseRegex(pattern));
    const { sets, op } = this.#program;
    this.#bounds = boundsOf(sets);
    const classes = this.#bounds.length;
    this.#endClass = classes;
    this.#stride = classes + 1;
    this.#inSet = new Uint8Array(sets.length * classes);
    sets.forEach((set, id) => {
      for (let c = 0; c < classes; c++) {
        const code = this.#bounds[c]!;
        if (set.some(([low, high]) => low <= code && code <= high))
          this.#inSet[id * classes + c] = 1;
      }
    });
    for (let code = 0; code < 256; code++) this.#lowClass[code] = this.#search(code);
    this.#newlineClass = this.#lowClass[10]!;
    this.#marks = new Uint32Array(op.length);
    // A split pushes two ways, each instruction is entered once.
    this.#stack = new Int32Array(2 * op.length + 2);
    this.#closure = new Int32Array(op.length);
    this.#targets = new Int32Array(op.length);
    this.#table = new Int32Array(0);
    this.#forget();
  }

  /** Does the whole subject match? */
  test(subject: string): boolean {
    const { length } = subject;
    if (length > MAX_SUBJECT) {
      regexGivenUp++;
      return false;
    }
    const stride = this.#stride;
    this.#steps = 0;
    let state = 1;
    for (let i = 0; i < length; i++) {
      const unit = subject.charCodeAt(i);
      let cls: number;
      if (unit < 256) cls = this.#lowClass[unit]!;
      else if (unit >= 0xd800 && unit < 0xdc00 && i + 1 < length) {
        cls = this.#search(subject.codePointAt(i)!);
        i++;
      } else cls = this.#search(unit);
      let next = this.#table[state * stride + cls]!;
      if (next === UNKNOWN) {
        if (this.#steps > MAX_STEPS) {
          regexGivenUp++;
          return false;
        }
        next = this.#step(state, cls);
      }
      if (next === DEAD) return false;
      state = next;
    }
    let end = this.#table[state * stride + this.#endClass]!;
    if (end === UNKNOWN) {
      end = this.#reachesEnd(state) ? 1 : 0;
      this.#table[state * stride + this.#endClass] = end;
    }
    return end === 1;
  }

  /** Instructions looked through by the last match to make states it did not find made; its look-ups come on top, one a character. */
  get steps(): number {
    return this.#steps;
  }

  /** Instructions that its states stand on. */
  get kept(): number {
    return this.#kept;
  }

  /** Instructions of the pattern: no single state costs more than twice as many steps. */
  get size(): number {
    return this.#program.op.length;
  }

  /** Number of the class a code point lies in: bounds are where classes begin. */
  #search(code: number): number {
    const bounds = this.#bounds;
    let low = 0;
    let high = bounds.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (bounds[middle]! <= code) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** Makes the state behind a character. */
  #step(state: number, cls: number): number {
    const { op, next, arg } = this.#program;
    const classes = this.#endClass;
    const newline = cls === this.#newlineClass;
    const count = this.#close(this.#states[state]!, this.#atLineStart[state]!, newline);
    const targets = this.#targets;
    let reached = 0;
    const mark = this.#nextMark();
    for (let i = 0; i < count; i++) {
      const pc = this.#closure[i]!;
      if (op[pc] !== OP_SET || this.#inSet[arg[pc]! * classes + cls] === 0) continue;
      const to = next[pc]!;
      if (this.#marks[to] === mark) continue;
      this.#marks[to] = mark;
      targets[reached++] = to;
    }
    this.#steps += count + reached;
    if (reached === 0) {
      this.#table[state * this.#stride + cls] = DEAD;
      return DEAD;
    }
    const kernel = targets.slice(0, reached).sort();
    const lineStart = this.#program.asserts && newline;
    // Its bytes: to write numbers out takes longer than all the rest.
    const key = `${lineStart ? '^' : ''}${Buffer.from(kernel.buffer).toString('latin1')}`;
    let id = this.#ids.get(key);
    if (id === undefined) {
      const tooMany = (this.#states.length + 1) * this.#stride > MAX_TRANSITIONS;
      if ((tooMany && this.#states.length > 64) || this.#kept + kernel.length > MAX_KEPT) {
        this.#forget();
        return this.#add(key, kernel, lineStart);
      }
      id = this.#add(key, kernel, lineStart);
    }
    this.#table[state * this.#stride + cls] = id;
    return id;
  }

  #reachesEnd(state: number): boolean {
    const count = this.#close(this.#states[state]!, this.#atLineStart[state]!, true);
    for (let i = 0; i < count; i++)
      if (this.#program.op[this.#closure[i]!] === OP_MATCH) return true;
    return false;
  }

  /** Follows instructions that take no character. */
  #close(kernel: Int32Array, lineStart: boolean, lineEnd: boolean): number {
    const { op, next, arg } = this.#program;
    const marks = this.#marks;
    const stack = this.#stack;
    const mark = this.#nextMark();
    let count = 0;
    let top = 0;
    for (let i = kernel.length - 1; i >= 0; i--) {
      stack[top++] = kernel[i]!;
      while (top > 0) {
        const pc = stack[--top]!;
        if (marks[pc] === mark) continue;
        marks[pc] = mark;
        switch (op[pc]) {
          case OP_SPLIT:
            if (marks[arg[pc]!] !== mark) stack[top++] = arg[pc]!;
            if (marks[next[pc]!] !== mark) stack[top++] = next[pc]!;
            break;
          case OP_LINE_START:
            if (lineStart) stack[top++] = next[pc]!;
            break;
          case OP_LINE_END:
            if (lineEnd) stack[top++] = next[pc]!;
            break;
          default:
            this.#closure[count++] = pc;
        }
      }
    }
    this.#steps += count;
    return count;
  }

  /** A number that no instruction is marked with yet. */
  #nextMark(): number {
    if (this.#mark === 0xffffffff) {
      this.#marks.fill(0);
      this.#mark = 0;
    }
    return ++this.#mark;
  }

  /** Back to the start state alone. State 0 is the dead one. */
  #forget(): void {
    this.#table = new Int32Array(64 * this.#stride).fill(UNKNOWN);
    this.#states = [new Int32Array(0)];
    this.#atLineStart = [false];
    this.#ids = new Map();
    this.#kept = 0;
    this.#table.fill(DEAD, 0, this.#stride);
    this.#add('', Int32Array.of(this.#program.start), true);
  }

  #add(key: string, kernel: Int32Array, lineStart: boolean): number {
    const id = this.#states.push(kernel) - 1;
    this.#atLineStart.push(lineStart);
    this.#ids.set(key, id);
    this.#kept += kernel.length;
    if ((id + 1) * this.#stride > this.#table.length) {
      const grown = new Int32Array(this.#table.length * 2).fill(UNKNOWN);
      grown.set(this.#table);
      this.#table = grown;
    }
    return id;
  }
}

/** Where classes of characters begin: inside one, no set tells two characters apart. */
function boundsOf(sets: readonly CharSet[]): Int32Array {
  const bounds = new Set([0, 10, 11]);
  for (const set of sets) {
    for (const [low, high] of set) {
      bounds.add(low);
      if (high < 0x10ffff) bounds.add(high + 1);
    }
  }
  return Int32Array.from([...bounds].sort((a, b) => a - b));
}
