import { readFileSync, renameSync, truncateSync, unlinkSync } from 'node:fs';
import type { Logger } from '../core/index.js';
import { findMagic, scanRecord } from './record.js';
import { listSegments, type SegmentName } from './segment.js';

/** A segment of an earlier run, as found. */
export interface RecoveredSegment extends SegmentName {
  readonly bytes: number;
  /** Sequence numbers of its records, rising. */
  readonly seqs: readonly number[];
}

export interface Recovery {
  readonly segments: readonly RecoveredSegment[];
  readonly lastSeq: number;
  /** Cut off behind the last whole record: an append that never returned. */
  readonly tornBytes: number;
  /** Not records, though records follow, or not readable at all: damaged by the disk. */
  readonly damagedBytes: number;
}

/** What one segment's bytes hold. */
export interface SegmentScan {
  readonly seqs: number[];
  /** End of the last whole record. */
  readonly validEnd: number;
  readonly damagedBytes: number;
  /** Where the first of them is; null: none is. */
  readonly damagedAt: number | null;
}

/** Finds every whole record, stepping over damage to the next one that checks out. */
export function scanSegment(bytes: Buffer): SegmentScan {
  const seqs: number[] = [];
  let validEnd = 0;
  let damagedBytes = 0;
  let damagedAt: number | null = null;
  for (let at = 0; at >= 0 && at < bytes.length;) {
    const found = scanRecord(bytes, at, bytes.length);
    if (found.kind === 'record') {
      if (at > validEnd) damagedAt ??= validEnd;
      damagedBytes += at - validEnd;
      seqs.push(found.seq);
      at = validEnd = found.end;
    } else {
      at = findMagic(bytes, at + 1, bytes.length);
    }
  }
  return { seqs, validEnd, damagedBytes, damagedAt };
}

/**
 * Reads what earlier runs left: cuts torn tails off, counts damage, removes files without a record. Never throws for what
 * the files hold: a segment that cannot be read is set aside under another name and counted.
 */
export function recover(dir: string, logger: Logger): Recovery {
  const segments: RecoveredSegment[] = [];
  let lastSeq = 0;
  let tornBytes = 0;
  let damagedBytes = 0;
  for (const segment of listSegments(dir)) {
    try {
      const bytes = readFileSync(segment.path);
      const scan = scanSegment(bytes);
      const torn = bytes.length - scan.validEnd;
      if (torn > 0 && scan.seqs.length > 0) truncateSync(segment.path, scan.validEnd);
      tornBytes += torn;
      damagedBytes += scan.damagedBytes;
      if (scan.damagedBytes > 0) {
        logger.error('the disk damaged part of the spool; the alerts in it are lost', {
          segment: segment.path,
          offset: scan.damagedAt,
          bytes: scan.damagedBytes,
        });
      }
      if (torn > 0) {
        logger.info('the end of a segment was never written whole; it is cut off', {
          segment: segment.path,
          offset: scan.validEnd,
          bytes: torn,
        });
      }
      const last = scan.seqs.at(-1);
      if (last === undefined) {
        unlinkSync(segment.path);
        continue;
      }
      lastSeq = Math.max(lastSeq, last);
      segments.push({ ...segment, bytes: scan.validEnd, seqs: scan.seqs });
    } catch (error) {
      logger.error('a segment of the spool cannot be read; it is set aside', {
        segment: segment.path,
        error: String(error),
      });
      try {
        renameSync(segment.path, `${segment.path}.unreadable`);
      } catch {
        // Neither readable nor movable: readers step over it.
      }
    }
  }
  return { segments, lastSeq, tornBytes, damagedBytes };
}
