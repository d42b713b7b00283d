import type { Daemon } from './daemon.js';

/** Counts of one kind of record, of the sensor's `status`. */
export interface KindCounts {
  readonly seen: number;
  readonly filtered: number;
  readonly sent: number;
  readonly received: number;
  readonly lost: Readonly<Record<string, number>>;
}

/** The part of `saker status -o json` that tests read. */
export interface Status {
  readonly accounting: { readonly kinds: Readonly<Record<string, KindCounts>> };
  readonly undecodable: Readonly<Record<string, number>>;
  readonly skipped: Readonly<Record<string, number>>;
  readonly rules: {
    readonly generation: number;
    readonly matches: Readonly<Record<string, number>>;
  };
}

/** `saker status -o json`. Throws with what it said when it failed. */
export async function statusOf(daemon: Daemon): Promise<Status> {
  const ran = await daemon.command('status -o json');
  if (ran.status !== 0) throw new Error(`saker status: ${ran.status}\n${ran.stderr}`);
  return JSON.parse(ran.stdout) as Status;
}

export const total = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((a, b) => a + b, 0);

const zero: KindCounts = { seen: 0, filtered: 0, sent: 0, received: 0, lost: {} };

/** What a kind has counted since `before`. */
export function growth(
  before: Status,
  after: Status,
  kind: string,
): Omit<KindCounts, 'lost'> & { readonly lost: number } {
  const a = before.accounting.kinds[kind] ?? zero;
  const b = after.accounting.kinds[kind] ?? zero;
  return {
    seen: b.seen - a.seen,
    filtered: b.filtered - a.filtered,
    sent: b.sent - a.sent,
    received: b.received - a.received,
    lost: total(b.lost) - total(a.lost),
  };
}

/** Probe runs the kernel skipped since `before`: by so much a count of the kernel may fall short. */
export const skippedSince = (before: Status, after: Status): number =>
  total(after.skipped) - total(before.skipped);
