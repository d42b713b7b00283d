import type { ByteString } from './bytes.js';

/** An address inside the sensor: IPv4 as an unsigned number in host order, IPv6 as 16 bytes. IPv4-mapped ones are IPv4. */
export type Address = number | ByteString;

export function isUnspecified(address: Address): boolean {
  return address === 0 || address === '\0'.repeat(16);
}

/** As `inet_ntop` prints it: IPv6 with the longest run of zeros shortened, no brackets. */
export function addressText(address: Address): string {
  if (typeof address === 'number')
    return `${address >>> 24}.${(address >>> 16) & 255}.${(address >>> 8) & 255}.${address & 255}`;
  const groups: number[] = [];
  for (let i = 0; i < 16; i += 2)
    groups.push((address.charCodeAt(i) << 8) | address.charCodeAt(i + 1));
  const zeros = longestZeroRun(groups);
  const hex = (from: number, to: number): string =>
    groups
      .slice(from, to)
      .map((group) => group.toString(16))
      .join(':');
  if (zeros === null) return hex(0, 8);
  return `${hex(0, zeros.start)}::${hex(zeros.end, 8)}`;
}

function longestZeroRun(groups: readonly number[]): { start: number; end: number } | null {
  let best: { start: number; end: number } | null = null;
  for (let start = 0; start < groups.length; start++) {
    let end = start;
    while (end < groups.length && groups[end] === 0) end++;
    if (end - start >= 2 && end - start > (best ? best.end - best.start : 0)) best = { start, end };
    start = Math.max(start, end - 1);
  }
  return best;
}

/** Parses what `addressText` and `os.networkInterfaces` print; null for anything else. */
export function parseAddress(text: string): Address | null {
  const v4 = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  if (v4) {
    const parts = v4.slice(1).map(Number);
    if (parts.some((part) => part > 255)) return null;
    return parts.reduce((sum, part) => sum * 256 + part, 0);
  }
  const halves = text.replace(/%.*$/, '').split('::');
  if (halves.length > 2 || !text.includes(':')) return null;
  const [head, tail] = halves.map((half) => (half === '' ? [] : half.split(':')));
  const missing = 8 - (head?.length ?? 0) - (tail?.length ?? 0);
  if (tail === undefined ? missing !== 0 : missing < 1) return null;
  const groups = [
    ...(head ?? []),
    ...Array<string>(tail === undefined ? 0 : missing).fill('0'),
    ...(tail ?? []),
  ];
  let bytes = '';
  for (const group of groups) {
    if (!/^[0-9a-f]{1,4}$/i.test(group)) return null;
    const value = parseInt(group, 16);
    bytes += String.fromCharCode(value >> 8, value & 255);
  }
  return bytes;
}
