/**
 * A fault of the environment (old kernel, broker down, disk full): has a stable code, says what to do, and what was
 * underneath. A person's faulty input is not an error but a list of `Diagnostic`s (`lang/diagnostic.ts`).
 */
export class SakerError extends Error {
  override readonly name: string = 'SakerError';
  /** Stable, upper case, e.g. `PROBE_LOAD`. Tests and machines look at this, never at the message. */
  readonly code: string;
  /** What a person can do about it; one sentence. */
  readonly hint: string | undefined;

  constructor(code: string, message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
  }
}

/** What `open` or `stat` failed of, for a person who named the path. */
export function whyUnreadable(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return 'there is no such file or folder';
  if (code === 'EACCES' || code === 'EPERM') return 'permission denied';
  if (code === 'EISDIR') return 'it is a folder';
  return message;
}

/** Exit statuses of `saker` (README, "Exit status"). */
export const EXIT = {
  ok: 0,
  /** Findings: rules with errors, failed rule tests. */
  findings: 1,
  /** Wrong use of the command line. */
  usage: 2,
  /** Kernel, BTF or disk do not allow it. */
  environment: 3,
  /** A missing capability. */
  permission: 4,
  /** No daemon at the control socket. */
  unreachable: 5,
  /** Faulty configuration. */
  config: 6,
} as const;

/** A bug if it fails: says why it cannot be. */
export function invariant(condition: unknown, why: string): asserts condition {
  if (!condition) throw new Error(`bug: ${why}`);
}
