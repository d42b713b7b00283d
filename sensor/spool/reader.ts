import { closeSync, openSync, readSync } from 'node:fs';
import type { Alert } from './alert.js';
import { findMagic, scanRecord } from './record.js';
import { listSegments, type SegmentName } from './segment.js';
import { LANES, type SpoolShared } from './shared.js';

const CHUNK_BYTES = 256 * 1024;

/** Records looked at in one `read`, wanted or not: bounds the time it takes. */
const MAX_SCANNED = 4096;

export interface ReadLimits {
  readonly maxAlerts: number;
  /** Of JSON on disk. The first alert is taken whatever its size. */
  readonly maxBytes: number;
}

/** Alerts in order of their sequence numbers, and what lies between. */
export interface Batch {
  readonly alerts: readonly Alert[];
  /** The position once these are dealt with: everything below has been read. */
  readonly next: number;
  /** Numbers passed over because no record exists any more: dropped or damaged. */
  readonly missed: number;
  /** More is on disk already. */
  readonly more: boolean;
}

/**
 * Reads the log from a position on, merging the lanes. Belongs to the delivery thread; one for each sink.
 *
 * @remarks Reads are synchronous: at the head of the log they come from the page cache (5 µs, where a trip through the thread
 * pool is 100 µs or, behind an fdatasync, far more).
 */
export class SpoolReader {
  readonly #dir: string;
  readonly #shared: SpoolShared;
  readonly #lanes: LaneReader[] = [];
  #next: number;
  #layout = -1;

  constructor(dir: string, shared: SpoolShared, from: number) {
    this.#dir = dir;
    this.#shared = shared;
    this.#next = from;
    for (let lane = 0; lane < LANES; lane++) this.#lanes.push(new LaneReader(from));
  }

  /** The next sequence number to be read. */
  get next(): number {
    return this.#next;
  }

  /**
   * Takes the next alerts that are wanted. Those not wanted are passed over and not parsed when their priority says so.
   *
   * @param leastSevere - Greatest index into PRIORITIES that is wanted.
   */
  read(limits: ReadLimits, leastSevere: number, wanted: (alert: Alert) => boolean): Batch {
    const last = this.#shared.appended;
    const alerts: Alert[] = [];
    let bytes = 0;
    let missed = 0;
    for (let scanned = 0; scanned < MAX_SCANNED && this.#next <= last; scanned++) {
      const lane = this.#earliest(last);
      if (!lane) {
        missed += last + 1 - this.#next;
        this.#next = last + 1;
        break;
      }
      const { head } = lane;
      if (head.severity <= leastSevere) {
        if (alerts.length > 0 && bytes + head.payloadBytes > limits.maxBytes) break;
        const alert = parse(lane.payload());
        if (!alert) missed++;
        else if (wanted(alert)) {
          alerts.push(alert);
          bytes += head.payloadBytes;
        }
      }
      missed += head.seq - this.#next;
      this.#next = head.seq + 1;
      lane.take();
      if (alerts.length >= limits.maxAlerts) break;
    }
    return { alerts, next: this.#next, missed, more: this.#next <= this.#shared.appended };
  }

  close(): void {
    for (const lane of this.#lanes) lane.close();
  }

  /** The lane whose next record has the smallest number, if that is at most `last`. */
  #earliest(last: number): (LaneReader & { readonly head: Head }) | null {
    let earliest: (LaneReader & { readonly head: Head }) | null = null;
    for (const [index, lane] of this.#lanes.entries()) {
      // Read before the directory is: whatever is published up to here is then found.
      const laneLast = this.#shared.laneAppended(index);
      if (!lane.head && lane.position <= laneLast) {
        this.#refresh();
        lane.fill(laneLast);
      }
      if (
        hasHead(lane) &&
        lane.head.seq <= last &&
        (!earliest || lane.head.seq < earliest.head.seq)
      ) {
        earliest = lane;
      }
    }
    return earliest;
  }

  #refresh(): void {
    const layout = this.#shared.layout;
    if (layout === this.#layout) return;
    this.#layout = layout;
    const segments = listSegments(this.#dir);
    for (const [index, lane] of this.#lanes.entries()) {
      lane.setSegments(segments.filter((segment) => segment.lane === index));
    }
  }
}

interface Head {
  readonly seq: number;
  readonly severity: number;
  readonly payloadBytes: number;
}

function hasHead(lane: LaneReader): lane is LaneReader & { readonly head: Head } {
  return lane.head !== null;
}

/** One lane: its segments one after the other, buffered. */
class LaneReader {
  /** Oldest first; the first is the one open, if `#fd` is. */
  #segments: SegmentName[] = [];
  #open: SegmentName | null = null;
  #fd = -1;
  #fileAt = 0;
  #buffer = Buffer.alloc(0);
  #at = 0;
  #end = 0;
  #payloadAt = 0;
  #recordEnd = 0;
  /** No record below this number is of interest any more. */
  #position: number;
  #head: Head | null = null;

  constructor(from: number) {
    this.#position = from;
  }

  get head(): Head | null {
    return this.#head;
  }
  get position(): number {
    return this.#position;
  }

  setSegments(segments: readonly SegmentName[]): void {
    const current = this.#open;
    // Those before the youngest that starts at or below the position hold nothing of interest.
    let first = 0;
    for (const [index, segment] of segments.entries()) {
      if (segment.firstSeq <= this.#position) first = index;
    }
    this.#segments = segments.slice(first).filter((s) => !current || s.firstSeq > current.firstSeq);
  }

  /** Finds the lane's next record, knowing that numbers up to `laneLast` are in its files or gone for good. */
  fill(laneLast: number): void {
    while (!this.#head && this.#position <= laneLast) {
      if (!this.#open && !this.#openNext()) {
        this.#position = laneLast + 1;
        return;
      }
      const found = scanRecord(this.#buffer, this.#at, this.#end);
      if (found.kind === 'record') {
        if (found.seq >= this.#position) {
          this.#head = {
            seq: found.seq,
            severity: found.severity,
            payloadBytes: found.end - found.payloadAt,
          };
          this.#payloadAt = found.payloadAt;
          this.#recordEnd = found.end;
          return;
        }
        this.#at = found.end;
      } else if (found.kind === 'short' ? !this.#readMore() : true) {
        this.#stepOverDamage(laneLast);
      }
    }
  }

  payload(): string {
    return this.#buffer.toString('utf8', this.#payloadAt, this.#recordEnd);
  }

  take(): void {
    if (!this.#head) return;
    this.#position = this.#head.seq + 1;
    this.#at = this.#recordEnd;
    this.#head = null;
  }

  close(): void {
    if (this.#fd >= 0) closeSync(this.#fd);
    this.#fd = -1;
    this.#open = null;
  }

  #openNext(): boolean {
    for (let segment = this.#segments.shift(); segment; segment = this.#segments.shift()) {
      try {
        this.#fd = openSync(segment.path, 'r');
      } catch {
        continue; // Removed since the directory was read: its numbers show up as missed.
      }
      this.#open = segment;
      this.#fileAt = this.#at = this.#end = 0;
      return true;
    }
    return false;
  }

  /** @returns false at the end of the file, or where it cannot be read. */
  #readMore(): boolean {
    const kept = this.#end - this.#at;
    if (this.#at > 0) this.#buffer.copyWithin(0, this.#at, this.#end);
    this.#at = 0;
    this.#end = kept;
    if (this.#buffer.length - kept < CHUNK_BYTES / 2) {
      const larger = Buffer.allocUnsafe(Math.max(CHUNK_BYTES, this.#buffer.length * 2));
      this.#buffer.copy(larger, 0, 0, kept);
      this.#buffer = larger;
    }
    try {
      const count = readSync(
        this.#fd,
        this.#buffer,
        kept,
        this.#buffer.length - kept,
        this.#fileAt,
      );
      this.#fileAt += count;
      this.#end += count;
      return count > 0;
    } catch {
      return false;
    }
  }

  /** No whole record here, though one is announced: go to the next that may be one, or leave the segment. */
  #stepOverDamage(laneLast: number): void {
    for (;;) {
      const next = findMagic(this.#buffer, this.#at + 1, this.#end);
      if (next >= 0) {
        this.#at = next;
        return;
      }
      this.#at = this.#end;
      if (this.#readMore()) return;
      const youngest = this.#segments.length === 0;
      if (youngest) {
        this.#position = laneLast + 1;
        return;
      }
      this.close();
      return;
    }
  }
}

function parse(json: string): Alert | null {
  try {
    return JSON.parse(json) as Alert;
  } catch {
    return null;
  }
}
