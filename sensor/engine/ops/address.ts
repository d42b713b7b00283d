import { isIPv4, isIPv6 } from 'node:net';
import { addressBytes, type Address } from './net.js';

/** An address in its usual spelling as fields hold it; IPv4-mapped IPv6 is IPv4. Null when it is none. */
export function parseAddress(text: string): Address | null {
  if (isIPv4(text)) return parse4(text);
  if (!isIPv6(text) || text.includes('%')) return null;
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  const plain = dotted ? `${dotted[1]}${hexPair(parse4(dotted[2] ?? ''))}` : text;
  const [head = '', tail] = plain.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : 8 - left.length - right.length;
  const groups = [...left, ...new Array<string>(zeros).fill('0'), ...right];
  const value = groups.reduce((sum, group) => (sum << 16n) | BigInt(`0x${group}`), 0n);
  return value >> 32n === 0xffffn ? Number(value & 0xffffffffn) : addressBytes(value);
}

function parse4(text: string): number {
  return text.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
}

function hexPair(address: number): string {
  return `${(address >>> 16).toString(16)}:${(address & 0xffff).toString(16)}`;
}
