import { isAlias, isMap, isScalar, isSeq, parseAllDocuments } from 'yaml';
import type { Document, Node } from 'yaml';
import type { Span } from './ir.js';
import { ScalarSource } from './source.js';
import type { ScalarStyle, SourceFile } from './source.js';
import { controlCharacter, problemsOf } from './yaml-problems.js';
import type { YamlProblem } from './yaml-problems.js';

/** YAML as rule files see it: every scalar is text, meaning comes later. */
export type YamlNode = YamlMap | YamlSeq | YamlScalar;

export interface YamlMap {
  readonly kind: 'map';
  readonly entries: readonly YamlEntry[];
  readonly span: Span;
}
export interface YamlEntry {
  readonly key: YamlScalar;
  readonly value: YamlNode;
}
export interface YamlSeq {
  readonly kind: 'seq';
  readonly items: readonly YamlNode[];
  readonly span: Span;
}
export interface YamlScalar {
  readonly kind: 'scalar';
  readonly value: string;
  /** Empty, `~` or an unquoted `null`. */
  readonly isNull: boolean;
  readonly source: ScalarSource;
  readonly span: Span;
}

export interface YamlFile {
  /** Roots of the documents in order; an empty file has none. */
  readonly documents: readonly YamlNode[];
  readonly problems: readonly YamlProblem[];
}

/** A node nested deeper is no rule; also ends aliases that contain themselves. */
const MAX_LEVELS = 12;

/** Parses a file of one or more YAML documents, every node with its place. */
export function parseYaml(file: SourceFile): YamlFile {
  const documents = parseAllDocuments(file.text, {
    schema: 'failsafe',
    uniqueKeys: false,
    prettyErrors: false,
    strict: false,
  }) as Document[];
  const control = controlCharacter(file.text);
  const problems: YamlProblem[] = control === null ? [] : [control];
  const roots: YamlNode[] = [];
  // An empty file comes back as an empty list with properties of its own.
  for (const document of Array.isArray(documents) ? documents : []) {
    problems.push(...problemsOf(document.errors, file.text));
    const { contents } = document;
    if (contents !== null) roots.push(new Converter(file, document, problems).node(contents, 0));
  }
  return { documents: roots, problems };
}

const STYLES: Readonly<Record<string, ScalarStyle>> = {
  PLAIN: 'plain',
  QUOTE_SINGLE: 'single',
  QUOTE_DOUBLE: 'double',
  BLOCK_FOLDED: 'block',
  BLOCK_LITERAL: 'block',
};

/** Turns a document's nodes into ours. What an anchor names is turned once, however often it is used. */
class Converter {
  readonly #file: SourceFile;
  readonly #document: Document;
  readonly #problems: YamlProblem[];
  readonly #anchored = new Map<Node, YamlNode>();
  /** Anchored nodes that are being turned: an alias to one would contain itself. */
  readonly #open = new Set<Node>();

  constructor(file: SourceFile, document: Document, problems: YamlProblem[]) {
    this.#file = file;
    this.#document = document;
    this.#problems = problems;
  }

  node(node: Node | null, level: number): YamlNode {
    const range = node?.range;
    const span = { start: range?.[0] ?? 0, end: range?.[1] ?? 0 };
    if (level > MAX_LEVELS) return this.#wrong(`nested deeper than ${MAX_LEVELS} levels`, span);
    if (node === null) return scalar(this.#file, '', 'plain', span);
    if (isAlias(node)) {
      const target = node.resolve(this.#document);
      if (target === undefined)
        return this.#wrong(`no anchor "${node.source}" before this alias`, span);
      if (this.#open.has(target)) return this.#wrong('the alias contains itself', span);
      return this.#anchored.get(target) ?? this.node(target, level + 1);
    }
    const isAnchor = (isMap(node) || isSeq(node) || isScalar(node)) && node.anchor !== undefined;
    if (!isAnchor) return this.#content(node, span, level);
    this.#open.add(node);
    const turned = this.#content(node, span, level);
    this.#open.delete(node);
    this.#anchored.set(node, turned);
    return turned;
  }

  #content(node: Node, span: Span, level: number): YamlNode {
    const next = (child: unknown): YamlNode => this.node(child as Node | null, level + 1);
    if (isMap(node)) {
      const entries: YamlEntry[] = [];
      for (const pair of node.items) {
        const key = next(pair.key);
        if (key.kind !== 'scalar') {
          this.#wrong('a key must be plain text', key.span);
          continue;
        }
        const value =
          pair.value === null
            ? scalar(this.#file, '', 'plain', { start: key.span.end, end: key.span.end })
            : next(pair.value);
        entries.push({ key, value });
      }
      // Falco marks a mapping by its first key.
      const start = entries[0]?.key.span.start ?? span.start;
      return { kind: 'map', entries, span: { start, end: span.end } };
    }
    if (isSeq(node)) return { kind: 'seq', items: node.items.map(next), span };
    if (isScalar(node)) {
      const style = STYLES[node.type ?? 'PLAIN'] ?? 'plain';
      const value = typeof node.value === 'string' ? node.value : '';
      return scalar(this.#file, value, style, span);
    }
    return scalar(this.#file, '', 'plain', span);
  }

  #wrong(message: string, span: Span): YamlScalar {
    this.#problems.push({ message, hint: null, span });
    return scalar(this.#file, '', 'plain', span);
  }
}

function scalar(file: SourceFile, value: string, style: ScalarStyle, span: Span): YamlScalar {
  return {
    kind: 'scalar',
    value,
    isNull: style === 'plain' && /^(?:|~|null|Null|NULL)$/.test(value),
    source: new ScalarSource(file, value, style, span),
    span,
  };
}

/** First value under a key. */
export function valueOf(map: YamlMap, key: string): YamlNode | undefined {
  return map.entries.find((entry) => entry.key.value === key)?.value;
}
