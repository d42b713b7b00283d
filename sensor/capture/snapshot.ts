import { KIND, writeRecord } from '../events/index.js';
import {
  factsToText,
  ORIGIN,
  UNKNOWN_IMAGE,
  type ContainerFacts,
  type Identity,
  type ProcessTable,
} from '../identity/index.js';

/**
 * Control groups and running processes, as records that bring another identity to the same state. They name no thread (tid 0):
 * no event made them.
 */
export function* snapshotRecords({ processes, containers }: Identity): Generator<Uint8Array> {
  for (const [id, path] of containers.removedGroups()) {
    yield groupRecord(id, path);
    yield writeRecord({ kind: KIND.CGROUP_RMDIR, members: { id: BigInt(id) } });
  }
  for (const [id, path] of containers.groups()) yield groupRecord(id, path);
  for (const [id, facts] of containers.facts()) yield containerRecord(id, facts);
  for (const row of rowsOf(processes, true)) yield processRecord(processes, row);
}

/**
 * Processes that have ended and are still remembered (events of theirs may be on their way, sessions are named after them), and
 * those whose program is not known.
 */
export function* shadowRecords({ processes }: Identity): Generator<Uint8Array> {
  for (const row of rowsOf(processes, false)) yield processRecord(processes, row);
}

/** In the order of their starts: of one pid the newest comes last, as it did. */
function rowsOf(table: ProcessTable, plain: boolean): number[] {
  const rows: number[] = [];
  table.forEach((row) => {
    if ((table.isLive(row) && table.image[row] !== null) === plain) rows.push(row);
  });
  return rows.sort(
    (a, b) => table.startHigh[a]! - table.startHigh[b]! || table.startLow[a]! - table.startLow[b]!,
  );
}

/** A control group as the record of its making. */
export function groupRecord(id: number, path: string): Uint8Array {
  return writeRecord({
    kind: KIND.CGROUP_MKDIR,
    members: { id: BigInt(id), level: path === '/' ? 0 : path.split('/').length - 1 },
    strings: { path },
  });
}

/** Longest text of a container's facts: a record has at most 65,535 bytes. */
const FACTS_MAX = 32_768;

/** What a container was made of. */
export function containerRecord(id: string, facts: ContainerFacts): Uint8Array {
  return writeRecord({
    kind: KIND.CONTAINER_FACTS,
    strings: { id, facts: factsToText(facts, FACTS_MAX) },
  });
}

/**
 * A row of the process table as a record of the scan. What came from /proc has no count of execs: 0 says so, for a process that
 * runs a program has made one. The argument is its origin.
 */
export function processRecord(table: ProcessTable, row: number): Uint8Array {
  const image = table.image[row] ?? UNKNOWN_IMAGE;
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
      arg: table.origin[row]!,
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
