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
 * Options among arguments (a list, or one text cut at blanks) by getopt(3)'s rules: letters may be bundled, an argument may
 * follow directly or be the next word, `--` ends the options, other words are passed over.
 *
 * @param letter - The option that is asked for; null: all that are given.
 * @returns of one option its argument, "" where it takes none, null where it is not given; else the letters, each once.
 */
function getopt(args: FieldValue, options: ByteString, letter: string | null): FieldValue {
  const words = isList(args) ? args.map(asText) : asText(args).split(' ');
  const given = new Set<string>();
  for (let w = 0; w < words.length; w++) {
    const word = words[w]!;
    if (word === '--') break;
    if (word.length < 2 || word[0] !== '-' || word[1] === '-') continue;
    for (let i = 1; i < word.length; i++) {
      const at = word[i] === ':' ? -1 : options.indexOf(word[i]!);
      const takesArgument = at >= 0 && options[at + 1] === ':';
      const rest = takesArgument ? word.slice(i + 1) : '';
      const argument = takesArgument ? rest || (words[++w] ?? null) : '';
      if (at >= 0 && word[i] === letter) return argument;
      if (at >= 0 && argument !== null) given.add(word[i]!);
      if (takesArgument) break;
    }
  }
  return letter === null ? [...given] : null;
}

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

/** The `=` at the end may be missing: it carries nothing, and programs leave it out. */
function decodeBase64(text: ByteString): ByteString | null {
  const digits = text.replace(/={1,2}$/, '').length;
  const isWhole = text.length === digits ? digits % 4 !== 1 : text.length % 4 === 0;
  if (!isWhole || !BASE64.test(text)) return null;
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
