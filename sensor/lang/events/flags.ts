import { CAPABILITIES, ERRNO_NAMES, SIGNAL_NAMES } from './kernel-names.js';
import { FLAG_TABLES, type FlagTable } from './flag-tables.js';

/** Name of a positive errno, or null where the kernel has none (falco-fields §1.4). */
export function errnoName(errno: number): string | null {
  return ERRNO_NAMES.get(errno) ?? null;
}

/** `SIGKILL` for 9, or null. */
export function signalName(signal: number): string | null {
  return SIGNAL_NAMES[signal - 1] ?? null;
}

/** Capability words joined by blanks; the empty set is ''. Takes the set as two halves: a double cannot hold 64 bits. */
export function capabilitiesText(low: number, high: number): string {
  let text = '';
  for (let bit = 0; bit < CAPABILITIES.length; bit++) {
    const half = bit < 32 ? low : high;
    if ((half >>> (bit & 31)) & 1) text += (text === '' ? '' : ' ') + CAPABILITIES[bit];
  }
  return text;
}

/**
 * Names of a set of flags, joined by `|` in table order; a name of several bits consumes them, so O_RDWR hides O_RDONLY and
 * O_WRONLY. Null when no name fits: the number is then the text.
 */
export function flagNames(table: FlagTable, value: number): string | null {
  let rest = value >>> 0;
  let text = '';
  for (const [name, bits] of FLAG_TABLES[table]) {
    const wanted = bits >>> 0;
    // A name without bits stands for the empty set only, and only before any other was printed.
    const fits = wanted === 0 ? value === 0 : (rest & wanted) >>> 0 === wanted;
    if (!fits) continue;
    text += (text === '' ? '' : '|') + name;
    rest = (rest & ~wanted) >>> 0;
  }
  return text === '' ? null : text;
}

/** Every name with exactly that value, joined by `|` (`AF_LOCAL|AF_UNIX`), or null. */
export function enumNames(table: FlagTable, value: number): string | null {
  const names: string[] = [];
  for (const [name, number] of FLAG_TABLES[table]) {
    if (number === value) names.push(name);
  }
  return names.length === 0 ? null : names.join('|');
}

/** Bits of open flags on the event: a numbering of its own, where reading is a bit (falco-fields §1.4). */
export const OPEN_BITS = {
  RDONLY: 1,
  WRONLY: 2,
  RDWR: 3,
  CREAT: 4,
  APPEND: 8,
  DSYNC: 16,
  EXCL: 32,
  NONBLOCK: 64,
  SYNC: 128,
  TRUNC: 256,
  DIRECT: 512,
  DIRECTORY: 1024,
  LARGEFILE: 2048,
  CLOEXEC: 4096,
  TMPFILE: 8192,
  F_CREATED: 16384,
  UPPER_LAYER: 32768,
  LOWER_LAYER: 65536,
} as const;

/** O_* of x86-64 and asm-generic; DIRECTORY, NOFOLLOW, DIRECT and LARGEFILE differ on arm64, whose records carry x86 values. */
export const KERNEL_OPEN = {
  ACCMODE: 0o3,
  WRONLY: 0o1,
  RDWR: 0o2,
  CREAT: 0o100,
  EXCL: 0o200,
  TRUNC: 0o1000,
  APPEND: 0o2000,
  NONBLOCK: 0o4000,
  DSYNC: 0o10000,
  DIRECT: 0o40000,
  LARGEFILE: 0o100000,
  DIRECTORY: 0o200000,
  CLOEXEC: 0o2000000,
  SYNC: 0o4010000,
  TMPFILE: 0o20200000,
} as const;

/**
 * Turns O_* as passed to the kernel into the event's bits.
 *
 * @remarks Keeps Falco's quirk: any bit of a kernel flag of several bits sets it, so O_DIRECTORY alone also sets TMPFILE and
 * O_DSYNC alone also sets SYNC. Flags without a name there (O_PATH, O_NOFOLLOW, O_NOATIME) vanish.
 */
export function openBits(flags: number): number {
  let bits = 0;
  const access = flags & KERNEL_OPEN.ACCMODE;
  if (access === KERNEL_OPEN.WRONLY) bits |= OPEN_BITS.WRONLY;
  else if (access === KERNEL_OPEN.RDWR) bits |= OPEN_BITS.RDWR;
  else if (access === 0) bits |= OPEN_BITS.RDONLY;
  if (flags & KERNEL_OPEN.CREAT) bits |= OPEN_BITS.CREAT;
  if (flags & KERNEL_OPEN.TMPFILE) bits |= OPEN_BITS.TMPFILE;
  if (flags & KERNEL_OPEN.APPEND) bits |= OPEN_BITS.APPEND;
  if (flags & KERNEL_OPEN.DSYNC) bits |= OPEN_BITS.DSYNC;
  if (flags & KERNEL_OPEN.EXCL) bits |= OPEN_BITS.EXCL;
  if (flags & KERNEL_OPEN.NONBLOCK) bits |= OPEN_BITS.NONBLOCK;
  if (flags & KERNEL_OPEN.SYNC) bits |= OPEN_BITS.SYNC;
  if (flags & KERNEL_OPEN.TRUNC) bits |= OPEN_BITS.TRUNC;
  if (flags & KERNEL_OPEN.DIRECT) bits |= OPEN_BITS.DIRECT;
  if (flags & KERNEL_OPEN.DIRECTORY) bits |= OPEN_BITS.DIRECTORY;
  if (flags & KERNEL_OPEN.LARGEFILE) bits |= OPEN_BITS.LARGEFILE;
  if (flags & KERNEL_OPEN.CLOEXEC) bits |= OPEN_BITS.CLOEXEC;
  return bits;
}

/** Mode of an open on the event: 0 unless the flags can create something (falco-fields §1.4). The umask is not applied. */
export function openMode(flags: number, mode: number): number {
  return flags & (KERNEL_OPEN.CREAT | KERNEL_OPEN.TMPFILE) ? mode : 0;
}

/** RESOLVE_* of openat2 as passed to the kernel, in the event's numbering. */
export function resolveBits(resolve: number): number {
  let bits = 0;
  for (const [, value, kernel] of FLAG_TABLES.openat2_flags) if (resolve & kernel) bits |= value;
  return bits;
}
