import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/**
 * A file of records of one priority. The first sequence number and the lane (index into PRIORITIES) are its name:
 * `5-0000000000001234.log`. One lane for each priority, so that the oldest of the lowest severity can go first by
 * removing a file; a reader merges the lanes back by sequence number.
 */
export interface SegmentName {
  readonly lane: number;
  readonly firstSeq: number;
  readonly path: string;
}

const NAME = /^([0-7])-(\d{16})\.log$/;

export function segmentPath(dir: string, lane: number, firstSeq: number): string {
  return join(dir, `${lane}-${String(firstSeq).padStart(16, '0')}.log`);
}

/** The segments in a spool's directory, oldest first. */
export function listSegments(dir: string): SegmentName[] {
  const segments: SegmentName[] = [];
  for (const name of readdirSync(dir)) {
    const match = NAME.exec(name);
    if (match) {
      segments.push({ lane: Number(match[1]), firstSeq: Number(match[2]), path: join(dir, name) });
    }
  }
  return segments.sort((a, b) => a.firstSeq - b.firstSeq || a.lane - b.lane);
}
