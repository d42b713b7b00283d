import { isAlias, isMap, isScalar, isSeq, parseAllDocuments } from 'yaml';
import type { Document, Node } from 'yaml';
import type { Span } from './ir.js';
import { ScalarSource } from './source.js';
import type { ScalarStyle, SourceFile } from './source.js';

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

export interface YamlProblem {
  readonly message: string;
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
  const problems: YamlProblem[] = [];
  const roots: YamlNode[] = [];
  // An empty file comes back as an empty list with properties of its own.
  for (const document of Array.isArray(documents) ? documents : []) {
    for (const error of document.errors) {
      const message = error.message.split('\n')[0]!.replace(/ at line \d+, column \d+:?$/, '');
      problems.push({ message, span: { start: error.pos[0], end: error.pos[1] } });
    }
    const { contents } = document;
    if (contents !== null) roots.push(convert(file, document, contents, 0, problems));
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

function convert(
  file: SourceFile,
  document: Document,
  node: Node | null,
  level: number,
  problems: YamlProblem[],
): YamlNode {
  const range = node?.range;
  const span = { start: range?.[0] ?? 0, end: range?.[1] ?? 0 };
  if (level > MAX_LEVELS) {
    problems.push({ message: `nested deeper than ${MAX_LEVELS} levels`, span });
    return scalar(file, '', 'plain', span);
  }
  const next = (child: unknown): YamlNode =>
    convert(file, document, child as Node | null, level + 1, problems);
  if (isAlias(node)) {
    const target = node.resolve(document);
    if (target === undefined) {
      problems.push({ message: `no anchor "${node.source}" before this alias`, span });
      return scalar(file, '', 'plain', span);
    }
    return next(target);
  }
  if (isMap(node)) {
    const entries: YamlEntry[] = [];
    for (const pair of node.items) {
      const key = next(pair.key);
      if (key.kind !== 'scalar') {
        problems.push({ message: 'a key must be plain text', span: key.span });
        continue;
      }
      const value =
        pair.value === null
          ? scalar(file, '', 'plain', { start: key.span.end, end: key.span.end })
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
    return scalar(file, typeof node.value === 'string' ? node.value : '', style, span);
  }
  return scalar(file, '', 'plain', span);
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
