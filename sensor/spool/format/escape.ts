/**
 * What must not reach a terminal or break a line: quotes, backslashes and control characters, as in a JSON string; also DEL,
 * the C1 controls (U+009B begins an escape sequence too) and the marks that turn the direction of text.
 */
const HOSTILE = /["\\\p{Cc}\u200e\u200f\u202a-\u202e\u2028\u2029\u2066-\u2069]/gu;

const SHORT: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
};

/** Text as it may stand in one line on a terminal: escaped as in a JSON string, without the quotes around it. */
export function escapeLine(text: string): string {
  return text
    .toWellFormed()
    .replace(HOSTILE, (c) => SHORT[c] ?? `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
