import { randomFillSync } from 'node:crypto';

/** Random bytes are drawn for this many ids at once: one system call for all of them. */
const POOL_IDS = 256;

/**
 * Makes UUIDv7 (RFC 9562) that rise strictly within a process: 48 bits of milliseconds, a 12-bit counter within the
 * millisecond (method 1), 62 random bits. A clock stepped back does not bring ids back.
 */
export class Uuid7 {
  readonly #pool = Buffer.alloc(POOL_IDS * 8);
  #poolAt = this.#pool.length;
  #lastMs = 0;
  #counter = 0;

  next(nowMs: number): string {
    if (nowMs > this.#lastMs) {
      this.#lastMs = nowMs;
      this.#counter = 0;
    } else if (++this.#counter > 0xfff) {
      this.#lastMs++;
      this.#counter = 0;
    }
    if (this.#poolAt === this.#pool.length) {
      randomFillSync(this.#pool);
      this.#poolAt = 0;
    }
    const random = this.#pool.subarray(this.#poolAt, (this.#poolAt += 8));
    random[0] = ((random[0] ?? 0) & 0x3f) | 0x80;
    const time = this.#lastMs.toString(16).padStart(12, '0');
    const counter = this.#counter.toString(16).padStart(3, '0');
    const tail = random.toString('hex');
    return `${time.slice(0, 8)}-${time.slice(8)}-7${counter}-${tail.slice(0, 4)}-${tail.slice(4)}`;
  }
}
