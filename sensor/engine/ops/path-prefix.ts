import type { ByteString } from '../../core/bytes.js';
import { compileGlob, type Glob } from './glob.js';

interface Node {
  /** A pattern ends here: this component and whatever lies below match. */
  ends: boolean;
  readonly plain: Map<ByteString, Node>;
  readonly wild: { readonly glob: Glob; readonly node: Node }[];
}

/**
 * `pmatch`: does the path equal one of the patterns, or lie below one? Compared by component; empty components are
 * skipped (`/a//b/` is `/a/b`), and a component of a pattern may hold `?`, `*` and `[…]`, which stay inside it.
 *
 * @remarks Hot path. Patterns without wildcards, tried on a path that is tidy already, cost no allocation.
 */
export function compilePathPrefixes(
  patterns: readonly ByteString[],
): (path: ByteString) => boolean {
  const root = newNode();
  const tidy: ByteString[] = [];
  let wild = false;
  for (const pattern of patterns) {
    const components = split(pattern);
    wild ||= components.some((component) => /[?*[\\]/.test(component));
    insert(root, components);
    tidy.push(components.map((component) => `/${component}`).join(''));
  }
  const walk = (path: ByteString): boolean => descend(root, path, 0);
  if (wild || patterns.length > 8) return walk;
  return (path) => {
    if (path.charCodeAt(0) !== 0x2f || path.includes('//')) return walk(path);
    for (let i = 0; i < tidy.length; i++) {
      const prefix = tidy[i]!;
      if (!path.startsWith(prefix)) continue;
      if (path.length === prefix.length || path.charCodeAt(prefix.length) === 0x2f) return true;
    }
    return false;
  };
}

function newNode(): Node {
  return { ends: false, plain: new Map(), wild: [] };
}

function insert(root: Node, components: readonly ByteString[]): void {
  let node = root;
  for (const component of components) {
    let next: Node | undefined;
    if (/[?*[\\]/.test(component)) {
      next = newNode();
      node.wild.push({ glob: compileGlob(component), node: next });
    } else {
      next = node.plain.get(component);
      if (next === undefined) node.plain.set(component, (next = newNode()));
    }
    node = next;
  }
  node.ends = true;
}

function descend(node: Node, path: ByteString, from: number): boolean {
  if (node.ends) return true;
  let start = from;
  while (start < path.length && path.charCodeAt(start) === 0x2f) start++;
  if (start === path.length) return false;
  let end = path.indexOf('/', start);
  if (end < 0) end = path.length;
  if (node.plain.size > 0) {
    const next = node.plain.get(path.slice(start, end));
    if (next !== undefined && descend(next, path, end)) return true;
  }
  for (const { glob, node: next } of node.wild) {
    if (glob.test(path, start, end) && descend(next, path, end)) return true;
  }
  return false;
}

function split(path: ByteString): ByteString[] {
  return path.split('/').filter((component) => component !== '');
}
