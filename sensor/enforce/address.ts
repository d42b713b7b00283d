import { addressText, parseAddress } from '../core/index.js';
import type { Net } from '../lang/ir.js';

const MAPPED_BASE = 0xffffn << 32n;

/** The address in 128 bits: IPv4 as ::ffff:a.b.c.d. */
export function mappedAddress(net: Pick<Net, 'family' | 'address'>): bigint {
  return net.family === 4 ? MAPPED_BASE | net.address : net.address;
}

/** The prefix's length in the space of IPv6 addresses. */
export function mappedBits(net: Pick<Net, 'family' | 'bits'>): number {
  return net.family === 4 ? 96 + net.bits : net.bits;
}

/** Whether 128 bits are an IPv4-mapped address. */
export function isMapped(address: bigint): boolean {
  return address >> 32n === 0xffffn;
}

/** Writes the 16 bytes of an address, network order. */
export function writeAddress(into: DataView, at: number, address: bigint): void {
  into.setBigUint64(at, address >> 64n);
  into.setBigUint64(at + 8, address & 0xffffffffffffffffn);
}

/** Text of the 16 bytes of an address; dotted for IPv4-mapped ones. */
export function addressTextOf(bytes: Uint8Array): string {
  const mapped = bytes.subarray(0, 12).every((byte, at) => byte === (at < 10 ? 0 : 255));
  return addressText(
    mapped
      ? bytes.subarray(12).reduce((sum, byte) => sum * 256 + byte, 0)
      : Buffer.from(bytes).toString('latin1'),
  );
}

/** An address as text in 128 bits; null when it is none. */
export function parseMapped(text: string): { address: bigint; family: 4 | 6 } | null {
  const parsed = parseAddress(text);
  if (parsed === null) return null;
  if (typeof parsed === 'number')
    return { family: 4, address: mappedAddress({ family: 4, address: BigInt(parsed) }) };
  return { family: 6, address: BigInt(`0x${Buffer.from(parsed, 'latin1').toString('hex')}`) };
}
