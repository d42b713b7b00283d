import { KIND, writeRecord } from '../events/index.js';
import { ORIGIN, type Identity, type ProcessTable } from '../identity/index.js';

/**
 * Everything identity knows, as records that bring another identity to the same state: control groups first, then running
 * processes. They name no thread (tid 0): no event made them.
 */
export function* snapshotRecords({ processes, containers }: Identity): Generator<Uint8Array> {
  for (const [id, path] of containers.groups()) yield groupRecord(id, path);
  const rows: number[] = [];
  processes.forEachLive((row) => rows.push(row));
  for (const row of rows) if (processes.image[row] !== null) yield processRecord(processes, row);
}

/** A control group as the record of its making. */
export function groupRecord(id: number, path: string): Uint8Array {
  return writeRecord({
    kind: KIND.CGROUP_MKDIR,
    members: { id: BigInt(id), level: path === '/' ? 0 : path.split('/').length - 1 },
    strings: { path },
  });
}

/**
 * A row of the process table as a record of the scan. What came from /proc has no count of execs: 0 says so, for a process that
 * runs a program has made one.
 */
export function processRecord(table: ProcessTable, row: number): Uint8Array {
  const image = table.image[row]!;
  const cwd = table.cwd[row]!;
  const args = image.args === null ? image.exe : `${image.exe}\0${image.args}`;
  return writeRecord({
    kind: KIND.PROCESS_SEEN,
    header: {
      ts_ns: BigInt(table.imageNs[row]!),
      start_ns: wide(table.startHigh[row]!, table.startLow[row]!),
      cgroup_id: BigInt(table.cgroupId[row]!),
      tgid: table.pid[row]!,
      uid: table.euid[row]!,
    },
    members: {
      'id.parent_start_ns': wide(table.parentStartHigh[row]!, table.parentStartLow[row]!),
      'id.parent_tgid': table.parentPid[row]!,
      'id.pidns_start_ns': wide(table.pidnsStartHigh[row]!, table.pidnsStartLow[row]!),
      'id.cap_inheritable': capability(table.capInheritable, row),
      'id.cap_permitted': capability(table.capPermitted, row),
      'id.cap_effective': capability(table.capEffective, row),
      'id.exec_count': table.origin[row] === ORIGIN.records ? table.execCount[row]! : 0,
      'id.uid': table.euid[row]!,
      'id.gid': table.egid[row]!,
      'id.euid': table.euid[row]!,
      'id.egid': table.egid[row]!,
      'id.loginuid': table.loginuid[row]!,
      'id.vpid': table.vpid[row]!,
      'id.sid': table.sid[row]!,
      'id.pgid': table.pgid[row]!,
      'id.vpgid': table.vpgid[row]!,
      'id.tty': table.tty[row]!,
      'id.pid_ns': table.pidNs[row]!,
      'id.mnt_ns': table.mntNs[row]!,
      'id.comm': (table.comm[row] ?? '').slice(0, 15),
      exe_ino: BigInt(image.exeIno),
      exe_ctime_ns: image.ctimeNs,
      exe_mtime_ns: image.mtimeNs,
      exe_dev: image.exeDev,
      exe_flags: image.exeFlags,
    },
    strings: {
      ...(image.exePath === '' ? {} : { exe_path: image.exePath }),
      ...(image.filename === null ? {} : { filename: image.filename }),
      ...(cwd === null ? {} : { cwd }),
      ...(image.exe === '' && image.args === null ? {} : { args }),
      ...(image.env === null ? {} : { env: image.env }),
    },
  });
}

function wide(high: number, low: number): bigint {
  return (BigInt(high) << 32n) | BigInt(low);
}

function capability(halves: Uint32Array, row: number): bigint {
  return wide(halves[2 * row + 1]!, halves[2 * row]!);
}
