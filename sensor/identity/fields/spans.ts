import type { SpanGetter, TextSpan } from '../../engine/types.js';
import { AT, KIND, STRING } from '../../events/index.js';
import type { LiveEvent } from '../live-event.js';
import { hasFile, isDirectory } from './file.js';
import { JOINED_MAX } from './path-text.js';

const OPEN = AT.file_open;
const PATH = STRING.file_open.path;
const SLASH = 47;
const DOT = 46;

/** The resolved path of an open. */
function realpath(event: LiveEvent, span: TextSpan): boolean {
  if (event.kind !== KIND.FILE_OPEN) return false;
  const { record } = event;
  const length = record.u16(OPEN.path_len);
  if (length === 0) return false;
  span.bytes = record.bytes;
  span.start = record.start(PATH);
  span.end = span.start + length - 1;
  return true;
}

/**
 * `fd.name` and `fd.nameraw` where they are in the record's own words: the resolved path if the caller gave no other (see
 * `absolutePath`), else the caller's if there is nothing in it to resolve.
 */
function name(event: LiveEvent, span: TextSpan): boolean {
  if (event.kind !== KIND.FILE_OPEN) return false;
  const { record } = event;
  const length = record.u16(OPEN.name_len);
  if (length === 0) {
    return realpath(event, span) && span.bytes[span.start] === SLASH && isShort(span);
  }
  span.bytes = record.bytes;
  span.start = record.start(STRING.file_open.name);
  span.end = span.start + length - 1;
  return isShort(span) && isNormal(span);
}

const isShort = ({ start, end }: TextSpan): boolean => end - start <= JOINED_MAX;

/** As `isNormal` of path-text.ts: absolute, no "//", no "/.", no "/" at the end. */
function isNormal({ bytes, start, end }: TextSpan): boolean {
  if (bytes[start] !== SLASH) return false;
  for (let at = start; at < end; at++) {
    if (bytes[at] !== SLASH) continue;
    if (at === end - 1) return at === start;
    const next = bytes[at + 1];
    if (next === SLASH || next === DOT) return false;
  }
  return true;
}

function directory(event: LiveEvent, span: TextSpan): boolean {
  if (!name(event, span)) return false;
  if (hasFile(event) && isDirectory(event)) return true;
  span.end = Math.max(lastSlash(span), span.start + 1);
  return true;
}

function filename(event: LiveEvent, span: TextSpan): boolean {
  if (!name(event, span) || !hasFile(event) || isDirectory(event)) return false;
  span.start = lastSlash(span) + 1;
  return true;
}

/** The span begins with a slash. */
function lastSlash({ bytes, end }: TextSpan): number {
  let at = end - 1;
  while (bytes[at] !== SLASH) at--;
  return at;
}

/** Fields whose text often lies in the record as it is. @remarks Hot path. */
export const SPANS: Readonly<Record<string, SpanGetter<LiveEvent>>> = {
  'fd.name': name,
  'fd.nameraw': name,
  'fd.directory': directory,
  'fd.filename': filename,
  'fd.realpath': realpath,
};
