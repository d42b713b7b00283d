import {
  closeSync,
  constants,
  ftruncateSync,
  openSync,
  readFileSync,
  truncateSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { makeFolder, RateLimited, SakerError, type Logger } from '../core/index.js';
import { PRIORITIES, type Priority } from '../lang/ir.js';
import type { Alert, NewAlert } from './alert.js';
import { readCursors } from './cursor.js';
import { HEADER_BYTES, MAX_PAYLOAD_BYTES, sealRecord } from './record.js';
import { recover } from './recover.js';
import { segmentPath } from './segment.js';
import type { DropCause, SpoolShared } from './shared.js';
import { SpoolLosses } from './losses.js';
import { Uuid7 } from './uuid7.js';

export const DEFAULT_CAP_BYTES = 512 * 1024 * 1024;
const MAX_SEGMENT_BYTES = 8 * 1024 * 1024;
const MIN_SEGMENT_BYTES = 16 * 1024;

export interface SpoolOptions {
  /** Made if missing, 0700. */
  readonly dir: string;
  readonly hostname: string;
  readonly shared: SpoolShared;
  readonly logger: Logger;
  /** Most bytes of alerts on disk; default 512 MiB. */
  readonly capBytes?: number;
}

/** A file of the log as the writer knows it. */
interface Segment {
  readonly path: string;
  readonly lane: number;
  readonly seqs: number[];
  bytes: number;
  /** Open while it is its lane's youngest of this run. */
  fd: number | null;
}

/**
 * Appends alerts to the log on disk. Belongs to the sensor thread: `append` is synchronous, only writes (no fsync: kill -9
 * loses nothing that `append` returned for), and never throws. All files of the log are made and removed here and nowhere
 * else; the delivery thread tells by `shared.floor` what is no longer needed.
 */
export class SpoolWriter {
  readonly #dir: string;
  readonly #hostname: string;
  readonly #shared: SpoolShared;
  readonly #logger: Logger;
  readonly #complaints: RateLimited;
  #capBytes: number;
  readonly #segmentBytes: number;
  readonly #ids = new Uuid7();
  readonly #losses: SpoolLosses;
  /** By lane, oldest first. */
  readonly #lanes: Segment[][] = PRIORITIES.map(() => []);
  readonly #laneOf = new Map<Priority, number>(PRIORITIES.map((name, index) => [name, index]));
  readonly #sequenceFd: number;
  #scratch = Buffer.allocUnsafe(64 * 1024);
  #bytes = 0;
  #segments = 0;
  #nextSeq: number;
  #closed = false;

  private constructor(options: SpoolOptions) {
    this.#dir = options.dir;
    this.#hostname = options.hostname;
    this.#shared = options.shared;
    this.#logger = options.logger;
    this.#complaints = new RateLimited((message, fields) => {
      options.logger.error(message, fields);
    });
    this.#capBytes = options.capBytes ?? DEFAULT_CAP_BYTES;
    this.#segmentBytes = Math.min(
      MAX_SEGMENT_BYTES,
      Math.max(MIN_SEGMENT_BYTES, Math.floor(this.#capBytes / 64)),
    );
    this.#losses = new SpoolLosses(options.shared);

    const recovery = recover(this.#dir, this.#logger);
    for (const { path, lane, seqs, bytes } of recovery.segments) {
      this.#lanes[lane]?.push({ path, lane, seqs: [...seqs], bytes, fd: null });
      this.#bytes += bytes;
      this.#segments++;
    }
    const cursors = [...readCursors(join(this.#dir, CURSOR_DIR)).values()];
    const sequencePath = join(this.#dir, 'sequence');
    this.#nextSeq = Math.max(recovery.lastSeq + 1, readSequence(sequencePath), ...cursors, 1);
    this.#sequenceFd = openSync(sequencePath, constants.O_RDWR | constants.O_CREAT, 0o600);
    this.#shared.tornBytes = recovery.tornBytes;
    this.#shared.damagedBytes = recovery.damagedBytes;
    this.#shared.openedAt = this.#nextSeq;
    this.#shared.floor = 0;
    for (const [lane, segments] of this.#lanes.entries()) {
      const last = segments.at(-1)?.seqs.at(-1);
      if (last !== undefined) this.#shared.publish(last, lane);
    }
    this.#noteSequence();
    this.#shared.publish(this.#nextSeq - 1, -1);
    this.#layoutChanged();
  }

  /**
   * Opens the log and repairs what a kill or a power loss left behind.
   *
   * @throws SakerError `SPOOL_OPEN` when the directory cannot be made, read or written.
   */
  static open(options: SpoolOptions): SpoolWriter {
    try {
      makeFolder(join(options.dir, CURSOR_DIR), 0o700);
      return new SpoolWriter(options);
    } catch (error) {
      throw new SakerError(
        'SPOOL_OPEN',
        `cannot open the spool in ${options.dir}: ${String(error)}`,
        {
          hint: 'alerts go to disk first: choose a writable directory with spool.dir or --spool-dir',
          cause: error,
        },
      );
    }
  }

  /**
   * Puts one alert into the log.
   *
   * @returns its sequence number, or 0 when it was dropped (counted under its cause, and told by an alert of its own).
   */
  append(alert: NewAlert): number {
    const lane = this.#laneOf.get(alert.priority) ?? PRIORITIES.length - 1;
    const seq = this.#nextSeq++;
    const failure = this.#put(alert, lane, seq);
    if (failure === null) {
      if (this.#losses.due(Date.now())) this.#tellLosses();
      return seq;
    }
    this.#losses.add(failure, lane, 1);
    this.#shared.addGone((next) => (next <= seq ? 1 : 0));
    this.#complaints.say(failure, 'alert dropped: the spool cannot take it', {
      cause: failure,
      priority: alert.priority,
      hint: DROP_HINTS[failure],
    });
    this.#noteSequence();
    this.#shared.publish(seq, -1);
    return 0;
  }

  /** Room for so much from now on; where there is more already, the next alerts make room as ever. */
  setCap(bytes: number): void {
    this.#capBytes = bytes;
  }

  /** Call about once a second: removes what is delivered, tells of losses that no later alert has told yet. */
  tick(): void {
    if (this.#closed) return;
    this.#reap(false);
    if (this.#losses.due(Date.now())) this.#tellLosses();
  }

  close(): void {
    if (this.#closed) return;
    this.#tellLosses();
    this.#closed = true;
    this.#noteSequence();
    for (const segment of this.#lanes.flat()) this.#seal(segment);
    closeSync(this.#sequenceFd);
  }

  /** @returns null, or why the record is not on disk. */
  #put(alert: NewAlert, lane: number, seq: number): DropCause | null {
    if (this.#closed) return 'io';
    const length = this.#encode(alert, lane, seq);
    if (length === 0) return 'too_large';
    while (this.#bytes + length > this.#capBytes) {
      if (!this.#makeRoom(lane, 'cap')) return 'cap';
    }
    for (;;) {
      const errno = this.#write(lane, seq, length);
      if (errno === null) return null;
      if (errno !== 'ENOSPC' && errno !== 'EDQUOT') return 'io';
      if (!this.#makeRoom(lane, 'disk_full')) return 'disk_full';
    }
  }

  #encode(alert: NewAlert, lane: number, seq: number): number {
    const whole: Alert = {
      v: 1,
      id: this.#ids.next(Date.now()),
      seq,
      timeNs: alert.timeNs,
      kind: alert.kind,
      rule: alert.rule,
      priority: alert.priority,
      source: alert.source,
      tags: alert.tags,
      hostname: this.#hostname,
      message: alert.message,
      fields: alert.fields,
      generation: alert.generation,
      subject: alert.subject,
    };
    const json = JSON.stringify(whole);
    if (HEADER_BYTES + json.length * 3 > this.#scratch.length) {
      const needed = Buffer.byteLength(json);
      if (needed > MAX_PAYLOAD_BYTES) return 0;
      if (HEADER_BYTES + needed > this.#scratch.length) {
        this.#scratch = Buffer.allocUnsafe(HEADER_BYTES + needed);
      }
    }
    const payloadBytes = this.#scratch.write(json, HEADER_BYTES, 'utf8');
    return sealRecord(this.#scratch, payloadBytes, seq, lane);
  }

  /** Writes the scratch buffer as the lane's next record. @returns null or the error's code; the file is then as before. */
  #write(lane: number, seq: number, length: number): string | null {
    let segment: Segment | null = null;
    try {
      segment = this.#segmentFor(lane, seq, length);
      const { fd, bytes } = segment;
      if (fd === null) return 'EBADF';
      for (let done = 0; done < length;) {
        done += writeSync(fd, this.#scratch, done, length - done, bytes + done);
      }
    } catch (error) {
      // A segment that never held a record is no victim to make room with: it goes at once.
      if (segment?.bytes === 0) this.#remove(segment);
      else if (segment?.fd != null) truncateQuietly(segment.fd, segment.bytes);
      return (error as NodeJS.ErrnoException).code ?? 'EIO';
    }
    segment.bytes += length;
    segment.seqs.push(seq);
    this.#bytes += length;
    this.#shared.setSize(this.#bytes, this.#segments);
    this.#shared.publish(seq, lane);
    return null;
  }

  #segmentFor(lane: number, seq: number, length: number): Segment {
    const segments = this.#lanes[lane] ?? [];
    const youngest = segments.at(-1);
    if (youngest && youngest.fd !== null) {
      if (youngest.bytes === 0 || youngest.bytes + length <= this.#segmentBytes) return youngest;
      this.#seal(youngest);
      this.#reap(false);
    }
    const path = segmentPath(this.#dir, lane, seq);
    const segment: Segment = { path, lane, seqs: [], bytes: 0, fd: openSync(path, 'wx', 0o600) };
    segments.push(segment);
    this.#segments++;
    this.#layoutChanged();
    return segment;
  }

  /**
   * Frees space: what is delivered first, else the oldest segment of the lowest severity.
   *
   * @returns false when nothing is as little severe as the alert that needs the room: then that one has to go.
   */
  #makeRoom(lane: number, cause: 'cap' | 'disk_full'): boolean {
    if (this.#reap(true)) return true;
    for (let victimLane = this.#lanes.length - 1; victimLane >= lane; victimLane--) {
      const victim = this.#lanes[victimLane]?.[0];
      if (!victim) continue;
      const undelivered = countFrom(victim.seqs, this.#shared.floor);
      this.#shared.addGone((next) => countFrom(victim.seqs, next));
      this.#remove(victim);
      if (undelivered > 0) {
        this.#losses.add(cause, victimLane, undelivered);
        this.#complaints.say(`${cause} evicted`, 'undelivered alerts made room for newer ones', {
          cause,
          alerts: undelivered,
          hint: EVICTION_HINTS[cause],
        });
      }
      return true;
    }
    return false;
  }

  /** Removes delivered segments. @param pressed - Those still open too. @returns whether any went. */
  #reap(pressed: boolean): boolean {
    const floor = this.#shared.floor;
    let removed = false;
    for (const segments of this.#lanes) {
      for (let oldest = segments[0]; oldest; oldest = segments[0]) {
        if ((oldest.seqs.at(-1) ?? 0) >= floor || (oldest.fd !== null && !pressed)) break;
        this.#remove(oldest);
        removed = true;
      }
    }
    return removed;
  }

  /** Emptied before it is unlinked: a reader that holds it open would keep the disk full. */
  #remove(segment: Segment): void {
    this.#noteSequence();
    this.#seal(segment);
    const lane = this.#lanes[segment.lane];
    lane?.splice(lane.indexOf(segment), 1);
    try {
      truncateSync(segment.path, 0);
      unlinkSync(segment.path);
    } catch (error) {
      this.#logger.error('cannot remove a segment of the spool', {
        segment: segment.path,
        error: String(error),
      });
    }
    this.#bytes -= segment.bytes;
    this.#segments--;
    this.#layoutChanged();
  }

  #seal(segment: Segment): void {
    const { fd } = segment;
    segment.fd = null;
    if (fd === null) return;
    try {
      closeSync(fd);
    } catch {
      // A network file system tells here of a write that failed: readers step over what is not there.
    }
  }

  #tellLosses(): void {
    if (this.#closed) return;
    const telling = this.#losses.take(Date.now());
    if (!telling) return;
    const { alert } = telling;
    const seq = this.#nextSeq;
    if (this.#put(alert, this.#laneOf.get(alert.priority) ?? 0, seq) === null) this.#nextSeq++;
    else this.#losses.putBack(telling);
  }

  #layoutChanged(): void {
    this.#shared.setSize(this.#bytes, this.#segments);
    this.#shared.layoutChanged();
  }

  /** Notes in place (needs no free block) which numbers are used up, for when no record shows it. */
  #noteSequence(): void {
    try {
      writeSync(this.#sequenceFd, `${String(this.#nextSeq).padStart(16, '0')}\n`, 0);
    } catch {
      // The numbers in the segments and cursors remain; at worst a gap is not visible after a restart.
    }
  }
}

const DROP_HINTS: Record<DropCause, string> = {
  cap: 'a sink is behind and everything kept is more severe: raise spool.max_bytes or mend the sink (saker status)',
  disk_full: 'free space on the file system of spool.dir',
  io: 'the file system of spool.dir fails to write: see the kernel log',
  too_large: 'one alert is larger than 1 MiB: shorten the output of its rule',
};

const EVICTION_HINTS = {
  cap: 'a sink is behind: raise spool.max_bytes or mend the sink (saker status)',
  disk_full:
    'a sink is behind and the disk is full: free space on the file system of spool.dir or mend the sink (saker status)',
} as const;

/** Where the cursors lie in the spool's directory. */
export const CURSOR_DIR = 'cursors';

function readSequence(path: string): number {
  try {
    const next = Number(readFileSync(path, 'utf8'));
    return Number.isSafeInteger(next) ? next : 0;
  } catch {
    return 0;
  }
}

function truncateQuietly(fd: number, length: number): void {
  try {
    ftruncateSync(fd, length);
  } catch {
    // The next record is written over it; behind the last one, readers and recovery step over it.
  }
}

/** How many of the rising numbers are at least `floor`. */
function countFrom(seqs: readonly number[], floor: number): number {
  let low = 0;
  let high = seqs.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((seqs[middle] ?? 0) < floor) low = middle + 1;
    else high = middle;
  }
  return seqs.length - low;
}
