import { WallClock } from '../../../sensor/core/index.js';
import { BatchCursor, KIND, writeRecord, type RecordValues } from '../../../sensor/events/index.js';
import { splitFieldName } from '../../../sensor/lang/fields/index.js';
import {
  ContainerTable,
  createLiveFields,
  LiveEvent,
  LocalAddresses,
  ProcessTable,
  ProcessTracker,
  UserTable,
  type ProcessRepair,
} from '../../../sensor/identity/index.js';
import type { FieldValue } from '../../../sensor/lang/field-def.js';

/** Records need only what a test is about; time goes on by a millisecond each. */
export class Kernel {
  #ns = 1_000_000_000_000n;

  get ns(): bigint {
    return this.#ns;
  }

  sleep(ns: bigint): void {
    this.#ns += ns;
  }

  #header(pid: number, header: RecordValues['header'] = {}): RecordValues['header'] {
    this.#ns += 1_000_000n;
    return {
      ts_ns: this.#ns,
      start_ns: startOf(pid),
      tgid: pid,
      tid: pid,
      cgroup_id: 1,
      ...header,
    };
  }

  record(
    kind: number,
    pid: number,
    members: RecordValues['members'] = {},
    strings: RecordValues['strings'] = {},
    header: RecordValues['header'] = {},
  ): RecordValues {
    return { kind, header: this.#header(pid, header)!, members, strings };
  }

  fork(pid: number, parent: number, members: RecordValues['members'] = {}): RecordValues {
    return this.record(KIND.PROCESS_FORK, pid, {
      'id.parent_tgid': parent,
      'id.parent_start_ns': startOf(parent),
      'id.loginuid': 0xffffffff,
      'id.vpid': pid,
      'id.comm': 'sh',
      ...members,
    });
  }

  exec(
    pid: number,
    parent: number,
    path: string,
    args: readonly string[],
    members: RecordValues['members'] = {},
    strings: RecordValues['strings'] = {},
    kind: number = KIND.PROCESS_EXEC,
  ): RecordValues {
    return this.record(
      kind,
      pid,
      {
        'id.parent_tgid': parent,
        'id.parent_start_ns': parent === 0 ? 0 : startOf(parent),
        'id.comm': path.slice(path.lastIndexOf('/') + 1).slice(0, 15),
        'id.loginuid': 0xffffffff,
        'id.exec_count': 1,
        'id.vpid': pid,
        'id.sid': pid,
        'id.pgid': pid,
        'id.vpgid': pid,
        ...members,
      },
      { exe_path: path, filename: path, cwd: '/', args: args.join('\0'), ...strings },
      { arg: 59 },
    );
  }

  /** After setuid, chdir and the like. */
  change(
    pid: number,
    members: RecordValues['members'],
    strings: RecordValues['strings'] = {},
    header: RecordValues['header'] = {},
  ): RecordValues {
    return this.record(
      KIND.PROCESS_CHANGE,
      pid,
      { 'id.sid': pid, 'id.pgid': pid, 'id.vpgid': pid, ...members },
      strings,
      header,
    );
  }

  exit(pid: number, reaper = 0, code = 0): RecordValues {
    return this.record(KIND.PROCESS_EXIT, pid, {
      reaper_tgid: reaper,
      reaper_start_ns: reaper === 0 ? 0 : startOf(reaper),
      exit_code: code,
    });
  }

  open(
    pid: number,
    members: RecordValues['members'],
    strings: RecordValues['strings'],
    arg = 257,
  ): RecordValues {
    return this.record(KIND.FILE_OPEN, pid, { dirfd: -100, ...members }, strings, { arg });
  }

  net(
    kind: number,
    pid: number,
    members: RecordValues['members'],
    strings: RecordValues['strings'] = {},
    arg = 42,
  ): RecordValues {
    return this.record(kind, pid, members, strings, { arg });
  }
}

/** Start of a test's process, boot-clock nanoseconds: beyond 2^53, so that halves and doubles are told apart. */
export const startOf = (pid: number): bigint => (1n << 54n) + BigInt(pid) * 1_000_000_007n;

/** IPv4 as the kernel side writes it: mapped into IPv6. */
export const v4 = (text: string): Uint8Array =>
  Uint8Array.from([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, ...text.split('.').map(Number)]);

export const OFFSET_NS = 1_700_000_000_000_000_000n;

/** The identity stage over written records: no kernel, no /proc. */
export class Stage {
  readonly processes: ProcessTable;
  readonly tracker: ProcessTracker;
  readonly containers = new ContainerTable();
  readonly event: LiveEvent;
  readonly #fields = createLiveFields({ hostname: 'node-1', staticFields: { cluster: 'láb' } });
  readonly #cursor = new BatchCursor();

  constructor(
    options: {
      capacity?: number;
      repair?: ProcessRepair;
      root?: string;
      addresses?: readonly string[];
    } = {},
  ) {
    this.processes = new ProcessTable({ capacity: options.capacity ?? 64 });
    this.tracker = new ProcessTracker(this.processes, {
      ...(options.repair ? { repair: options.repair } : {}),
      onSeen: (id, path) => {
        this.containers.note(id, path);
      },
    });
    this.containers.note(1, '/user.slice');
    this.event = new LiveEvent({
      processes: this.processes,
      tracker: this.tracker,
      containers: this.containers,
      users: new UserTable({ root: options.root ?? '/nonexistent' }),
      clock: new WallClock(() => ({ bootNs: 0n, wallNs: OFFSET_NS, widthNs: 0n })),
      addresses: new LocalAddresses({ list: () => options.addresses ?? [] }),
    });
  }

  take(...records: readonly RecordValues[]): this {
    for (const values of records) {
      this.#cursor.use(writeRecord(values));
      this.#cursor.move(0);
      this.event.take(this.#cursor);
    }
    return this;
  }

  /** Value of a field of the current event, written as in a rule. */
  field(text: string, place: 'condition' | 'output' = 'condition'): FieldValue {
    const [, name = '', bracket] = /^([^[]+)(?:\[(.*)\])?$/.exec(text) ?? [];
    const split = splitFieldName(name, bracket ?? null);
    if (!split.ok) throw new Error(split.reason);
    const use = { def: split.def, arg: split.arg, text };
    const value = this.#fields.getter(use, place)(this.event);
    const inPlace = this.inPlace(text);
    if (inPlace !== null && inPlace !== value)
      throw new Error(`${text} is ${String(value)}, in the record ${inPlace}`);
    return value;
  }

  /** A field's text where it lies in the current record; null if it does not. */
  inPlace(text: string): string | null {
    const split = splitFieldName(text, null);
    const use = split.ok ? { def: split.def, arg: split.arg, text } : null;
    const find = use && this.#fields.span?.(use);
    const span = { bytes: new Uint8Array(0), start: 0, end: 0 };
    if (!find?.(this.event, span)) return null;
    return Buffer.from(span.bytes.subarray(span.start, span.end)).toString('latin1');
  }

  fields(...names: readonly string[]): Record<string, FieldValue> {
    return Object.fromEntries(names.map((name) => [name, this.field(name)]));
  }
}
