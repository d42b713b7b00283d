import { isAlias, isMap, isScalar, isSeq, parseAllDocuments } from 'yaml';
import type { Document, Node } from 'yaml';
import type { Span } from './ir.js';
import { ScalarSource } from './source.js';
import type { ScalarStyle, SourceFile } from './source.js';
import { splitItems } from './yaml-items.js';
import type { ItemName, ItemText } from './yaml-items.js';
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
  /** Roots of the documents in order; an empty file has none. Items that are no YAML are left out. */
  readonly documents: readonly YamlNode[];
  readonly problems: readonly YamlProblem[];
  /** Items that were left out, as far as they can be told. */
  readonly lost: readonly ItemName[];
}

/** A node nested deeper is no rule; also ends aliases that contain themselves. */
const MAX_LEVELS = 12;

/** Parses a file of one or more YAML documents, every node with its place. What is broken costs its item, not the file. */
export function parseYaml(file: SourceFile): YamlFile {
  const control = controlCharacter(file.text);
  const problems: YamlProblem[] = control === null ? [] : [control];
  const documents = parsed(file.text);
  const broken = documents.some(({ errors }) => errors.length > 0);
  const items = broken ? splitItems(file.text) : null;
  if (items !== null) return recovered(file, documents, items, problems);
  const roots: YamlNode[] = [];
  const lost: ItemName[] = [];
  for (const document of documents) {
    problems.push(...problemsOf(document.errors, file.text));
    const { contents } = document;
    if (contents === null || document.errors.length > 0) continue;
    roots.push(new Converter(file, document, problems).root(contents, lost));
  }
  return { documents: roots, problems, lost };
}

function parsed(text: string): readonly Document[] {
  const documents = parseAllDocuments(text, {
    schema: 'failsafe',
    uniqueKeys: false,
    prettyErrors: false,
    strict: false,
  }) as Document[];
  // An empty file comes back as an empty list with properties of its own.
  return Array.isArray(documents) ? documents : [];
}

/** Reads a broken file item by item: each fault is told of, and the other items are there to be checked. */
function recovered(
  file: SourceFile,
  whole: readonly Document[],
  documents: readonly (readonly ItemText[])[],
  problems: YamlProblem[],
): YamlFile {
  const lost: ItemName[] = [];
  const found: YamlProblem[] = [];
  const roots = documents.map((items): YamlSeq => {
    const nodes: YamlNode[] = [];
    for (const item of items) {
      const [document] = parsed(file.text.slice(item.start, item.end));
      if (document?.contents == null) continue;
      const before = found.length;
      found.push(...problemsOf(document.errors, file.text, item.start));
      const own: YamlProblem[] = [];
      const root = new Converter(file, document, own, item.start).root(document.contents, lost);
      // An anchor may stand in another item: the file read whole would know it.
      const isSound = found.length === before && own.length === 0 && root.kind === 'seq';
      if (isSound) nodes.push(...root.items);
      else if (item.named !== null) lost.push(item.named);
    }
    const span = { start: items[0]!.start, end: items.at(-1)!.end };
    return { kind: 'seq', items: nodes, span };
  });
  // What is wrong between items, none of them knows.
  const first = whole.flatMap(({ errors }) => problemsOf(errors, file.text));
  problems.push(...(found.length > 0 ? found : first));
  return { documents: roots, problems, lost };
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
  /** Where the parsed text begins in the file. */
  readonly #base: number;
  readonly #anchored = new Map<Node, YamlNode>();
  /** Anchored nodes that are being turned: an alias to one would contain itself. */
  readonly #open = new Set<Node>();

  constructor(file: SourceFile, document: Document, problems: YamlProblem[], base = 0) {
    this.#file = file;
    this.#document = document;
    this.#problems = problems;
    this.#base = base;
  }

  /** A document's root; items with something wrong inside are left out, and the rest is there. */
  root(node: Node, lost: ItemName[]): YamlNode {
    if (!isSeq(node)) return this.node(node, 0);
    const items = node.items.flatMap((item) => {
      const before = this.#problems.length;
      const turned = this.node(item as Node | null, 1);
      if (this.#problems.length === before) return [turned];
      for (const kind of ['list', 'macro', 'rule']) {
        const name = turned.kind === 'map' ? valueOf(turned, kind) : undefined;
        if (name?.kind === 'scalar') lost.push({ kind, name: name.value });
      }
      return [];
    });
    return { kind: 'seq', items, span: this.#spanOf(node) };
  }

  #spanOf(node: Node | null): Span {
    const [start = 0, end = 0] = node?.range ?? [];
    return { start: start + this.#base, end: end + this.#base };
  }

  node(node: Node | null, level: number): YamlNode {
    const span = this.#spanOf(node);
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
