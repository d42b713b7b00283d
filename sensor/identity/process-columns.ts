import type { ByteString } from '../core/bytes.js';
import type { Image } from './image.js';

/** Where a row's data come from. */
export const ORIGIN = {
  /** The process's own fork, exec or scan record. */
  records: 0,
  /** /proc, or nothing at all: its records were lost. */
  repaired: 1,
  /** /proc, for a process outside the scope: no record will say when it ends, so it is forgotten soon. */
  borrowed: 2,
} as const;

/**
 * What is known of each process: a row is a number, its data lie in columns, so 100,000 processes are a few dozen arrays for the
 * garbage collector and not 100,000 objects.
 *
 * @remarks Hot path: the columns are public and read directly. A base of the table and not a part of it, so that a reader says
 *   `table.pid[row]`.
 */
export class ProcessColumns {
  readonly capacity: number;

  readonly pid: Uint32Array;
  /** Start in boot-clock nanoseconds, as two halves: a double loses nanoseconds after 104 days of uptime. */
  readonly startLow: Uint32Array;
  readonly startHigh: Uint32Array;
  /** The parent it has now, as the kernel last said; and the one it was born of. */
  readonly parentPid: Uint32Array;
  readonly parentStartLow: Uint32Array;
  readonly parentStartHigh: Uint32Array;
  readonly execCount: Uint32Array;
  readonly euid: Uint32Array;
  readonly egid: Uint32Array;
  readonly loginuid: Uint32Array;
  readonly vpid: Uint32Array;
  readonly sid: Uint32Array;
  readonly pgid: Uint32Array;
  readonly vpgid: Uint32Array;
  readonly tty: Uint32Array;
  readonly pidNs: Uint32Array;
  readonly mntNs: Uint32Array;
  readonly pidnsStartLow: Uint32Array;
  readonly pidnsStartHigh: Uint32Array;
  /** Permitted, inheritable, effective: low and high halves. */
  readonly capPermitted: Uint32Array;
  readonly capInheritable: Uint32Array;
  readonly capEffective: Uint32Array;
  readonly cgroupId: Float64Array;
  /** When the row's image was learnt, boot-clock nanoseconds. */
  readonly imageNs: Float64Array;
  readonly exitNs: Float64Array;
  /** One of `ORIGIN`: where the row's data come from. */
  readonly origin: Uint8Array;
  /** 1: its parent was looked for outside the table in vain. */
  readonly orphan: Uint8Array;
  /** 1: it has arguments, but its record could not bring them. */
  readonly lacksArgs: Uint8Array;
  readonly comm: (ByteString | null)[];
  readonly cwd: (ByteString | null)[];
  readonly image: (Image | null)[];

  constructor(capacity: number) {
    const n = (this.capacity = capacity);
    const u32 = (): Uint32Array => new Uint32Array(n);
    this.pid = u32();
    this.startLow = u32();
    this.startHigh = u32();
    this.parentPid = u32();
    this.parentStartLow = u32();
    this.parentStartHigh = u32();
    this.execCount = u32();
    this.euid = u32();
    this.egid = u32();
    this.loginuid = u32();
    this.vpid = u32();
    this.sid = u32();
    this.pgid = u32();
    this.vpgid = u32();
    this.tty = u32();
    this.pidNs = u32();
    this.mntNs = u32();
    this.pidnsStartLow = u32();
    this.pidnsStartHigh = u32();
    this.capPermitted = new Uint32Array(2 * n);
    this.capInheritable = new Uint32Array(2 * n);
    this.capEffective = new Uint32Array(2 * n);
    this.cgroupId = new Float64Array(n);
    this.imageNs = new Float64Array(n);
    this.exitNs = new Float64Array(n);
    this.origin = new Uint8Array(n);
    this.orphan = new Uint8Array(n);
    this.lacksArgs = new Uint8Array(n);
    this.comm = new Array<ByteString | null>(n).fill(null);
    this.cwd = new Array<ByteString | null>(n).fill(null);
    this.image = new Array<Image | null>(n).fill(null);
  }

  /** As of a process of which nothing is known but its row. */
  protected blank(row: number): void {
    this.parentPid[row] = this.parentStartLow[row] = this.parentStartHigh[row] = 0;
    this.execCount[row] = this.vpid[row] = this.sid[row] = this.pgid[row] = this.vpgid[row] = 0;
    this.euid[row] = this.egid[row] = this.loginuid[row] = 0xffffffff;
    this.tty[row] = this.pidNs[row] = this.mntNs[row] = 0;
    this.pidnsStartLow[row] = this.pidnsStartHigh[row] = 0;
    for (let half = 2 * row; half < 2 * row + 2; half++)
      this.capPermitted[half] = this.capInheritable[half] = this.capEffective[half] = 0;
    this.cgroupId[row] = this.imageNs[row] = this.exitNs[row] = 0;
    this.origin[row] = ORIGIN.records;
    this.orphan[row] = this.lacksArgs[row] = 0;
  }
}
