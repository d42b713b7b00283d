import type { ByteString } from '../core/bytes.js';

import { Image } from './image.js';
import { AT, KIND, STRING, type RecordCursor } from '../events/index.js';
import { NO_ROW, ORIGIN, type ProcessTable } from './process-table.js';

const ID = AT.process_exec.id;
const EXEC = AT.process_exec;
const EXEC_STRING = STRING.process_exec;
const HEADER = AT.header;

const COMM_LENGTH = 16;

/** `later`: too many lately; ask again at the process's next event. */
export type RepairResult = 'done' | 'failed' | 'later';

/** Where a process's facts come from when its own records never came. */
export interface ProcessRepair {
  /**
   * Fills the row of a running process from elsewhere (/proc). Bounded: may put it off.
   */
  repair(row: number): RepairResult;
  /**
   * Makes a row for the parent of `row`, which the table does not hold.
   *
   * @returns the parent's row; NO_ROW when there is none to be had, now or ever.
   */
  borrowParent(row: number, nowNs: number): number;
}

/** How often records did not find their process. */
export interface TrackerStats {
  /** Records of a process whose own records never came. */
  readonly unknownSubjects: number;
  /** Rows of the start-up scan that newer records had already overtaken. */
  readonly staleSeen: number;
}

/**
 * Keeps the process table by the records of fork, exec, exit and of the start-up scan.
 *
 * @remarks Hot path. Attach first, then scan: records of the scan may be older than what fork, exec and exit records have said
 *   already. A process that exited leaves its row for a while, also when it was never known, so that a late record of the scan
 *   does not bring it back; an image is only replaced by one of a later exec.
 */
export class ProcessTracker {
  readonly #table: ProcessTable;
  readonly #repair: ProcessRepair | null;
  readonly #onSeen: ((cgroupId: number, path: ByteString) => void) | null;
  #unknownSubjects = 0;
  #staleSeen = 0;

  /**
   * @param onSeen - Told the control group's path that a record of the scan carries.
   */
  constructor(
    table: ProcessTable,
    options: {
      repair?: ProcessRepair;
      onSeen?: (cgroupId: number, path: ByteString) => void;
    } = {},
  ) {
    this.#table = table;
    this.#repair = options.repair ?? null;
    this.#onSeen = options.onSeen ?? null;
  }

  /**
   * Takes one record into account and finds its process: call once for every record, before rules judge it.
   *
   * @returns row of the record's process, or NO_ROW for records of no process (cgroup changes) and for the exit of an unknown
   *   one. Values are those after the event: the new program after exec.
   */
  apply(record: RecordCursor): number {
    switch (record.kind) {
      case KIND.PROCESS_FORK:
        return this.#fork(record);
      case KIND.PROCESS_EXEC:
        return this.#exec(record);
      case KIND.PROCESS_EXIT:
        return this.#exit(record);
      case KIND.PROCESS_SEEN:
        return this.#seen(record);
      case KIND.CGROUP_MKDIR:
      case KIND.CGROUP_RMDIR:
        return NO_ROW;
      default:
        return this.#subject(record);
    }
  }

  /**
   * The parent of a row, from elsewhere if the table does not hold it: under a scope the ancestors of its processes have no
   * records. NO_ROW if not known.
   */
  parent(row: number, nowNs: number): number {
    const table = this.#table;
    const parent = table.parent(row);
    if (parent !== NO_ROW || table.orphan[row] === 1 || table.parentPid[row] === 0) return parent;
    return this.#repair?.borrowParent(row, nowNs) ?? NO_ROW;
  }

  stats(): TrackerStats {
    return { unknownSubjects: this.#unknownSubjects, staleSeen: this.#staleSeen };
  }

  #fork(record: RecordCursor): number {
    const table = this.#table;
    table.expire(record.u64(HEADER.ts_ns));
    let row = this.#find(record);
    if (row === NO_ROW) row = this.#insert(record);
    else if (table.imageNs[row] !== 0) return row; // the scan or an exec was faster and knows more
    this.#identity(row, record);
    this.#setParent(row, record, false);
    const parent = this.parent(row, record.u64(HEADER.ts_ns));
    if (parent !== NO_ROW && table.image[parent] !== null) this.#inherit(row, parent, record);
    else this.#comm(row, record, null);
    return row;
  }

  /**
   * A child runs its parent's program, if its parent is who forked it: with CLONE_PARENT it is not, and the exec counts tell.
   * Of a parent known from /proc only, whose count we do not have, the name must do.
   */
  #inherit(row: number, parent: number, record: RecordCursor): void {
    const table = this.#table;
    this.#comm(row, record, table.comm[parent]!);
    const counted = table.origin[parent] === ORIGIN.records;
    const same = counted
      ? table.execCount[parent] === record.u32(ID.exec_count)
      : table.comm[parent] === table.comm[row];
    if (!same) return;
    table.image[row] = table.image[parent]!;
    table.cwd[row] = table.cwd[parent]!;
    table.imageNs[row] = record.u64(HEADER.ts_ns);
    table.origin[row] = counted ? ORIGIN.records : ORIGIN.repaired;
  }

  #exec(record: RecordCursor): number {
    const table = this.#table;
    table.expire(record.u64(HEADER.ts_ns));
    let row = this.#find(record);
    if (row === NO_ROW) row = this.#insert(record);
    this.#program(row, record);
    return row;
  }

  /**
   * Of the scan, or of a capture's snapshot: those name no thread and, of what came from /proc, no count of execs but their
   * origin as the header's argument.
   */
  #seen(record: RecordCursor): number {
    const table = this.#table;
    const path = record.string(EXEC_STRING.cgroup);
    if (path !== null) this.#onSeen?.(record.u64(HEADER.cgroup_id), path);
    let row = this.#find(record);
    if (row === NO_ROW) {
      row = this.#insert(record);
    } else if (
      !table.isLive(row) ||
      (table.origin[row] === ORIGIN.records &&
        (table.imageNs[row]! >= record.u64(HEADER.ts_ns) ||
          table.execCount[row]! > record.u32(ID.exec_count)))
    ) {
      this.#staleSeen++;
      return row;
    }
    this.#program(row, record);
    if (record.tid === 0 && record.u32(ID.exec_count) === 0) {
      if (record.arg === ORIGIN.borrowed) table.borrow(row, record.u64(HEADER.ts_ns));
      else table.origin[row] = ORIGIN.repaired;
    }
    return row;
  }

  #exit(record: RecordCursor): number {
    const table = this.#table;
    const now = record.u64(HEADER.ts_ns);
    table.expire(now);
    const found = this.#find(record);
    // An unknown process leaves a row all the same, or a scan under way would make it immortal.
    const row = found === NO_ROW ? this.#insert(record) : found;
    const reaper = AT.process_exit.reaper_start_ns;
    table.exit(
      row,
      now,
      record.u32(AT.process_exit.reaper_tgid),
      record.u32(reaper),
      record.u32(reaper + 4),
    );
    if (found === NO_ROW) this.#unknownSubjects++;
    return found;
  }

  #subject(record: RecordCursor): number {
    const table = this.#table;
    let row = this.#find(record);
    if (row === NO_ROW) {
      this.#unknownSubjects++;
      row = this.#insert(record);
      table.origin[row] = ORIGIN.repaired;
    }
    // In scope after all: its exit will be told.
    if (table.origin[row] === ORIGIN.borrowed) table.origin[row] = ORIGIN.repaired;
    if (table.image[row] === null && table.exitNs[row] === 0) this.#fill(row);
    // Fresh kernel truth, newer than any exec or fork: there are no records of setuid or of moves between control groups.
    table.euid[row] = record.uid;
    table.cgroupId[row] = record.u64(HEADER.cgroup_id);
    return row;
  }

  #fill(row: number): void {
    const table = this.#table;
    table.origin[row] = ORIGIN.repaired;
    const result = this.#repair?.repair(row) ?? 'failed';
    if (result === 'done') return;
    if (result === 'failed') table.image[row] = UNKNOWN_IMAGE;
    table.comm[row] ??= UNKNOWN;
  }

  #find(record: RecordCursor): number {
    return this.#table.find(
      record.tgid,
      record.u32(HEADER.start_ns),
      record.u32(HEADER.start_ns + 4),
    );
  }

  #insert(record: RecordCursor): number {
    const row = this.#table.insert(
      record.tgid,
      record.u32(HEADER.start_ns),
      record.u32(HEADER.start_ns + 4),
    );
    this.#table.euid[row] = record.uid;
    this.#table.cgroupId[row] = record.u64(HEADER.cgroup_id);
    return row;
  }

  #program(row: number, record: RecordCursor): void {
    const table = this.#table;
    this.#identity(row, record);
    this.#comm(row, record, table.comm[row]!);
    this.#setParent(row, record, true); // by now that may be a reaper
    const cwd = record.common(EXEC_STRING.cwd);
    if (cwd !== null) table.cwd[row] = cwd;
    table.image[row] = this.#image(record, table.comm[row]!);
    table.imageNs[row] = record.u64(HEADER.ts_ns);
    table.origin[row] = ORIGIN.records;
  }

  #image(record: RecordCursor, comm: ByteString): Image {
    return new Image({
      exe: record.head(EXEC_STRING.args) ?? '',
      exePath: record.common(EXEC_STRING.exe_path) ?? '',
      args: record.tail(EXEC_STRING.args),
      env: record.string(EXEC_STRING.env),
      filename: record.common(EXEC_STRING.filename),
      comm,
      exeFlags: record.u32(EXEC.exe_flags),
      exeDev: record.u32(EXEC.exe_dev),
      exeIno: record.u64(EXEC.exe_ino),
      ctimeNs: record.big(EXEC.exe_ctime_ns),
      mtimeNs: record.big(EXEC.exe_mtime_ns),
    });
  }

  #identity(row: number, record: RecordCursor): void {
    const table = this.#table;
    table.execCount[row] = record.u32(ID.exec_count);
    table.euid[row] = record.u32(ID.euid);
    table.egid[row] = record.u32(ID.egid);
    table.loginuid[row] = record.u32(ID.loginuid);
    table.vpid[row] = record.u32(ID.vpid);
    table.sid[row] = record.u32(ID.sid);
    table.pgid[row] = record.u32(ID.pgid);
    table.vpgid[row] = record.u32(ID.vpgid);
    table.tty[row] = record.u32(ID.tty);
    table.pidNs[row] = record.u32(ID.pid_ns);
    table.mntNs[row] = record.u32(ID.mnt_ns);
    table.pidnsStartLow[row] = record.u32(ID.pidns_start_ns);
    table.pidnsStartHigh[row] = record.u32(ID.pidns_start_ns + 4);
    table.capPermitted[2 * row] = record.u32(ID.cap_permitted);
    table.capPermitted[2 * row + 1] = record.u32(ID.cap_permitted + 4);
    table.capInheritable[2 * row] = record.u32(ID.cap_inheritable);
    table.capInheritable[2 * row + 1] = record.u32(ID.cap_inheritable + 4);
    table.capEffective[2 * row] = record.u32(ID.cap_effective);
    table.capEffective[2 * row + 1] = record.u32(ID.cap_effective + 4);
    table.cgroupId[row] = record.u64(HEADER.cgroup_id);
  }

  #setParent(row: number, record: RecordCursor, adopted: boolean): void {
    this.#table.setParent(
      row,
      record.u32(ID.parent_tgid),
      record.u32(ID.parent_start_ns),
      record.u32(ID.parent_start_ns + 4),
      adopted,
    );
  }

  /** Task name, sharing `likely`'s text where equal: most forks keep their parent's name. */
  #comm(row: number, record: RecordCursor, likely: ByteString | null): void {
    let same = likely !== null;
    let length = 0;
    for (; length < COMM_LENGTH; length++) {
      const byte = record.u8(ID.comm + length);
      if (byte === 0) break;
      if (same && likely!.charCodeAt(length) !== byte) same = false;
    }
    if (same && likely!.length === length) {
      this.#table.comm[row] = likely;
      return;
    }
    this.#table.comm[row] = record.chars(ID.comm, COMM_LENGTH);
  }
}

/** What Falco shows for a process it could not learn about. */
export const UNKNOWN = '<NA>';

/** Program of a process of which nothing could be learnt. */
export const UNKNOWN_IMAGE = new Image({
  exe: UNKNOWN,
  exePath: '',
  args: null,
  env: null,
  filename: null,
  comm: UNKNOWN,
  exeFlags: 0,
  exeDev: 0,
  exeIno: 0,
  ctimeNs: 0n,
  mtimeNs: 0n,
});
