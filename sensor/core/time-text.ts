const two = (n: number): string => String(n).padStart(2, '0');

/** Whole seconds as a Date, and the rest in nanoseconds. Times before the epoch do not occur. */
function parts(timeNs: bigint): { date: Date; nanos: string } {
  const seconds = timeNs / 1_000_000_000n;
  const nanos = String(timeNs % 1_000_000_000n).padStart(9, '0');
  return { date: new Date(Number(seconds) * 1000), nanos };
}

/** Local time of day, `HH:MM:SS` or `HH:MM:SS.nnnnnnnnn`. @param timeNs - Nanoseconds since the epoch. */
export function timeOfDay(timeNs: bigint, withNanos: boolean): string {
  const { date, nanos } = parts(timeNs);
  const text = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  return withNanos ? `${text}.${nanos}` : text;
}

/** Local date and time, `YYYY-MM-DD` before the time of day. */
export function dateAndTime(timeNs: bigint, withNanos: boolean): string {
  const { date } = parts(timeNs);
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${timeOfDay(timeNs, withNanos)}`;
}

/** UTC, ISO 8601 with nanoseconds, without zone: `Z` or `+0000` goes behind it. */
export function utcTime(timeNs: bigint): string {
  const { date, nanos } = parts(timeNs);
  return `${date.toISOString().slice(0, 19)}.${nanos}`;
}
