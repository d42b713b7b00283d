import { networkInterfaces } from 'node:os';
import { parseAddress, type Address } from '../core/index.js';

/** Addresses of this machine's interfaces, as text. */
export function interfaceAddresses(): string[] {
  return Object.values(networkInterfaces())
    .flat()
    .flatMap((face) => (face ? [face.address] : []));
}

/** Addresses of a machine's interfaces; loopback networks belong to it as a whole. */
export class LocalAddresses {
  readonly #everyMs: number;
  readonly #nowMs: () => number;
  readonly #list: () => readonly string[];
  #checkedMs = -Infinity;
  #addresses: ReadonlySet<Address> = new Set();

  constructor(
    options: { everyMs?: number; nowMs?: () => number; list?: () => readonly string[] } = {},
  ) {
    this.#everyMs = options.everyMs ?? 60_000;
    this.#nowMs = options.nowMs ?? (() => performance.now());
    this.#list = options.list ?? interfaceAddresses;
  }

  has(address: Address): boolean {
    if (typeof address === 'number' && address >>> 24 === 127) return true;
    const now = this.#nowMs();
    if (now - this.#checkedMs >= this.#everyMs) {
      this.#checkedMs = now;
      this.#addresses = new Set(
        this.#list().flatMap((text) => {
          const parsed = parseAddress(text);
          return parsed === null ? [] : [parsed];
        }),
      );
    }
    return this.#addresses.has(address);
  }
}
