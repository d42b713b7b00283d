import type { ByteString } from '../core/bytes.js';

/**
 * One record, read in place in a batch. Moves to the next record without allocating; what it returns is valid until it moves.
 *
 * @remarks Hot path. Offsets come from `layout.generated.ts` (the compiled object's BTF), never from a literal.
 */
export interface RecordCursor {
  /** `enum saker_kind`. */
  readonly kind: number;
  readonly tgid: number;
  readonly tid: number;
  /** Effective user id, initial user namespace. */
  readonly uid: number;
  /** System-call number in the caller's ABI (see the header's `arg`). */
  readonly arg: number;
  /** `enum saker_flag`. */
  readonly flags: number;
  readonly cpu: number;
  readonly generation: number;
  /** Bytes of the record. */
  readonly size: number;
  u8(offset: number): number;
  u16(offset: number): number;
  u32(offset: number): number;
  i32(offset: number): number;
  /** A 64-bit number as a double: exact below 2^53, and equal inputs give equal outputs. Signed. */
  i64(offset: number): number;
  /** As `i64`, unsigned. */
  u64(offset: number): number;
  /** Exact. Allocates: not for the hot path. */
  big(offset: number): bigint;
  /** The n-th string of the record (0-based, in the order of its `_len` fields), without NUL; null when absent. Cached until the cursor moves. */
  string(n: number): ByteString | null;
  /** As `string`, for what few records differ in (programs, directories): equal texts share one copy. Not cached. */
  common(n: number): ByteString | null;
  /** The n-th string up to its first NUL, the first of a list; null when the string is absent. Shared as `common` is. */
  head(n: number): ByteString | null;
  /** What follows the first NUL of the n-th string; null when nothing does. */
  tail(n: number): ByteString | null;
  /** The batch, for who reads a string in place: from `start(n)` up to `end(n)`. */
  readonly bytes: Uint8Array;
  /** Where the n-th string begins in `bytes`; -1 when it is absent. */
  start(n: number): number;
  /** Where the n-th string, which is not absent, ends: its NUL's place. */
  end(n: number): number;
  /** Text of a fixed-size member (`comm`), up to its NUL or `max` bytes. Shared as `common` is. */
  chars(offset: number, max: number): ByteString;
  /** Where the record begins in its batch, bytes. */
  readonly at: number;
  /** A copy of the record's bytes. */
  copy(): Uint8Array;
}
