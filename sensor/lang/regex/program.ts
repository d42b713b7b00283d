import type { CharSet, RegexNode } from './parse.js';
import { RegexSyntaxError } from './parse.js';
import { weightOf } from './weight.js';

export const OP_SET = 0;
export const OP_SPLIT = 1;
export const OP_LINE_START = 2;
export const OP_LINE_END = 3;
export const OP_MATCH = 4;

/** A pattern as instructions of an automaton without memory: each says what to do and where to go on. */
export interface Program {
  readonly op: Uint8Array;
  /** Next instruction; of a split, the first way. */
  readonly next: Int32Array;
  /** Of a split, the second way; of a set, its number. */
  readonly arg: Int32Array;
  readonly start: number;
  readonly sets: readonly CharSet[];
  readonly asserts: boolean;
}

/**
 * Instructions that RE2 makes of a pattern at most: a quarter of two thirds of its 8 MiB, 16 bytes each (re2/re2.cc, re2/compile.cc).
 * Ours are fewer, a set of characters being one; so this bounds the work per character, too.
 */
export const MAX_WEIGHT = Math.floor((8 * 2 ** 20 * 2) / 3 / 4 / 16);

/** @throws RegexSyntaxError when counted repetitions make the program too large. */
export function compileProgram(node: RegexNode): Program {
  const op: number[] = [];
  const next: number[] = [];
  const arg: number[] = [];
  const sets: CharSet[] = [];
  const setIds = new Map<CharSet, number>();
  const weights: number[] = [];
  let asserts = false;
  let weight = 0;

  const weigh = (more: number): void => {
    weight += more;
    if (weight > MAX_WEIGHT) {
      throw new RegexSyntaxError(
        'the pattern is too large',
        0,
        `counted repetitions multiply what they repeat: RE2 stops at some ${MAX_WEIGHT} instructions`,
      );
    }
  };
  const add = (kind: number, to: number, extra: number): number => {
    weigh(kind === OP_SET ? weights[extra]! : 1);
    op.push(kind);
    next.push(to);
    arg.push(extra);
    return op.length - 1;
  };
  /** Emits a node that goes on at `to`; built from the end, so every target is there already. */
  const emit = (part: RegexNode, to: number): number => {
    switch (part.kind) {
      case 'empty':
        return to;
      case 'lineStart':
      case 'lineEnd':
        asserts = true;
        return add(part.kind === 'lineStart' ? OP_LINE_START : OP_LINE_END, to, 0);
      case 'set': {
        let id = setIds.get(part.set);
        if (id === undefined) {
          id = sets.push(part.set) - 1;
          weights.push(weightOf(part.set));
          setIds.set(part.set, id);
        }
        return add(OP_SET, to, id);
      }
      case 'group':
        // RE2 notes where each group begins and ends.
        weigh(2);
        return emit(part.item, to);
      case 'cat':
        return part.items.reduceRight((at, item) => emit(item, at), to);
      case 'alt':
        return part.items
          .map((item) => emit(item, to))
          .reduceRight((rest, way) => add(OP_SPLIT, way, rest));
      case 'repeat': {
        let at = to;
        if (part.max < 0) {
          const loop = add(OP_SPLIT, 0, to);
          next[loop] = emit(part.item, loop);
          at = loop;
        } else {
          for (let i = part.min; i < part.max; i++) at = add(OP_SPLIT, emit(part.item, at), to);
        }
        for (let i = 0; i < part.min; i++) at = emit(part.item, at);
        return at;
      }
    }
  };
  const end = add(OP_MATCH, 0, 0);
  const start = emit(node, end);
  return {
    op: Uint8Array.from(op),
    next: Int32Array.from(next),
    arg: Int32Array.from(arg),
    start,
    sets,
    asserts,
  };
}
