import type { YAMLError } from 'yaml';
import type { Span } from './ir.js';

export interface YamlProblem {
  readonly message: string;
  readonly hint: string | null;
  readonly span: Span;
}

/** Complaints that follow from an earlier one in the same document. */
const FOLLOWING: ReadonlySet<string> = new Set([
  'UNEXPECTED_TOKEN',
  'MULTILINE_IMPLICIT_KEY',
  'MISSING_CHAR',
]);

/**
 * What a document's errors say to a person: what follows from the first is left out.
 *
 * @param base - Where the parsed text begins in the file.
 */
export function problemsOf(
  errors: readonly YAMLError[],
  text: string,
  base = 0,
): readonly YamlProblem[] {
  return errors
    .filter(({ code, pos }, i) => {
      if (i === 0) return true;
      return !FOLLOWING.has(code) && pos[0] > (errors[i - 1]?.pos[0] ?? 0);
    })
    .map(({ code, message, pos }) =>
      problemOf(code, message, [pos[0] + base, pos[1] + base], text),
    );
}

function problemOf(
  code: string,
  message: string,
  [start, end]: readonly [number, number],
  text: string,
): YamlProblem {
  const span = { start: Math.min(start, text.length), end: Math.min(end, text.length) };
  const plain = message.split('\n')[0]!.replace(/ at line \d+, column \d+:?$/, '');
  const as = (words: string, hint: string | null, place = span): YamlProblem => ({
    message: words,
    hint,
    span: place,
  });
  const line = text.slice(text.lastIndexOf('\n', start - 1) + 1);
  const quote = /Missing closing (["'])quote/.exec(plain)?.[1];
  if (quote !== undefined) {
    const at = openingQuote(text, quote, start);
    return as(`the closing ${quote} is missing`, null, { start: at, end: at + 1 });
  }
  if (plain.startsWith('Maximum call stack size')) return as('nested too deep to be read', null);
  if (/^ *\t/.test(line)) return as(plain, 'YAML indents with blanks, not with tabs');
  switch (code) {
    case 'BLOCK_AS_IMPLICIT_KEY':
      return as(
        'a second key begins inside this value',
        'a value that holds ": " stands in quotes; keys of one item begin in the same column',
      );
    case 'BAD_SCALAR_START':
      return as(plain, 'put the value in quotes');
    case 'BAD_INDENT': {
      if (/^Flow /.test(plain)) return as(plain, 'close the brackets before the next item');
      const before = text.slice(0, start).trimEnd();
      const isComment = /^ *#/.test(before.slice(before.lastIndexOf('\n') + 1));
      return as(
        plain,
        isComment ? 'a comment ends a value of several lines: put it above the key' : null,
      );
    }
    case 'MISSING_CHAR':
      return as(
        plain,
        /without - indicator/.test(plain) ? 'keys of one item begin in the same column' : null,
      );
    default:
      return as(plain, null);
  }
}

/** The last quote that no backslash escapes: it swallowed all behind it. */
function openingQuote(text: string, quote: string, before: number): number {
  let at = text.lastIndexOf(quote, before);
  while (at > 0 && text[at - 1] === '\\') at = text.lastIndexOf(quote, at - 1);
  return Math.max(0, at);
}

// Tab, line ends and what is no control character; as YAML itself allows.
// eslint-disable-next-line no-control-regex
const FORBIDDEN = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]/;

/** The first control character, which YAML does not allow anywhere. */
export function controlCharacter(text: string): YamlProblem | null {
  const found = FORBIDDEN.exec(text);
  if (found === null) return null;
  const code = found[0].charCodeAt(0).toString(16).padStart(2, '0');
  return {
    message: `the control character \\x${code} cannot stand in YAML`,
    hint: 'in double quotes it can be written as an escape',
    span: { start: found.index, end: found.index + 1 },
  };
}
