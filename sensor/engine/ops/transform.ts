import type { ByteString } from '../../core/bytes.js';
import type { FieldValue } from '../../lang/field-def.js';
import type { TransformerName } from '../../lang/ir.js';
import { lowerAscii, upperAscii } from './fold.js';

/**
 * Applies a transformer. Nothing in gives nothing out (null), as with every comparison.
 *
 * @param index - Of `getopt(…)[index]`.
 */
export function transform(
  name: TransformerName,
  args: readonly FieldValue[],
  index: string | null,
): FieldValue {
  for (let i = 0; i < args.length; i++) if (args[i] === null) return null;
  const first = args[0] ?? null;
  switch (name) {
    case 'tolower':
      return eachText(first, lowerAscii);
    case 'toupper':
      return eachText(first, upperAscii);
    case 'basename':
      return eachText(first, (path) => path.slice(path.lastIndexOf('/') + 1));
    case 'b64':
      return eachText(first, decodeBase64);
    case 'len':
      return isList(first) ? first.length : asText(first).length;
    case 'join':
      return args.slice(1).flatMap(listOf).map(asText).join(asText(first));
    case 'concat':
      return args.map((arg) => listOf(arg).map(asText).join('')).join('');
    case 'getopt':
      return getopt(first, asText(args[1] ?? ''), index);
  }
}

/**
 * The argument of option `letter` among arguments (a list, or one text cut at blanks) by getopt(3)'s rules: letters may be
 * bundled, an argument may follow directly or be the next word, `--` ends the options, other words are passed over.
 *
 * @returns "" for a given option that takes no argument, null for one not given.
 */
function getopt(args: FieldValue, options: ByteString, letter: string | null): ByteString | null {
  const words = isList(args) ? args.map(asText) : asText(args).split(' ');
  for (let w = 0; w < words.length; w++) {
    const word = words[w]!;
    if (word === '--') return null;
    if (word.length < 2 || word[0] !== '-' || word[1] === '-') continue;
    for (let i = 1; i < word.length; i++) {
      const at = word[i] === ':' ? -1 : options.indexOf(word[i]!);
      const takesArgument = at >= 0 && options[at + 1] === ':';
      const rest = takesArgument ? word.slice(i + 1) : '';
      const argument = takesArgument ? rest || (words[++w] ?? null) : '';
      if (at >= 0 && word[i] === letter) return argument;
      if (takesArgument) break;
    }
  }
  return null;
}

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

function decodeBase64(text: ByteString): ByteString | null {
  if (text.length % 4 !== 0 || !BASE64.test(text)) return null;
  return Buffer.from(text, 'base64').toString('latin1');
}

function eachText(value: FieldValue, change: (text: ByteString) => ByteString | null): FieldValue {
  if (!isList(value)) return change(asText(value));
  const changed: ByteString[] = [];
  for (const item of value) {
    const text = change(asText(item));
    if (text === null) return null;
    changed.push(text);
  }
  return changed;
}

function isList(value: FieldValue): value is readonly (string | number | bigint)[] {
  return Array.isArray(value);
}

function listOf(value: FieldValue): readonly FieldValue[] {
  return isList(value) ? value : [value];
}

function asText(value: FieldValue): ByteString {
  return typeof value === 'string' ? value : String(value);
}
