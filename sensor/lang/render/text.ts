import type { Diagnostic, Severity } from '../diagnostic.js';
import type { RuleFile } from '../options.js';

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
  // Tabs stay tabs beneath, so that the caret keeps its place.
  const indent = cut.text.slice(0, cut.caret).replace(/[^\t]/g, ' ');
  const caret = `${indent}${paint('^'.repeat(length))}`;
  return [
    head,
    `${number} | ${visible(cut.text)}`,
    `${' '.repeat(number.length)} | ${caret}${hint === null ? '' : `  ${visible(hint)}`}`,
    '',
  ].join('\n');
}

function cutAround(line: string, column: number): { text: string; caret: number } {
  if (line.length <= WIDTH) return { text: line, caret: column };
  const from = Math.max(0, Math.min(column - WIDTH / 2, line.length - WIDTH));
  const before = from > 0 ? '…' : '';
  const after = from + WIDTH < line.length ? '…' : '';
  return {
    text: `${before}${line.slice(from, from + WIDTH)}${after}`,
    caret: column - from + before.length,
  };
}

/** Rule files are written by people, but shown on terminals: control characters become visible. */
function visible(text: string): string {
  return text.replace(
    /[^\P{Cc}\t]/gu,
    (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
}
