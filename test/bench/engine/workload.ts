import { FLAG, KIND, writeBatch, type RecordValues } from '../../../sensor/events/index.js';

/** System-call numbers of x86-64: records are made, not observed, so any one ABI does. */
const CALL = { open: 2, openat: 257, connect: 42, sendto: 44, execve: 59 } as const;

const O_WRONLY = 1;
const O_CLOEXEC = 0o2000000;
const FILE_PATHS = 10_000;
const PROCESSES = 400;

/**
 * A batch in the mix that speed is claimed for: of each ten events five open a file (10,000 distinct paths, one in five for
 * write), two execute a program with a command line of 200 bytes, two connect, one is something else. The same for every run.
 *
 * @param events - Rounded down to a multiple of ten. A fork record stands before them for each process.
 */
export function makeWorkload(events: number): {
  readonly bytes: Uint8Array;
  readonly events: number;
} {
  const random = makeRandom(42);
  const records: RecordValues[] = [];
  let clock = 1_000_000_000_000n;
  const header = (process: number, arg: number) => ({
    ts_ns: (clock += 1000n),
    start_ns: 900_000_000_000n + BigInt(process),
    cgroup_id: 4000 + (process % 50),
    tgid: 1000 + process,
    tid: 1000 + process,
    uid: process % 3 === 0 ? 0 : 1000,
    arg,
    cpu: process % 8,
  });
  const identity = (process: number) => ({
    'id.parent_start_ns': 900_000_000_000n + BigInt(process >> 1),
    'id.parent_tgid': 1000 + (process >> 1),
    'id.uid': 1000,
    'id.euid': 1000,
    'id.vpid': 1000 + process,
    'id.sid': 1000,
    'id.loginuid': 4294967295,
    'id.comm': COMMS[process % COMMS.length]!,
  });
  const exec = (process: number): RecordValues => ({
    kind: KIND.PROCESS_EXEC,
    header: header(process, CALL.execve),
    members: { ...identity(process), exe_ino: 77, exe_mode: 0o755 },
    strings: {
      exe_path: `/usr/bin/${COMMS[process % COMMS.length]!}`,
      filename: `/usr/bin/${COMMS[process % COMMS.length]!}`,
      cwd: '/srv/app',
      args: commandLine(process, random),
    },
  });
  for (let process = 0; process < PROCESSES; process++) {
    records.push({
      kind: KIND.PROCESS_FORK,
      header: header(process, 0),
      members: identity(process),
    });
    records.push(exec(process));
  }
  const other: readonly ((process: number) => RecordValues)[] = [
    (process) => ({
      kind: KIND.NET_SEND,
      header: header(process, CALL.sendto),
      members: { ...ends(random), ret: 64, fd: 7, family: 2, type: 2, protocol: 17, bytes: 64 },
    }),
    (process) => ({
      kind: KIND.FILE_OPEN,
      header: { ...header(process, CALL.open), flags: FLAG.CLAIM },
      members: { ret: -2, open_flags: O_CLOEXEC, dirfd: -100 },
      strings: { name: filePath(random()) },
    }),
    (process) => ({
      kind: KIND.PROCESS_EXEC_FAILED,
      header: header(process, CALL.execve),
      members: { ret: -2 },
      strings: { filename: '/usr/local/bin/nothing', args: 'nothing' },
    }),
  ];
  const first = records.length;
  const tens = Math.floor(events / 10);
  for (let ten = 0; ten < tens; ten++) {
    const pick = () => Math.floor(random() * PROCESSES);
    for (let i = 0; i < 5; i++) {
      const write = i === 0 ? O_WRONLY : 0;
      records.push({
        kind: KIND.FILE_OPEN,
        header: header(pick(), CALL.openat),
        members: { ret: 3 + i, ino: 1234, open_flags: write | O_CLOEXEC, dirfd: -100 },
        strings: { path: filePath(random()) },
      });
    }
    for (let i = 0; i < 2; i++) records.push(exec(pick()));
    for (let i = 0; i < 2; i++) {
      records.push({
        kind: KIND.NET_CONNECT,
        header: header(pick(), CALL.connect),
        members: {
          ...ends(random),
          ret: -115,
          fd: 5,
          family: 2,
          addr_family: 2,
          type: 1,
          protocol: 6,
        },
      });
    }
    records.push(other[ten % other.length]!(pick()));
  }
  return { bytes: writeBatch(records), events: records.length - first + 2 * PROCESSES };
}

const COMMS = [
  'node',
  'python3',
  'postgres',
  'redis-server',
  'java',
  'containerd',
  'dockerd',
  'git',
  'make',
  'cc1',
  'ld',
  'cat',
  'grep',
  'sed',
  'sshd',
  'cron',
  'systemd',
  'runc',
  'curl',
  'npm',
];
const FOLDERS = [
  '/usr/lib/x86_64-linux-gnu',
  '/usr/share/zoneinfo',
  '/proc/self',
  '/sys/fs/cgroup/system.slice',
  '/var/lib/postgresql/15/main/base',
  '/srv/app/node_modules/package/lib',
  '/home/me/project/src',
  '/tmp/build-1',
  '/var/log/app',
  '/etc/ssl/certs',
];

function filePath(at: number): string {
  const n = Math.floor(at * FILE_PATHS);
  return `${FOLDERS[n % FOLDERS.length]!}/file-${n}.so.1`;
}

function commandLine(process: number, random: () => number): string {
  const words = [COMMS[process % COMMS.length]!];
  for (let length = 0; length < 180;) {
    const word = `--option-${Math.floor(random() * 1000)}=/srv/value`;
    words.push(word);
    length += word.length + 1;
  }
  return words.join('\0');
}

function ends(random: () => number) {
  const mapped = (last: number): Uint8Array =>
    Uint8Array.from([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 10, 0, last >> 8, last & 255]);
  return {
    local_addr: mapped(2),
    remote_addr: mapped(Math.floor(random() * 65_536)),
    local_port: 32_768 + Math.floor(random() * 20_000),
    remote_port: [443, 80, 5432, 6379, 8080][Math.floor(random() * 5)]!,
  };
}

/** Numbers from 0 to 1, the same at each run (mulberry32). */
export function makeRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
