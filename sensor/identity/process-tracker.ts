import type { ByteString } from '../core/bytes.js';

import { Image } from './image.js';
import { AT, FLAG, KIND, STRING, type RecordCursor } from '../events/index.js';
import { NO_ROW, ORIGIN, type ProcessTable } from './process-table.js';
import { ThreadCredentials } from './thread-credentials.js';

const EXEC = AT.process_exec;
const EXEC_STRING = STRING.process_exec;
const CHANGE_STRING = STRING.process_change;
const HEADER = AT.header;
/** At one place in every record that has an identity: right behind the header (checked in unit tests). */
const ID = EXEC.id;

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
  /**
   * Adds the arguments that the row's record could not bring. Bounded: may put it off.
   */
  addArgs(row: number): RepairResult;
}

/** How often records did not find their process. */
export interface TrackerStats {
  /** Records of a process whose own records never came. */
  readonly unknownSubjects: number;
  /** Rows of the start-up scan that newer records had already overtaken. */
  readonly staleSeen: number;
}

/**
 * Keeps the process table by the records of fork, exec, exit and of changes in between, of the start-up scan and of moves into the
 * scope and out of it.
 *
 * @remarks Hot path. Attach first, then scan: records of the scan may be older than what fork, exec and exit records have said
 *   already. A process that exited leaves its row for a while, also when it was never known, so that a late record of the scan
 *   does not bring it back; an image is only replaced by one of a later exec.
 */
export class ProcessTracker {
  /** Of threads that differ from the row of their process. */
  readonly threads = new ThreadCredentials();
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
      case KIND.PROCESS_CHANGE:
        return this.#change(record);
      case KIND.PROCESS_LEFT:
        return this.#left(record);
      case KIND.CGROUP_MKDIR:
      case KIND.CGROUP_RMDIR:
      case KIND.CONTAINER_FACTS:
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
    let parent = table.parent(row);
    if (parent === NO_ROW && table.orphan[row] === 0 && table.parentPid[row] !== 0)
      parent = this.#repair?.borrowParent(row, nowNs) ?? NO_ROW;
    if (parent !== NO_ROW && table.lacksArgs[parent] === 1) this.#addArgs(parent);
    return parent;
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
    table.cwd[row] = table.cwd[parent]!;
    table.setImage(row, table.image[parent]!);
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
   * Of the scan, of a move into the scope, or of a capture's snapshot: that names no thread and, of what came from /proc, no
   * count of execs but its origin as the header's argument.
   */
  #seen(record: RecordCursor): number {
    const table = this.#table;
    const path = record.string(EXEC_STRING.cgroup);
    if (path !== null) this.#onSeen?.(record.u64(HEADER.cgroup_id), path);
    const outside = (record.flags & FLAG.OUTSIDE) !== 0;
    let row = this.#find(record);
    if (row === NO_ROW) {
      row = this.#insert(record);
    } else if (outside && table.isLive(row) && table.image[row] !== null) {
      return row; // told of before, by another process that it stands above
    } else if (
      !table.isLive(row) ||
      (table.origin[row] === ORIGIN.records &&
        (table.imageNs[row]! >= record.u64(HEADER.ts_ns) ||
          table.execCount[row]! > record.u32(ID.exec_count)))
    ) {
      this.#staleSeen++;
      return row;
    }
    const known = table.origin[row] === ORIGIN.borrowed ? null : table.image[row]!;
    this.#program(row, record);
    table.lacksArgs[row] = lacksArgs(record) ? 1 : 0;
    if (table.lacksArgs[row] === 1 && sameProgram(known, table.image[row]!)) {
      table.image[row] = known; // moved within the scope: what it runs was known in full
      table.lacksArgs[row] = 0;
    }
    const counted = record.tid !== 0 || record.u32(ID.exec_count) !== 0;
    if (outside || (!counted && record.arg === ORIGIN.borrowed))
      table.borrow(row, record.u64(HEADER.ts_ns));
    else if (!counted) table.origin[row] = ORIGIN.repaired;
    return row;
  }

  /** Threads may differ in what they are allowed; the row has what the first one is. */
  #change(record: RecordCursor): number {
    const table = this.#table;
    const row = this.#subject(record);
    const cwd = record.common(CHANGE_STRING.cwd);
    if (cwd !== null) table.cwd[row] = cwd;
    this.#session(row, record);
    if (record.tid !== record.tgid) {
      this.threads.note(record);
      return row;
    }
    this.#credentials(row, record);
    table.pidNs[row] = record.u32(ID.pid_ns);
    table.mntNs[row] = record.u32(ID.mnt_ns);
    return row;
  }

  /** Out of the scope: no record will tell of its end. Of most that move outside, nothing was ever known. */
  #left(record: RecordCursor): number {
    const table = this.#table;
    const row = this.#find(record);
    if (row === NO_ROW || !table.isLive(row)) return NO_ROW;
    table.cgroupId[row] = record.u64(HEADER.cgroup_id);
    if (table.origin[row] !== ORIGIN.borrowed) table.borrow(row, record.u64(HEADER.ts_ns));
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
    else if (table.lacksArgs[row] === 1) this.#addArgs(row);
    // Fresh kernel truth: threads may differ in their user, and a move within the scope can be overtaken by what moved.
    table.euid[row] = record.uid;
    table.cgroupId[row] = record.u64(HEADER.cgroup_id);
    return row;
  }

  #fill(row: number): void {
    const table = this.#table;
    table.origin[row] = ORIGIN.repaired;
    const result = this.#repair?.repair(row) ?? 'failed';
    if (result === 'done') return;
    if (result === 'failed') table.setImage(row, UNKNOWN_IMAGE);
    table.comm[row] ??= UNKNOWN;
  }

  #addArgs(row: number): void {
    if (this.#repair?.addArgs(row) !== 'later') this.#table.lacksArgs[row] = 0;
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
    table.setImage(row, this.#image(record, table.comm[row]!));
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
    table.loginuid[row] = record.u32(ID.loginuid);
    table.vpid[row] = record.u32(ID.vpid);
    table.pidNs[row] = record.u32(ID.pid_ns);
    table.mntNs[row] = record.u32(ID.mnt_ns);
    table.pidnsStartLow[row] = record.u32(ID.pidns_start_ns);
    table.pidnsStartHigh[row] = record.u32(ID.pidns_start_ns + 4);
    table.cgroupId[row] = record.u64(HEADER.cgroup_id);
    this.#session(row, record);
    this.#credentials(row, record);
  }

  /** What all threads of a process have in common. */
  #session(row: number, record: RecordCursor): void {
    const table = this.#table;
    table.sid[row] = record.u32(ID.sid);
    table.pgid[row] = record.u32(ID.pgid);
    table.vpgid[row] = record.u32(ID.vpgid);
    table.tty[row] = record.u32(ID.tty);
  }

  #credentials(row: number, record: RecordCursor): void {
    const table = this.#table;
    table.euid[row] = record.u32(ID.euid);
    table.egid[row] = record.u32(ID.egid);
    table.capPermitted[2 * row] = record.u32(ID.cap_permitted);
    table.capPermitted[2 * row + 1] = record.u32(ID.cap_permitted + 4);
    table.capInheritable[2 * row] = record.u32(ID.cap_inheritable);
    table.capInheritable[2 * row + 1] = record.u32(ID.cap_inheritable + 4);
    table.capEffective[2 * row] = record.u32(ID.cap_effective);
    table.capEffective[2 * row + 1] = record.u32(ID.cap_effective + 4);
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

function lacksArgs(record: RecordCursor): boolean {
  return (
    (record.flags & FLAG.PARTIAL) !== 0 &&
    record.u32(EXEC.args_total) > 0 &&
    record.string(EXEC_STRING.args) === null
  );
}

const sameProgram = (known: Image | null, seen: Image): known is Image =>
  known !== null && known.exePath === seen.exePath && known.comm === seen.comm;

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
