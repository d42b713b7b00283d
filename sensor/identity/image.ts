import type { ByteString } from '../core/bytes.js';

/** What one exec brought, as its record tells. */
export interface ImageFacts {
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

/** The program a process runs. Shared by every process forked from it, so never changed. */
export class Image implements ImageFacts {
  readonly exe: ByteString;
  readonly exePath: ByteString;
  readonly args: ByteString | null;
  readonly env: ByteString | null;
  readonly filename: ByteString | null;
  readonly comm: ByteString;
  readonly exeFlags: number;
  readonly exeDev: number;
  readonly exeIno: number;
  readonly ctimeNs: bigint;
  readonly mtimeNs: bigint;
  #line: ByteString | null = null;
  #argsText: ByteString | null = null;

  constructor(facts: ImageFacts) {
    this.exe = facts.exe;
    this.exePath = facts.exePath;
    this.args = facts.args;
    this.env = facts.env;
    this.filename = facts.filename;
    this.comm = facts.comm;
    this.exeFlags = facts.exeFlags;
    this.exeDev = facts.exeDev;
    this.exeIno = facts.exeIno;
    this.ctimeNs = facts.ctimeNs;
    this.mtimeNs = facts.mtimeNs;
  }

  /** The same with arguments that were learnt later. */
  withArgs(exe: ByteString, args: ByteString | null, env: ByteString | null): Image {
    const { exePath, filename, comm, exeFlags, exeDev, exeIno, ctimeNs, mtimeNs } = this;
    return new Image({
      exe,
      args,
      exePath,
      env,
      filename,
      comm,
      exeFlags,
      exeDev,
      exeIno,
      ctimeNs,
      mtimeNs,
    });
  }

  /** What its texts take, the command line included. */
  get bytes(): number {
    const { exe, exePath, args, env, filename } = this;
    const twice = 2 * (args?.length ?? 0);
    return exe.length + exePath.length + twice + (env?.length ?? 0) + (filename?.length ?? 0);
  }

  /** Name, blank, arguments. Kept once made: rules ask for it on every event of the process. */
  get line(): ByteString {
    return (this.#line ??= commandLine(this.comm, this.args));
  }

  /** The arguments joined by blanks: a part of `line`, whose bytes it shares. Kept as `line` is. */
  get argsText(): ByteString {
    if (this.args === null) return '';
    return (this.#argsText ??= this.line.slice(this.comm.length + 1));
  }
}

/** A text of NUL-divided arguments as (argv[0], the rest). */
export function splitArgs(raw: ByteString | null): { exe: ByteString; args: ByteString | null } {
  if (raw === null) return { exe: '', args: null };
  const end = raw.indexOf('\0');
  return end < 0 ? { exe: raw, args: null } : { exe: raw.slice(0, end), args: raw.slice(end + 1) };
}

/** Arguments joined by blanks, unquoted. */
export function argsText(args: ByteString | null): ByteString {
  return args === null ? '' : joined('', args);
}

/** Name, blank, arguments: `proc.cmdline`. */
export function commandLine(comm: ByteString, args: ByteString | null): ByteString {
  return args === null ? comm : joined(`${comm} `, args);
}

/** Longer texts than a record holds come from /proc. */
const scratch = Buffer.alloc(65_536) as Buffer & {
  latin1Write(text: ByteString, at: number): number;
  latin1Slice(start: number, end: number): ByteString;
};

/**
 * `prefix` and then the arguments, a blank for each NUL.
 *
 * @remarks Hot path. One flat string: what `replaceAll` and `+` build takes twice as long, the flattening before the first
 *   search included.
 */
function joined(prefix: ByteString, args: ByteString): ByteString {
  const length = prefix.length + args.length;
  if (length > scratch.length) return prefix + args.replaceAll('\0', ' ');
  scratch.latin1Write(prefix, 0);
  scratch.latin1Write(args, prefix.length);
  for (let at = args.indexOf('\0'); at >= 0; at = args.indexOf('\0', at + 1))
    scratch[prefix.length + at] = BLANK;
  return scratch.latin1Slice(0, length);
}

const BLANK = 32;
