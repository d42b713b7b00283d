import type { Net } from '../../lang/ir.js';

/** An address as fields give it: IPv4 an unsigned number in host order, IPv6 a 16-character `ByteString`. */
export type Address = number | string;

/** The 16 bytes of an IPv6 address. */
export function addressBytes(address: bigint): string {
  let bytes = '';
  for (let shift = 120n; shift >= 0n; shift -= 8n) {
    bytes += String.fromCharCode(Number((address >> shift) & 0xffn));
  }
  return bytes;
}

/** A host address (all bits given) as fields hold it. */
export function addressOf(net: Net): Address {
  return net.family === 4 ? Number(net.address) : addressBytes(net.address);
}

/** A test for one network. The other family is never inside. */
export function compileNet(net: Net): (address: Address) => boolean {
  if (net.family === 4) {
    const mask = mask4(net.bits);
    const base = (Number(net.address) & mask) >>> 0;
    return (address) => typeof address === 'number' && (address & mask) >>> 0 === base;
  }
  const base = addressBytes(net.address);
  const whole = net.bits >> 3;
  const restMask = (0xff00 >> (net.bits & 7)) & 0xff;
  return (address) => {
    if (typeof address !== 'string' || address.length !== 16) return false;
    for (let i = 0; i < whole; i++) {
      if (address.charCodeAt(i) !== base.charCodeAt(i)) return false;
    }
    return (
      restMask === 0 ||
      (address.charCodeAt(whole) & restMask) === (base.charCodeAt(whole) & restMask)
    );
  };
}

/**
 * A test for any of several networks: IPv4 by one hash look-up for each prefix length in use, IPv6 one by one.
 *
 * @remarks Hot path: no allocation.
 */
export function compileNets(nets: readonly Net[]): (address: Address) => boolean {
  const masks: number[] = [];
  const bases: Set<number>[] = [];
  const tests6: ((address: Address) => boolean)[] = [];
  const hosts6 = new Set<string>();
  for (const net of nets) {
    if (net.family === 6) {
      if (net.bits === 128) hosts6.add(addressBytes(net.address));
      else tests6.push(compileNet(net));
      continue;
    }
    const mask = mask4(net.bits);
    let at = masks.indexOf(mask);
    if (at < 0) {
      at = masks.push(mask) - 1;
      bases.push(new Set());
    }
    bases[at]!.add((Number(net.address) & mask) >>> 0);
  }
  return (address) => {
    if (typeof address === 'number') {
      for (let i = 0; i < masks.length; i++) {
        if (bases[i]!.has((address & masks[i]!) >>> 0)) return true;
      }
      return false;
    }
    if (hosts6.has(address)) return true;
    for (let i = 0; i < tests6.length; i++) if (tests6[i]!(address)) return true;
    return false;
  };
}

function mask4(bits: number): number {
  return bits === 0 ? 0 : (0xffffffff << (32 - bits)) | 0;
}
