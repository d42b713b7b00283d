/**
 * What bpf/enforce/layout.h fixes, for this side: test/unit/enforce/layout.test.ts compares the two. The record's offsets come
 * from the generated layout like those of every other kind.
 */
export const WORD = { now: 0, aliveUntil: 1, set0: 2, off: 5 } as const;
/** `SAKER_WORD_MAX`, eight bytes each. */
export const WORDS = 8;

/** Bytes of `struct saker_clause`. */
export const CLAUSE_BYTES = 24;
/** `struct saker_remote_key`: length of the prefix, address. */
export const REMOTE_KEY_BYTES = 20;
/** `struct saker_subject_key`: length of the prefix in bits, 256 bytes of path. */
export const SUBJECT_KEY_BYTES = 260;
/** `struct saker_subject_rows`. */
export const SUBJECT_ROWS_BYTES = 8;
/** `struct saker_container_id`. */
export const CONTAINER_ID_BYTES = 16;
/** `struct saker_guard`. */
export const GUARD_BYTES = 32;
export const GUARD_PORTS = 14;

/** `enum saker_enforce_counter`, in order. */
export const COUNTERS = [
  'judged',
  'blockedCalls',
  'blockedPackets',
  'wouldBlock',
  'unready',
  'unknownSubject',
  'unstamped',
  'unparsed',
  'released',
  'guarded',
  'factsFull',
  'replyFailed',
  'stampFailed',
  'pathFailed',
  'containersFull',
  'toldLater',
] as const;
export type CounterName = (typeof COUNTERS)[number];

/** Numbers of bpf(2). */
export const MAP_TYPE = { hash: 1, array: 2, lpmTrie: 11 } as const;
export const NO_PREALLOC = 1;
