import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from '@jest/globals';
import { WallClock, createLogger } from '../../../sensor/core/index.js';
import { checkBlockRule } from '../../../sensor/app/check-action.js';
import { replay, type ReplaySummary } from '../../../sensor/app/capture/replay.js';
import { CaptureRecorder, readCapture, type CaptureItem } from '../../../sensor/capture/index.js';
import { writeBatch, type RecordValues } from '../../../sensor/events/index.js';
import { loadRules, renderText, type Rule } from '../../../sensor/lang/index.js';
import type { Alert } from '../../../sensor/spool/index.js';
import { Kernel, OFFSET_NS } from '../identity/records.js';

export const logger = createLogger({ level: 'error', format: 'text' });

/** A folder of the test file's own. */
export const folder = mkdtempSync(join(tmpdir(), 'saker-capture-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

let count = 0;
export const freshPath = (): string => join(folder, `${++count}.skr`);

/** A host's file system as far as identity reads it. */
export function fakeHost(): string {
  const root = mkdtempSync(join(folder, 'host-'));
  mkdirSync(join(root, 'sys/fs/cgroup'), { recursive: true });
  mkdirSync(join(root, 'proc/1'), { recursive: true });
  mkdirSync(join(root, 'etc'));
  writeFileSync(
    join(root, 'proc/1/mountinfo'),
    '30 25 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n',
  );
  writeFileSync(
    join(root, 'etc/passwd'),
    'root:x:0:0::/root:/bin/sh\nada:x:1000:1000::/h:/bin/sh\n',
  );
  writeFileSync(join(root, 'etc/group'), 'root:x:0:\n');
  return root;
}

export interface RecordingOptions {
  readonly path: string;
  readonly root?: string;
  readonly existing?: 'refuse' | 'append' | 'overwrite';
  readonly maxBytes?: number;
  readonly files?: number;
  /** Nanoseconds since the epoch minus nanoseconds since boot. */
  readonly offsetNs?: () => bigint;
}

export function recorder(options: RecordingOptions): CaptureRecorder {
  const wallNs = options.offsetNs ?? (() => OFFSET_NS);
  return new CaptureRecorder({
    producer: 'a test',
    capture: {
      path: options.path,
      maxBytes: options.maxBytes ?? 1 << 30,
      files: options.files ?? 1,
      existing: options.existing ?? 'refuse',
    },
    identity: {
      hostRoot: options.root ?? fakeHost(),
      cgroup: null,
      hostname: 'node-7',
      clock: new WallClock(() => ({ bootNs: 0n, wallNs: wallNs(), widthNs: 0n })),
      capacity: 256,
    },
  });
}

/** A capture of these batches, closed. */
export function record(
  batches: readonly (readonly RecordValues[])[],
  options: Partial<RecordingOptions> = {},
): string {
  const path = options.path ?? freshPath();
  const its = recorder({ ...options, path });
  its.begin(new Uint8Array(0));
  for (const batch of batches) {
    const bytes = writeBatch(batch);
    its.take(bytes, bytes.length);
  }
  its.close();
  return path;
}

/** Everything a capture holds; records copied. */
export function itemsOf(path: string): CaptureItem[] {
  return [...readCapture(path)].map((item) =>
    item.kind === 'records' ? { ...item, bytes: item.bytes.slice() } : item,
  );
}

export function rulesOf(text: string): readonly Rule[] {
  const files = [{ name: 'rules.yaml', text }];
  const result = loadRules(files, { checkAction: checkBlockRule });
  if (!result.ok) throw new Error(renderText(result.diagnostics, files, { color: false }));
  return result.ruleSet.rules;
}

/** Tells of every event, with fields of all parts. */
export const EVERY_EVENT = rulesOf(`
- rule: Open
  desc: Every open.
  condition: evt.type in (open, openat, openat2, creat)
  output: >
    %evt.num %evt.type %fd.name %proc.name %proc.exepath %proc.cmdline %proc.pname %proc.pcmdline %proc.aname[2]
    %proc.cwd %proc.tty %user.name %user.uid %container.id %evt.hostname %proc.pid %proc.ppid %proc.sname
  priority: NOTICE
- rule: Other
  desc: Everything else.
  condition: evt.type in (execve, clone, procexit, connect, bind, sendto, sendmsg)
  output: "%evt.num %evt.type %evt.args %fd.name %proc.cmdline %proc.pcmdline %proc.is_exe_upper_layer %user.name"
  priority: NOTICE
`);

export async function replayed(
  paths: readonly string[],
  rules: readonly Rule[] = EVERY_EVENT,
): Promise<{ readonly alerts: Alert[]; readonly summary: ReplaySummary }> {
  const alerts: Alert[] = [];
  const summary = await replay({
    paths,
    rules: { rules, matching: 'all' },
    onAlert: (alert) => alerts.push(alert),
    capacity: 256,
    logger,
  });
  return { alerts, summary };
}

/** What an alert says, without what is made anew each time. */
export const said = ({ timeNs, rule, message, fields, hostname }: Alert): unknown => ({
  timeNs,
  rule,
  message,
  fields,
  hostname,
});

/** A shell that was started, opens a file, starts a program that opens another and ends. */
export function session(kernel = new Kernel()): RecordValues[] {
  return [
    kernel.exec(100, 0, '/sbin/init', ['init']),
    kernel.fork(200, 100, { 'id.exec_count': 1, 'id.comm': 'init' }),
    kernel.exec(200, 100, '/usr/bin/bash', ['bash', '-l'], { 'id.exec_count': 2 }),
    kernel.open(200, { ret: 3 }, { path: '/etc/passwd' }),
    kernel.fork(300, 200, { 'id.exec_count': 2, 'id.comm': 'bash' }),
    kernel.exec(300, 200, '/usr/bin/cat', ['cat', '/etc/shadow'], { 'id.exec_count': 3 }),
    kernel.open(300, { ret: 3 }, { path: '/etc/shadow' }),
    kernel.exit(300, 200),
  ];
}
