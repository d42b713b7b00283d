import { isIP } from 'node:net';
import type { GuardEntry } from './types.js';

/** `10.0.0.1`, `10.0.0.0/8`, `10.0.0.1:443`, `::1`, `[::1]:443`, `2001:db8::/32`. */
export function parseGuard(text: string): GuardEntry | null {
  const bracketed = /^\[([^\]]+)\](?::(\d{1,5}))?$/.exec(text);
  const dotted = /^([\d.]+)(?:\/(\d{1,2}))?(?::(\d{1,5}))?$/.exec(text);
  const bare = /^([0-9a-fA-F:.]+)(?:\/(\d{1,3}))?$/.exec(text);
  const [address, bits, port] = bracketed
    ? [bracketed[1], undefined, bracketed[2]]
    : dotted
      ? [dotted[1], dotted[2], dotted[3]]
      : [bare?.[1], bare?.[2], undefined];
  const family = isIP(address ?? '');
  const longest = family === 4 ? 32 : 128;
  if (address === undefined || family === 0) return null;
  if (Number(bits ?? longest) > longest || Number(port ?? 1) > 65_535) return null;
  return { address, bits: Number(bits ?? longest), port: port === undefined ? null : Number(port) };
}
