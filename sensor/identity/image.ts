import type { ByteString } from '../core/bytes.js';

/** What one exec brought: the program a process runs. Shared by every process forked from it, so never changed. */
export interface Image {
  /** argv[0], as passed. */
  readonly exe: ByteString;
  /** Resolved path of the file the kernel runs; '' if never learnt. */
  readonly exePath: ByteString;
  /** argv[1] and on, divided by NUL; null when there are none (an empty text is one empty argument). */
  readonly args: ByteString | null;
  /** NAME=value divided by NUL; null if not captured. */
  readonly env: ByteString | null;
  /** Path handed to execve; null if not known. */
  readonly filename: ByteString | null;
  /** Name of the task right after the exec: begins the command line. */
  readonly comm: ByteString;
  /** `enum saker_exe_flag`. */
  readonly exeFlags: number;
  readonly exeDev: number;
  readonly exeIno: number;
  /** Nanoseconds since the epoch; 0n: unknown. */
  readonly ctimeNs: bigint;
  readonly mtimeNs: bigint;
}

/** A text of NUL-divided arguments as (argv[0], the rest). */
export function splitArgs(raw: ByteString | null): { exe: ByteString; args: ByteString | null } {
  if (raw === null) return { exe: '', args: null };
  const end = raw.indexOf('\0');
  return end < 0 ? { exe: raw, args: null } : { exe: raw.slice(0, end), args: raw.slice(end + 1) };
}

/** Arguments joined by blanks, unquoted. */
export function argsText(args: ByteString | null): ByteString {
  return args === null ? '' : args.replaceAll('\0', ' ');
}

/** Name, blank, arguments: `proc.cmdline`. */
export function commandLine(comm: ByteString, args: ByteString | null): ByteString {
  return args === null ? comm : `${comm} ${argsText(args)}`;
}

/**
 * Gives equal texts one copy: most paths and names of a machine repeat. Bounded; when full it starts anew, which loses
 * sharing and nothing else.
 */
export class Interner {
  readonly #texts = new Map<ByteString, ByteString>();
  readonly #limit: number;

  constructor(limit = 16_384) {
    this.#limit = limit;
  }

  intern(text: ByteString): ByteString {
    const known = this.#texts.get(text);
    if (known !== undefined) return known;
    if (this.#texts.size >= this.#limit) this.#texts.clear();
    this.#texts.set(text, text);
    return text;
  }
}
