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

/** The 16 bytes of an address, network order. */
export function addressToBytes(address: bigint): Uint8Array {
  const bytes = new Uint8Array(16);
  for (let i = 15, rest = address; i >= 0; i--, rest >>= 8n) bytes[i] = Number(rest & 0xffn);
  return bytes;
}

/** 16 bytes, network order, as a number. */
export function addressFromBytes(bytes: Uint8Array): bigint {
  let address = 0n;
  for (const byte of bytes.subarray(0, 16)) address = (address << 8n) | BigInt(byte);
  return address;
}

/** Text of an address: dotted quad for IPv4-mapped ones, else RFC 5952. */
export function formatAddress(address: bigint): string {
  if (isMapped(address)) {
    return [24n, 16n, 8n, 0n].map((shift) => (address >> shift) & 0xffn).join('.');
  }
  const groups = Array.from({ length: 8 }, (_, i) =>
    Number((address >> BigInt(112 - 16 * i)) & 0xffffn),
  );
  let best = { start: -1, length: 1 };
  for (let start = 0; start < 8; start++) {
    let length = 0;
    while (start + length < 8 && groups[start + length] === 0) length++;
    if (length > best.length) best = { start, length };
  }
  const hex = groups.map((group) => group.toString(16));
  if (best.start < 0) return hex.join(':');
  return `${hex.slice(0, best.start).join(':')}::${hex.slice(best.start + best.length).join(':')}`;
}
