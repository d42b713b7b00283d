import type { ByteString } from '../../core/bytes.js';

/** ASCII lower case; other bytes stay (a locale's rules would change bytes of UTF-8 sequences). */
export function lowerAscii(bytes: ByteString): ByteString {
  return /[A-Z]/.test(bytes) ? bytes.replace(/[A-Z]+/g, (run) => run.toLowerCase()) : bytes;
}

/** ASCII upper case; other bytes stay. */
export function upperAscii(bytes: ByteString): ByteString {
  return /[a-z]/.test(bytes) ? bytes.replace(/[a-z]+/g, (run) => run.toUpperCase()) : bytes;
}

/**
 * Does `text` contain `needle`, ASCII case aside?
 *
 * @remarks Hot path: no allocation.
 * @param needle - In lower case already.
 */
export function containsFolded(text: ByteString, needle: ByteString): boolean {
  const last = text.length - needle.length;
  if (needle.length === 0) return true;
  const first = needle.charCodeAt(0);
  for (let at = 0; at <= last; at++) {
    if (fold(text.charCodeAt(at)) !== first) continue;
    let i = 1;
    while (i < needle.length && fold(text.charCodeAt(at + i)) === needle.charCodeAt(i)) i++;
    if (i === needle.length) return true;
  }
  return false;
}

function fold(c: number): number {
  return c >= 0x41 && c <= 0x5a ? c + 32 : c;
}
