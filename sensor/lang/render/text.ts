import type { Diagnostic, Severity } from '../diagnostic.js';
import type { RuleFile } from '../options.js';
import { blanksFor, widthOf } from './cells.js';

export interface RenderOptions {
  /** Terminal colours. */
  readonly color?: boolean;
}

const COLORS: Readonly<Record<Severity, string>> = {
  error: '\x1b[31m',
  warning: '\x1b[33m',
  hint: '\x1b[36m',
};

/** Characters of a line shown at most; a longer one is cut around the place. */
const WIDTH = 120;

/**
 * Diagnostics as a compiler shows them: place, severity, message, code; the line; a caret beneath, with the hint.
 *
 * @param _files - Not needed: a diagnostic carries its line.
 */
export function renderText(
  diagnostics: readonly Diagnostic[],
  _files: readonly RuleFile[] = [],
  options: RenderOptions = {},
): string {
  return diagnostics.map((diagnostic) => renderOne(diagnostic, options)).join('\n');
}

function renderOne(diagnostic: Diagnostic, { color = false }: RenderOptions): string {
  const { severity, message, code, hint } = diagnostic;
  const paint = (text: string): string => (color ? `${COLORS[severity]}${text}\x1b[0m` : text);
  const head = `${visible(diagnostic.file)}:${diagnostic.line}:${diagnostic.column}: ${paint(severity)}: ${visible(message)} [${code}]`;
  const number = String(diagnostic.line).padStart(3);
  const cut = cutAround(diagnostic.excerpt, diagnostic.column - 1);
  const single = diagnostic.endLine === diagnostic.line;
  const end = single ? diagnostic.endColumn - 1 : diagnostic.excerpt.trimEnd().length;
  const length = Math.max(1, Math.min(end - (diagnostic.column - 1), cut.text.length - cut.caret));
  const indent = blanksFor(visible(cut.text.slice(0, cut.caret)));
  const marked = widthOf(visible(cut.text.slice(cut.caret, cut.caret + length)));
  const caret = `${indent}${paint('^'.repeat(Math.max(1, marked)))}`;
  return [
    head,
    `${number} | ${visible(cut.text)}`,
    `${' '.repeat(number.length)} | ${caret}${hint === null ? '' : `  ${visible(hint)}`}`,
    '',
  ].join('\n');
}

function cutAround(line: string, column: number): { text: string; caret: number } {
  if (line.length <= WIDTH) return { text: line, caret: column };
  let from = Math.max(0, Math.min(column - WIDTH / 2, line.length - WIDTH));
  let to = from + WIDTH;
  // Not through a pair of surrogates.
  if (isInsidePair(line, from)) from++;
  if (isInsidePair(line, to)) to--;
  const before = from > 0 ? '…' : '';
  const after = to < line.length ? '…' : '';
  return {
    text: `${before}${line.slice(from, to)}${after}`,
    caret: column - from + before.length,
  };
}

const isInsidePair = (text: string, at: number): boolean =>
  at > 0 && /^[\ud800-\udbff][\udc00-\udfff]$/.test(text.slice(at - 1, at + 1));

/** Rule files are written by people, but shown on terminals: control characters, and those that turn text around, become visible. */
function visible(text: string): string {
  return text.replace(/[^\P{Cc}\t]|[\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, (char) => {
    const code = char.charCodeAt(0);
    return code < 256 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16)}`;
  });
}
