import { setFlagsFromString } from 'node:v8';
import { RegexMatcher } from './matcher.js';
import { RegexSyntaxError } from './parse.js';

export { MAX_KEPT, MAX_STEPS, MAX_SUBJECT, RegexMatcher, regexGivenUp } from './matcher.js';
export { RegexSyntaxError } from './parse.js';

export type RegexCheck =
  | { readonly ok: true }
  | {
      readonly ok: false;
      readonly message: string;
      /** Code unit of the pattern. */
      readonly at: number;
      readonly hint: string | null;
    };

/** Is the pattern one that RE2 takes in POSIX mode (falco-formats §5)? */
export function checkRegex(pattern: string): RegexCheck {
  try {
    new RegexMatcher(pattern);
    return { ok: true };
  } catch (error) {
    if (!(error instanceof RegexSyntaxError)) throw error;
    return { ok: false, message: error.message, at: error.at, hint: error.hint };
  }
}

const PLAIN = /^\^?(\.[*+?])?([A-Za-z0-9_/ :,;@%&~#!<>=-]+)(\.[*+?])?\$?$/;

/** A simpler operator that does what the pattern does; null when it needs to be a pattern. */
export function simplerThanRegex(pattern: string): string | null {
  const match = PLAIN.exec(pattern);
  if (match === null) return null;
  const [, before, word, after] = match;
  const value = /[ ,=]/.test(word!) ? `"${word}"` : word;
  if (before !== undefined && after !== undefined) return `contains ${value}`;
  if (before !== undefined) return `endswith ${value}`;
  return after !== undefined ? `startswith ${value}` : `= ${value}`;
}

/**
 * Lets V8 go on with its linear-time engine where an expression of its own backtracks too often: `regex` has its matcher here,
 * but globs and the like become V8's. Counts for the whole process and its later expressions; each thread calls it first.
 */
export function useLinearRegex(): void {
  setFlagsFromString('--enable-experimental-regexp-engine-on-excessive-backtracks');
}
