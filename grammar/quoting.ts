import { toBytes } from '../sensor/core/bytes.js';
import { ConditionSyntaxError } from './syntax-error.js';

/** What the text between brackets stands for; `start` is where it begins. */
export function indexText(bracketed: string, start: number): string {
  const inner = bracketed.slice(1, -1);
  return inner.startsWith('"') || inner.startsWith("'") ? unquote(inner, start) : toBytes(inner);
}

/** Resolves the escapes of a quoted value into bytes. */
export function unquote(word: string, start: number): string {
  const inner = word.slice(1, -1);
  if (inner.includes('\0')) throw nul(start, word.length);
  if (!inner.includes('\\')) return toBytes(inner);
  let out = '';
  for (let i = 0; i < inner.length;) {
    const backslash = inner.indexOf('\\', i);
    if (backslash < 0) return out + toBytes(inner.slice(i));
    out += toBytes(inner.slice(i, backslash));
    const next = inner[backslash + 1];
    const hex = /^[0-9a-fA-F]{2}/.exec(inner.slice(backslash + 2, backslash + 4));
    if (next === 'x' && hex !== null) {
      if (hex[0] === '00') throw nul(start + 1 + backslash, 4);
      out += String.fromCharCode(parseInt(hex[0], 16));
      i = backslash + 4;
    } else {
      const char = next === word[0] ? next : next === undefined ? undefined : ESCAPES[next];
      if (char === undefined) {
        throw new ConditionSyntaxError(
          `"\\${next ?? ''}" is no escape`,
          { start: start + 1 + backslash, end: start + 3 + backslash },
          'known are \\b \\f \\n \\r \\t \\\\ \\/ \\xHH and the enclosing quote; write \\\\ for a backslash',
        );
      }
      out += char;
      i = backslash + 2;
    }
  }
  return out;
}

const ESCAPES: Readonly<Record<string, string>> = {
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  '\\': '\\',
  '/': '/',
  // Falco: the backslash stays, the blank goes.
  ' ': '\\',
};

function nul(start: number, length: number): ConditionSyntaxError {
  return new ConditionSyntaxError(
    'a value cannot hold a NUL byte',
    { start, end: start + length },
    'no value of an event holds one: remove it',
  );
}
