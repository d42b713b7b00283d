import {
  LineCounter,
  isAlias,
  isMap,
  isScalar,
  parseDocument,
  visit,
  type Document,
  type Node,
} from 'yaml';
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
    this.document = parseDocument(text, { lineCounter: this.#counter, prettyErrors: false });
    this.#lines = maskSecrets(text, this.document).split('\n');
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
    const source = `-o ${maskOption(option)}`;
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

const SECRET_KEY = /passw(?:or)?d|secret|token|authorization|credential|api-?key/i;
/** As a person may have typed it, in YAML that need not be whole. */
const SECRET_TEXT = new RegExp(
  `((?:${SECRET_KEY.source})[\\w-]*["']?[ \\t]*:[ \\t]*)("[^"\\n]*"?|'[^'\\n]*'?|[^\\s,}#][^,}\\n]*)`,
  'gi',
);
/** Names where a secret is, and is none itself. */
const REFERENCE = /^["']?(?:file:|\$\{)/;

/**
 * The text with asterisks for secrets, each character in its place: lines of it are shown with problems. By the document's
 * structure (whatever stands in `headers`, values of keys that sound like it) and by the text alone, as it may be broken.
 */
function maskSecrets(text: string, document: Document): string {
  let masked = text.replace(SECRET_TEXT, (_, before: string, value: string) =>
    REFERENCE.test(value) ? before + value : before + value.replace(/\S/g, '*'),
  );
  const hide = (node: unknown): void => {
    if (!isScalar(node) || !node.range || REFERENCE.test(String(node.value))) return;
    const [from, to] = node.range;
    const hidden = text.slice(from, to).replace(/[^\n]/g, '*');
    masked = masked.slice(0, from) + hidden + masked.slice(to);
  };
  visit(document, {
    Pair: (_, { key, value }) => {
      const name = isScalar(key) ? String(key.value) : '';
      if (SECRET_KEY.test(name)) hide(value);
      if (name === 'headers' && isMap(value)) for (const item of value.items) hide(item.value);
    },
  });
  return masked;
}

/** `key=********` where the key sounds like a secret's. */
function maskOption(option: string): string {
  const equals = option.indexOf('=');
  const key = option.slice(0, Math.max(equals, 0));
  return SECRET_KEY.test(key) || key.includes('headers') ? `${key}=********` : option;
}
