/** Signs of life in a period: so many may fail to come in time. */
const BEATS_PER_PERIOD = 5;
/** So long a sign that came late is told of. */
const TOLD_NS = 600_000_000_000n;
/** `on_exit: keep`: no end. */
const FOR_EVER = 2n ** 64n - 1n;

/** The sensor's sign of life, which the programs look at before they block. It stops with this process, whatever stops it. */
export class Heartbeat {
  /** How often `beat` is to be called. */
  readonly everyMs: number;
  readonly #periodNs: bigint;
  readonly #keep: boolean;
  #last: bigint | null = null;
  #late: { readonly atNs: bigint; readonly gapNs: bigint } | null = null;

  constructor(periodSeconds: number, onExit: 'release' | 'keep') {
    this.everyMs = (periodSeconds * 1000) / BEATS_PER_PERIOD;
    this.#periodNs = BigInt(Math.round(periodSeconds * 1e9));
    this.#keep = onExit === 'keep';
  }

  /** @returns until when the programs may block: CLOCK_MONOTONIC nanoseconds, as bpf_ktime_get_ns. */
  beat(now = process.hrtime.bigint()): bigint {
    if (this.#keep) return FOR_EVER;
    if (this.#last !== null && now - this.#last > this.#periodNs)
      this.#late = { atNs: now, gapNs: now - this.#last };
    this.#last = now;
    return now + this.#periodNs;
  }

  /** What there is to say of a sign that came late not long ago; null: nothing. */
  late(now = process.hrtime.bigint()): string | null {
    if (this.#late === null || now - this.#late.atNs > TOLD_NS) return null;
    const { atNs, gapNs } = this.#late;
    const seconds = (ns: bigint): string => (Number(ns) / 1e9).toFixed(1);
    const released = Number(gapNs - this.#periodNs) / 1e9;
    return `the sensor's sign of life was ${released.toFixed(1)} s late, ${seconds(now - atNs)} s ago: nothing was blocked meanwhile`;
  }
}
