import { closeSync, openSync, readlinkSync, readSync, statSync } from 'node:fs';
import type { ByteString } from '../core/bytes.js';
import { Image, splitArgs } from './image.js';
import { NO_ROW, type ProcessTable } from './process-table.js';
import type { ProcessRepair, RepairResult } from './process-tracker.js';

/** Clock ticks of /proc/PID/stat: USER_HZ is 100 on every architecture we build for. */
const TICK_NS = 10_000_000;
const ARGS_MAX = 4096;
const STAT_MAX = 1024;
const STATUS_MAX = 4096;

export interface ProcRepairOptions {
  /** Default `/proc`; under `--host-root` that of the host. */
  readonly proc?: string;
  /** Processes looked up per second at most: each costs some 100 µs of the sensor thread. Default 100. */
  readonly perSecond?: number;
  /** Told of each row that was filled. */
  readonly onFilled?: (row: number) => void;
  /** Milliseconds, any origin; for tests. */
  readonly nowMs?: () => number;
}

export interface ProcRepairStats {
  readonly repaired: number;
  /** Gone already, or the pid belongs to another process by now. */
  readonly failed: number;
  readonly throttled: number;
}

/**
 * Fills rows from /proc, for processes whose records were lost or came before the sensor. A pid alone is no identity: the
 * start time must fit to a clock tick, before and after.
 */
export class ProcRepair implements ProcessRepair {
  readonly #table: ProcessTable;
  readonly #proc: string;
  readonly #perSecond: number;
  readonly #onFilled: ((row: number) => void) | null;
  readonly #nowMs: () => number;
  readonly #buffer = Buffer.allocUnsafe(ARGS_MAX + 1);
  /** The environment is read, too. */
  wantEnv = false;
  #second = -1;
  #used = 0;
  #repaired = 0;
  #failed = 0;
  #throttled = 0;

  constructor(table: ProcessTable, options: ProcRepairOptions = {}) {
    this.#table = table;
    this.#proc = options.proc ?? '/proc';
    this.#perSecond = options.perSecond ?? 100;
    this.#onFilled = options.onFilled ?? null;
    this.#nowMs = options.nowMs ?? (() => performance.now());
  }

  repair(row: number): RepairResult {
    if (!this.#mayLook()) return 'later';
    return this.#count(row, this.#fill(row)) ? 'done' : 'failed';
  }

  borrowParent(row: number, nowNs: number): number {
    const table = this.#table;
    if (!this.#mayLook()) return NO_ROW;
    if (this.#borrow(row, nowNs)) return table.parent(row);
    // It has ended outside our sight; then the child has another parent by now.
    if (this.#adoptedMeanwhile(row)) {
      const reaper = table.parent(row);
      if (reaper !== NO_ROW || this.#borrow(row, nowNs)) return table.parent(row);
    }
    table.orphan[row] = 1;
    return NO_ROW;
  }

  addArgs(row: number): RepairResult {
    if (!this.#mayLook()) return 'later';
    const table = this.#table;
    const image = table.image[row];
    if (!image) return 'failed';
    const pid = table.pid[row]!;
    let done = false;
    try {
      const text = this.#read(pid, 'cmdline', ARGS_MAX);
      // Checked after the read: that it runs another program by now, or is another process, shows.
      if (statSync(`${this.#proc}/${pid}/exe`).ino === image.exeIno && this.#isSame(row)) {
        const { exe, args } = argsOf(text);
        table.setImage(row, image.withArgs(exe, args, image.env ?? this.#environment(pid)));
        done = true;
      }
    } catch {
      // gone: its name and its executable are known
    }
    return this.#count(row, done) ? 'done' : 'failed';
  }

  /** Within this second's allowance? */
  #mayLook(): boolean {
    const second = Math.floor(this.#nowMs() / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#used = 0;
    }
    if (this.#used < this.#perSecond) {
      this.#used++;
      return true;
    }
    this.#throttled++;
    return false;
  }

  #count(row: number, done: boolean): boolean {
    if (done) {
      this.#repaired++;
      this.#onFilled?.(row);
    } else this.#failed++;
    return done;
  }

  stats(): ProcRepairStats {
    return { repaired: this.#repaired, failed: this.#failed, throttled: this.#throttled };
  }

  /** Makes a row for the parent that `row` names. */
  #borrow(row: number, nowNs: number): boolean {
    const table = this.#table;
    const pid = table.parentPid[row]!;
    const parent = table.insert(pid, table.parentStartLow[row]!, table.parentStartHigh[row]!);
    table.borrow(parent, nowNs);
    if (this.#count(parent, this.#fill(parent))) return true;
    table.remove(parent);
    return false;
  }

  /** Asks /proc for the parent that a running process has now; true if that is another one. */
  #adoptedMeanwhile(row: number): boolean {
    const table = this.#table;
    const before = table.parentPid[row]!;
    const stat = table.isLive(row) ? this.#stat(table.pid[row]!) : null;
    if (stat === null || !this.#startsWith(row, stat)) return false;
    this.#adopt(row, stat.ppid);
    return table.parentPid[row] !== before;
  }

  /** Does a pid still stand for the process of the row? */
  #isSame(row: number): boolean {
    const stat = this.#stat(this.#table.pid[row]!);
    return stat !== null && this.#startsWith(row, stat);
  }

  #startsWith(row: number, stat: Stat): boolean {
    const table = this.#table;
    const startNs = table.startHigh[row]! * 2 ** 32 + table.startLow[row]!;
    return Math.abs(stat.startNs - startNs) <= TICK_NS;
  }

  #fill(row: number): boolean {
    const table = this.#table;
    const pid = table.pid[row]!;
    try {
      const stat = parseStat(this.#read(pid, 'stat', STAT_MAX));
      if (stat === null || !this.#startsWith(row, stat)) return false;
      const status = parseStatus(this.#read(pid, 'status', STATUS_MAX));
      const image = this.#image(pid, stat.comm);
      const again = parseStat(this.#read(pid, 'stat', STAT_MAX));
      if (again === null || again.startNs !== stat.startNs) return false;
      table.comm[row] = stat.comm;
      table.image[row] = image;
      table.cwd[row] = this.#link(pid, 'cwd');
      table.pgid[row] = stat.pgid;
      table.vpgid[row] = status.vpgid ?? stat.pgid;
      table.sid[row] = stat.sid;
      table.tty[row] = stat.tty;
      table.vpid[row] = status.vpid ?? pid;
      if (status.egid !== null) table.egid[row] = status.egid;
      table.loginuid[row] = Number(this.#read(pid, 'loginuid', 16).trim() || 0xffffffff);
      table.capPermitted.set(status.capPermitted, 2 * row);
      table.capInheritable.set(status.capInheritable, 2 * row);
      table.capEffective.set(status.capEffective, 2 * row);
      this.#adopt(row, stat.ppid);
      return true;
    } catch {
      return false; // gone, or not ours to read: the row stays a placeholder
    }
  }

  /** /proc knows the parent by pid only; its start is good to a clock tick, unless the table knows it better. */
  #adopt(row: number, ppid: number): void {
    const table = this.#table;
    if (ppid === 0 || table.parentPid[row] === ppid) return;
    const known = table.running(ppid);
    if (known >= 0 && known !== row) {
      table.setParent(row, ppid, table.startLow[known]!, table.startHigh[known]!, true);
      return;
    }
    const stat = this.#stat(ppid);
    if (stat === null) return;
    const high = Math.floor(stat.startNs / 2 ** 32);
    table.setParent(row, ppid, stat.startNs - high * 2 ** 32, high, true);
  }

  #stat(pid: number): Stat | null {
    try {
      return parseStat(this.#read(pid, 'stat', STAT_MAX));
    } catch {
      return null;
    }
  }

  #image(pid: number, comm: ByteString): Image {
    const { exe, args } = argsOf(this.#read(pid, 'cmdline', ARGS_MAX));
    const link = this.#link(pid, 'exe') ?? '';
    const deleted = link.endsWith(' (deleted)');
    const path = deleted ? link.slice(0, -' (deleted)'.length) : link;
    return new Image({
      exe,
      exePath: path.startsWith('/memfd:') ? path.slice(1) : path,
      args,
      env: this.#environment(pid),
      filename: null,
      comm,
      exeFlags: 0,
      exeDev: 0,
      exeIno: 0,
      ctimeNs: 0n,
      mtimeNs: 0n,
    });
  }

  #environment(pid: number): ByteString | null {
    if (!this.wantEnv) return null;
    try {
      return this.#read(pid, 'environ', ARGS_MAX).replace(/\0$/, '') || null;
    } catch {
      return null; // another user's is not readable without privileges
    }
  }

  #read(pid: number, file: string, max: number): ByteString {
    const fd = openSync(`${this.#proc}/${pid}/${file}`, 'r');
    try {
      let used = 0;
      for (;;) {
        const got = readSync(fd, this.#buffer, used, max - used, null);
        used += got;
        if (got === 0 || used === max) return this.#buffer.toString('latin1', 0, used);
      }
    } finally {
      closeSync(fd);
    }
  }

  #link(pid: number, file: string): ByteString | null {
    try {
      return readlinkSync(`${this.#proc}/${pid}/${file}`, 'latin1');
    } catch {
      return null; // kernel threads have no exe; another user's is not readable without privileges
    }
  }
}

/** Of /proc/PID/cmdline. */
const argsOf = (text: ByteString): ReturnType<typeof splitArgs> =>
  splitArgs(text === '' ? null : text.replace(/\0$/, ''));

interface Stat {
  readonly comm: ByteString;
  readonly ppid: number;
  readonly pgid: number;
  readonly sid: number;
  readonly tty: number;
  readonly startNs: number;
}

/** proc_pid_stat(5). The name may hold blanks and brackets: it ends at the last one. */
export function parseStat(text: ByteString): Stat | null {
  const open = text.indexOf('(');
  const close = text.lastIndexOf(')');
  if (open < 0 || close < open) return null;
  const rest = text.slice(close + 2).split(' ');
  const startNs = Number(rest[19]) * TICK_NS;
  if (!Number.isFinite(startNs)) return null;
  return {
    comm: text.slice(open + 1, close),
    ppid: Number(rest[1]),
    pgid: Number(rest[2]),
    sid: Number(rest[3]),
    tty: Number(rest[4]) >>> 0,
    startNs,
  };
}

interface Status {
  readonly egid: number | null;
  readonly vpid: number | null;
  readonly vpgid: number | null;
  readonly capPermitted: readonly [number, number];
  readonly capInheritable: readonly [number, number];
  readonly capEffective: readonly [number, number];
}

/** proc_pid_status(5). */
export function parseStatus(text: ByteString): Status {
  const field = (name: string): string | null =>
    new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(text)?.[1] ?? null;
  const last = (name: string): number | null => {
    const value = field(name)?.trim().split(/\s+/).at(-1);
    return value === undefined || value === '' ? null : Number(value);
  };
  const capabilities = (name: string): [number, number] => {
    const hex = (field(name) ?? '').trim().padStart(16, '0');
    return [parseInt(hex.slice(8), 16) || 0, parseInt(hex.slice(0, 8), 16) || 0];
  };
  const gids = field('Gid')?.trim().split(/\s+/);
  return {
    egid: gids?.[1] === undefined ? null : Number(gids[1]),
    vpid: last('NStgid'),
    vpgid: last('NSpgid'),
    capPermitted: capabilities('CapPrm'),
    capInheritable: capabilities('CapInh'),
    capEffective: capabilities('CapEff'),
  };
}
