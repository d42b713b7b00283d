const NS_PER_MS = 1_000_000n;
const NS_PER_S = 1_000_000_000n;

/** Local time of day, `HH:MM:SS.nnnnnnnnn`. */
export function localTime(timeNs: bigint): string {
  const date = new Date(Number(timeNs / NS_PER_MS));
  const parts = [date.getHours(), date.getMinutes(), date.getSeconds()];
  return `${parts.map((part) => String(part).padStart(2, '0')).join(':')}.${fraction(timeNs)}`;
}

/** UTC, `YYYY-MM-DDTHH:MM:SS.nnnnnnnnn`, without zone. */
export function utcTime(timeNs: bigint): string {
  const iso = new Date(Number(timeNs / NS_PER_MS)).toISOString();
  return `${iso.slice(0, iso.lastIndexOf('.'))}.${fraction(timeNs)}`;
}

function fraction(timeNs: bigint): string {
  return String(timeNs % NS_PER_S).padStart(9, '0');
}
