/** One thing wrong with a configuration. */
export interface ConfigProblem {
  /** Stable, e.g. `unknown-key`. */
  readonly code:
    | 'yaml'
    | 'unknown-key'
    | 'missing-key'
    | 'type'
    | 'value'
    | 'duplicate'
    | 'environment'
    | 'secret'
    | 'override'
    | 'file';
  readonly message: string;
  readonly hint: string | null;
  /** File, or the `-o` option it came from. */
  readonly source: string;
  /** From 1; null where there is no text to point at. */
  readonly line: number | null;
  readonly column: number | null;
  /** The line pointed at, and how many characters of it are meant. */
  readonly excerpt: { readonly text: string; readonly length: number } | null;
}

/** `file:line:column: error: message [code]`, the line, a caret and the hint. */
export function renderProblem(problem: ConfigProblem): string {
  const place = problem.line === null ? '' : `:${problem.line}:${problem.column ?? 1}`;
  const lines = [`${problem.source}${place}: error: ${problem.message} [${problem.code}]`];
  if (problem.excerpt && problem.line !== null) {
    const number = String(problem.line).padStart(3);
    const column = (problem.column ?? 1) - 1;
    const room = Math.max(1, problem.excerpt.text.length - column);
    const caret = '^'.repeat(Math.max(1, Math.min(problem.excerpt.length, room)));
    const hint = problem.hint === null ? '' : `  ${problem.hint}`;
    lines.push(`${number} | ${printable(problem.excerpt.text)}`);
    lines.push(`${' '.repeat(number.length)} | ${' '.repeat(column)}${caret}${hint}`);
  } else if (problem.hint !== null) {
    lines.push(`  ${problem.hint}`);
  }
  return lines.join('\n');
}

/** Of the same length, so that the caret stays in place. */
function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, ' ');
}
