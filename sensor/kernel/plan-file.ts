import { readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import type { ProbePlan } from './types.js';

/**
 * A plan that worked, kept for the next start of the same boot: finding it anew loads every program several times.
 *
 * It is a finding, not a guess: it holds for one boot and one object only, is taken off the disk before it is tried, and put
 * back once all programs are attached. Whatever goes wrong in between makes the next start find out again.
 */
export class PlanFile {
  readonly #path: string;
  readonly #key: string;

  /** @param object - The compiled programs the plan is of. */
  constructor(path: string, object: string) {
    const { size, mtimeMs } = statSync(object);
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    this.#path = path;
    this.#key = `${boot} ${object} ${size} ${mtimeMs}`;
  }

  /** The plan, and the file is gone; null when there is none of this boot and object. */
  take(): ProbePlan | null {
    try {
      const { key, plan } = JSON.parse(readFileSync(this.#path, 'utf8')) as {
        key?: unknown;
        plan?: ProbePlan;
      };
      rmSync(this.#path);
      return key === this.#key && plan !== undefined ? plan : null;
    } catch {
      return null; // none, or half of one: found anew
    }
  }

  /** Best effort: without it the next start is slower, nothing else. */
  put(plan: ProbePlan): void {
    try {
      writeFileSync(`${this.#path}.new`, JSON.stringify({ key: this.#key, plan }), { mode: 0o600 });
      renameSync(`${this.#path}.new`, this.#path);
    } catch {
      rmSync(`${this.#path}.new`, { force: true });
    }
  }
}
