import type { ByteString } from '../../core/bytes.js';

/** Longest path Falco joins; what is longer it replaces. */
export const JOINED_MAX = 1023;
const TOO_LONG = '/DIR_TOO_LONG/FILENAME_TOO_LONG';

/** What stands before a relative path whose directory is not known. */
export const UNKNOWN_DIRECTORY = '<UNKNOWN>';

const SLASH = 47;
const DOT = 46;

/** Needs no work: absolute, no "//", no "/.", no "/" at the end. */
function isNormal(path: ByteString): boolean {
  if (path.charCodeAt(0) !== SLASH) return false;
  for (let at = path.indexOf('/'); at >= 0; at = path.indexOf('/', at + 1)) {
    if (at === path.length - 1) return at === 0;
    const next = path.charCodeAt(at + 1);
    if (next === SLASH || next === DOT) return false;
  }
  return true;
}

/** Resolves "." and ".." and squeezes "/" by the text alone; links are not followed. */
export function normalizePath(path: ByteString): ByteString {
  if (path.length > JOINED_MAX) return TOO_LONG;
  if (isNormal(path)) return path;
  const kept: string[] = [];
  for (const element of path.split('/')) {
    if (element === '' || element === '.') continue;
    if (element === '..') kept.pop();
    else kept.push(element);
  }
  return `/${kept.join('/')}`;
}

/** `path` made absolute by `base` (ends in "/" or not) and normalised; null base: the directory is not known. */
export function joinPath(base: ByteString | null, path: ByteString): ByteString {
  if (path.charCodeAt(0) === SLASH) return normalizePath(path);
  if (base === null) return UNKNOWN_DIRECTORY + path;
  return normalizePath(`${base}/${path}`);
}

/** Repeated slashes made one. */
export function squeezeSlashes(path: ByteString): ByteString {
  return path.includes('//') ? path.replace(/\/{2,}/g, '/') : path;
}

/** Text before the last "/"; "/" without one or with only a leading one; a path that ends in "/" is kept whole. */
export function directoryOf(path: ByteString): ByteString {
  const slash = path.lastIndexOf('/');
  if (slash <= 0) return '/';
  return slash === path.length - 1 ? path : path.slice(0, slash);
}

/** Text after the last "/"; "/" without one. */
export function filenameOf(path: ByteString): ByteString {
  const slash = path.lastIndexOf('/');
  return slash < 0 ? '/' : path.slice(slash + 1);
}
