import { SakerError } from '../core/index.js';
import { type BpfMap } from '../kernel/index.js';
import { parseMapped, writeAddress } from './address.js';
import { GUARD_BYTES, GUARD_PORTS, REMOTE_KEY_BYTES } from './layout.js';

/** A destination that no rule may cut. */
export interface Guard {
  /** Textual address, without brackets. */
  readonly address: string;
  /** Length of the prefix. */
  readonly bits: number;
  /** Null: every port. */
  readonly port: number | null;
}

/** A prefix with all that it and the prefixes around it let pass; `ports` null: every port. */
export interface GuardEntry {
  readonly address: bigint;
  readonly bits: number;
  readonly ports: readonly number[] | null;
}

/** The kernel finds the longest prefix only, so each holds the ports of those around it too. @throws SakerError `ENFORCE_GUARD` */
export function compileGuards(guards: readonly Guard[]): GuardEntry[] {
  const nets = guards.map(({ address: text, bits, port }) => {
    const parsed = parseMapped(text);
    if (!parsed) throw new SakerError('ENFORCE_GUARD', `guard: ${text} is no address`);
    const length = parsed.family === 4 ? bits + 96 : bits;
    const shift = BigInt(128 - length);
    return { address: (parsed.address >> shift) << shift, bits: length, port };
  });
  return nets.map(({ address, bits }) => {
    const around = nets.filter((net) => {
      const shift = BigInt(128 - net.bits);
      return net.bits <= bits && net.address >> shift === address >> shift;
    });
    const ports = around.some(({ port }) => port === null)
      ? null
      : [...new Set(around.map(({ port }) => port!))].sort((a, b) => a - b);
    if (ports !== null && ports.length > GUARD_PORTS) {
      throw new SakerError(
        'ENFORCE_GUARD',
        `guard: more than ${GUARD_PORTS} ports at one destination`,
        {
          hint: 'leave the port out to guard them all',
        },
      );
    }
    return { address, bits, ports };
  });
}

/** Puts the guards into the kernel's table, and takes away what is no longer among them. */
export function writeGuards(map: BpfMap, guards: readonly GuardEntry[]): void {
  const wanted = new Map(guards.map((guard) => [Buffer.from(keyOf(guard)).toString('hex'), guard]));
  const { keys, count } = map.entries();
  for (const guard of wanted.values()) map.update(keyOf(guard), valueOf(guard));
  for (let at = 0; at < count; at++) {
    const key = keys.subarray(at * REMOTE_KEY_BYTES, (at + 1) * REMOTE_KEY_BYTES);
    if (!wanted.has(Buffer.from(key).toString('hex'))) map.delete(key.slice());
  }
}

function keyOf({ address, bits }: GuardEntry): Uint8Array {
  const view = new DataView(new ArrayBuffer(REMOTE_KEY_BYTES));
  view.setUint32(0, bits, true);
  writeAddress(view, 4, address);
  return new Uint8Array(view.buffer);
}

function valueOf({ ports }: GuardEntry): Uint8Array {
  const words = new Uint16Array(GUARD_BYTES / 2);
  words[0] = Number(ports === null);
  words[1] = ports?.length ?? 0;
  words.set(ports ?? [], 2);
  return new Uint8Array(words.buffer);
}
