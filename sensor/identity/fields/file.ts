import type { ByteString } from '../../core/index.js';
import { AT, FILE_FLAG, KIND, STRING } from '../../events/index.js';
import { KERNEL_OPEN, OPEN_BITS, openBits } from '../../lang/events/index.js';
import type { LiveEvent } from '../live-event.js';
import { AT_FDCWD, TYPE } from './calls.js';
import { JOINED_MAX, joinPath, squeezeSlashes } from './path-text.js';

const SLASH = 47;

const OPEN = AT.file_open;
const TEXT = STRING.file_open;

export const isOpen = (event: LiveEvent): boolean => event.kind === KIND.FILE_OPEN;

/** Only a successful open has a file behind it. */
export const hasFile = (event: LiveEvent): boolean =>
  event.kind === KIND.FILE_OPEN && event.record.i64(OPEN.ret) >= 0;

/** The path as the caller wrote it; the record leaves it out where it equals the resolved one. */
export function claimedPath(event: LiveEvent): ByteString | null {
  return event.record.string(TEXT.name) ?? event.record.string(TEXT.path);
}

/** Directory a relative path starts from, or null when it is not known. */
export function baseOf(event: LiveEvent): ByteString | null {
  const base = event.record.string(TEXT.base);
  if (base !== null) return base;
  if (event.record.i32(OPEN.dirfd) !== AT_FDCWD || event.row < 0) return null;
  return event.processes.cwd[event.row] ?? null;
}

/** The caller's path made absolute: `fd.name` of files. */
export function absolutePath(event: LiveEvent): ByteString | null {
  return event.path(makeAbsolute);
}

function makeAbsolute(event: LiveEvent): ByteString | null {
  const { record } = event;
  if (record.u16(OPEN.path_len) !== 0 && record.u16(OPEN.name_len) === 0) {
    const path = record.string(TEXT.path);
    // Walked by the kernel from the root down: there is nothing in it to resolve.
    if (path !== null && path.charCodeAt(0) === SLASH && path.length <= JOINED_MAX) return path;
  }
  const name = claimedPath(event);
  return name === null ? null : joinPath(baseOf(event), name);
}

/** Text of the path parameter: absolute paths as given, relative ones joined (falco-fields §1.3). */
export function pathArgument(event: LiveEvent): ByteString | null {
  const name = claimedPath(event);
  if (name === null || name.startsWith('/') || event.row < 0) return name;
  return absolutePath(event);
}

/** `fd.name` of an open: for a failed open or creat the argument's text. */
export function fileName(event: LiveEvent): ByteString | null {
  const argumentText = !hasFile(event) && (event.type === TYPE.open || event.type === TYPE.creat);
  return argumentText ? pathArgument(event) : absolutePath(event);
}

/** `fd.nameraw` of an open. */
export function fileNameRaw(event: LiveEvent): ByteString | null {
  if (!hasFile(event) && (event.type === TYPE.open || event.type === TYPE.creat))
    return pathArgument(event);
  const name = claimedPath(event);
  return name === null ? null : squeezeSlashes(name);
}

/** Flags in the event's own numbering, with what the kernel found out. */
export function eventOpenFlags(event: LiveEvent): number {
  const flags = event.record.u32(OPEN.file_flags);
  let bits = openBits(event.record.u32(OPEN.open_flags));
  if (flags & FILE_FLAG.CREATED) bits |= OPEN_BITS.F_CREATED;
  if (flags & FILE_FLAG.UPPER_LAYER) bits |= OPEN_BITS.UPPER_LAYER;
  if (flags & FILE_FLAG.LOWER_LAYER) bits |= OPEN_BITS.LOWER_LAYER;
  return bits;
}

/** Falco calls a directory what was opened with O_DIRECTORY. */
export const isDirectory = (event: LiveEvent): boolean =>
  (event.record.u32(OPEN.open_flags) & KERNEL_OPEN.DIRECTORY) !== 0;
