import { LineCounter, isAlias, parseDocument, type Document, type Node } from 'yaml';
import type { ConfigProblem } from './problem.js';

/** A configuration text with everything needed to point at its parts. */
export class ConfigSource {
  readonly document: Document;
  readonly problems: ConfigProblem[] = [];
  readonly #file: string;
  readonly #lines: readonly string[];
  readonly #counter = new LineCounter();
  /** Nodes that came from `-o`, with that option. */
  readonly #overrides = new WeakMap<Node, string>();

  constructor(file: string, text: string) {
    this.#file = file;
    this.#lines = text.split('\n');
    this.document = parseDocument(text, { lineCounter: this.#counter, prettyErrors: false });
    for (const error of this.document.errors) {
      const message = error.message.replace(/\s+at line \d+.*$/s, '');
      this.#add('yaml', message, null, [error.pos[0], error.pos[1]]);
    }
  }

  /** Notes that a node was put in by an option. */
  markOverride(node: Node, option: string): void {
    this.#overrides.set(node, option);
  }

  resolve(node: unknown): Node | null {
    if (isAlias(node)) return node.resolve(this.document) ?? null;
    return (node as Node | null) ?? null;
  }

  problem(
    code: ConfigProblem['code'],
    message: string,
    node: Node | null,
    hint: string | null = null,
  ): void {
    const option = node ? this.#overrides.get(node) : undefined;
    if (option !== undefined) {
      this.optionProblem(option, message, hint, code);
      return;
    }
    this.#add(code, message, hint, node?.range ? [node.range[0], node.range[1]] : null);
  }

  optionProblem(
    option: string,
    message: string,
    hint: string | null,
    code: ConfigProblem['code'] = 'override',
  ): void {
    const source = `-o ${option}`;
    this.problems.push({ code, message, hint, source, line: null, column: null, excerpt: null });
  }

  #add(
    code: ConfigProblem['code'],
    message: string,
    hint: string | null,
    range: readonly [number, number] | null,
  ): void {
    const source = this.#file;
    if (!range) {
      this.problems.push({ code, message, hint, source, line: null, column: null, excerpt: null });
      return;
    }
    const { line, col } = this.#counter.linePos(range[0]);
    const text = this.#lines[line - 1] ?? '';
    const length = Math.max(1, Math.min(range[1] - range[0], text.length - col + 1));
    this.problems.push({
      code,
      message,
      hint,
      source,
      line,
      column: col,
      excerpt: { text, length },
    });
  }
}
