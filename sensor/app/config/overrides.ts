import {
  isCollection,
  isNode,
  isSeq,
  parseDocument,
  visit,
  type Document,
  type Node,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import type { ConfigSource } from './source.js';

type Collection = YAMLMap | YAMLSeq;

/**
 * Puts `-o key.path=value` options into a document, in order. The value is YAML (`-o enforce.guard='[10.0.0.1]'`); list
 * items are `sinks[0].topic`, and `sinks[]` appends.
 */
export function applyOverrides(source: ConfigSource, options: readonly string[]): void {
  const { document } = source;
  for (const option of options) {
    const equals = option.indexOf('=');
    const path = equals < 0 ? null : parsePath(option.slice(0, equals));
    if (!path) {
      source.optionProblem(
        option,
        'not of the form key.path=value',
        'for instance -o log.level=debug',
      );
      continue;
    }
    const parsed = parseDocument(option.slice(equals + 1), { prettyErrors: false });
    if (parsed.errors[0]) {
      source.optionProblem(option, `the value is not YAML: ${parsed.errors[0].message}`, null);
      continue;
    }
    const node = document.createNode(parsed.toJS());
    visit(node, (_, part) => {
      if (isNode(part)) source.markOverride(part, option);
    });
    if (!put(source, path, node, option)) {
      source.optionProblem(option, 'a part of the path is neither a mapping nor a list', null);
    }
  }
}

function put(
  source: ConfigSource,
  path: readonly (string | number)[],
  value: Node,
  option: string,
): boolean {
  const { document } = source;
  if (!isCollection(document.contents)) {
    if (document.contents !== null && document.toJS() !== null) return false;
    document.contents = emptyMap(document);
  }
  let at: unknown = document.contents;
  for (const [index, key] of path.entries()) {
    if (!isCollection(at)) return false;
    const last = index === path.length - 1;
    const place = keyNode(source, at, key, option);
    if (last) {
      at.set(place, value);
      return true;
    }
    let next = source.resolve(at.get(place, true));
    if (next === null || (!isCollection(next) && next.toJS(document) === null)) {
      const list = typeof path[index + 1] === 'number' || path[index + 1] === '';
      next = document.createNode(list ? [] : {});
      source.markOverride(next, option);
      at.set(place, next);
    }
    at = next;
  }
  return false;
}

/** An index of a list, or a key that is found and, if new, can be pointed at. */
function keyNode(
  source: ConfigSource,
  at: Collection,
  key: string | number,
  option: string,
): Node | number {
  if (key === '') return at.items.length;
  if (isSeq(at) && typeof key === 'number') return key;
  const node = source.document.createNode(String(key)) as Node;
  source.markOverride(node, option);
  return node;
}

function emptyMap(document: Document): YAMLMap {
  return document.createNode({});
}

/** `a.b[2].c[]` → a, b, 2, c, ''. */
function parsePath(text: string): (string | number)[] | null {
  if (!/^[A-Za-z0-9_-]+(\[\d*\])*(\.[A-Za-z0-9_.-]+?(\[\d*\])*)*$/.test(text)) return null;
  const path: (string | number)[] = [];
  for (const part of text.split('.')) {
    const [name = '', ...indices] = part.split('[');
    path.push(name);
    for (const index of indices) path.push(index === ']' ? '' : Number(index.slice(0, -1)));
  }
  return path;
}
