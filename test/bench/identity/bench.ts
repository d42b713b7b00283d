import { PerformanceObserver } from 'node:perf_hooks';
import { setImmediate as breathe } from 'node:timers/promises';
import { WallClock } from '../../../sensor/core/index.js';
import { KIND, RecordWalk, writeBatch, type RecordValues } from '../../../sensor/events/index.js';
import { Identity } from '../../../sensor/identity/index.js';
import { findField } from '../../../sensor/lang/fields/index.js';

const PROCESSES = 100_000;
const CHURN = 200_000;
const BATCH = 500;

/** `perf_hooks` constants. */
const KINDS: Readonly<Record<number, string>> = { 1: 'young', 4: 'old', 8: 'step', 16: 'weak' };

let clockNs = 1_000_000_000_000n;
const startOf = (pid: number): bigint => 1_000_000_000n + BigInt(pid) * 1_000n;
const HEADER = (pid: number): RecordValues['header'] => ({
  ts_ns: (clockNs += 50_000n),
  start_ns: startOf(pid),
  tgid: pid,
  tid: pid,
  cgroup_id: 1 + (pid % 200),
  uid: pid % 50,
  arg: 59,
});

function fork(pid: number, parent: number): RecordValues {
  return {
    kind: KIND.PROCESS_FORK,
    header: HEADER(pid)!,
    members: {
      'id.parent_tgid': parent,
      'id.parent_start_ns': startOf(parent),
      'id.exec_count': 1,
      'id.comm': 'bash',
    },
  };
}

function exec(pid: number, parent: number): RecordValues {
  const program = `/usr/lib/app-${pid % 300}/bin/worker-${pid % 37}`;
  const args = [`worker`, `--id=${pid}`, `--config=/etc/app/${pid % 1000}.yaml`, 'x'.repeat(100)];
  return {
    kind: KIND.PROCESS_EXEC,
    header: HEADER(pid)!,
    members: {
      'id.parent_tgid': parent,
      'id.parent_start_ns': startOf(parent),
      'id.exec_count': 1,
      'id.vpid': pid,
      'id.sid': parent,
      'id.comm': `worker-${pid % 37}`,
    },
    strings: {
      exe_path: program,
      filename: program,
      cwd: `/srv/app/${pid % 500}`,
      args: args.join('\0'),
    },
  };
}

const exit = (pid: number): RecordValues => ({
  kind: KIND.PROCESS_EXIT,
  header: HEADER(pid)!,
  members: { reaper_tgid: 1, reaper_start_ns: startOf(1) },
});

const open = (pid: number): RecordValues => ({
  kind: KIND.FILE_OPEN,
  header: { ...HEADER(pid)!, arg: 257 },
  members: { ret: 3 },
  strings: { path: `/etc/conf.d/${pid % 5000}` },
});

/** Records in batches, as the reader hands them over. Encoded before anything is measured. */
function encode(records: Iterable<RecordValues>): Uint8Array[] {
  const batches: Uint8Array[] = [];
  let pending: RecordValues[] = [];
  for (const record of records) {
    pending.push(record);
    if (pending.length === BATCH) {
      batches.push(writeBatch(pending));
      pending = [];
    }
  }
  if (pending.length > 0) batches.push(writeBatch(pending));
  return batches;
}

function* population(): Generator<RecordValues> {
  yield exec(1, 0);
  for (let pid = 2; pid <= PROCESSES; pid++) {
    const parent = Math.max(1, Math.floor(pid / 3));
    yield fork(pid, parent);
    yield exec(pid, parent);
  }
}

/** Processes come and go while the 100,000 stay: fork, exec, an open, exit. */
function* churn(): Generator<RecordValues> {
  for (let i = 0; i < CHURN / 4; i++) {
    const pid = PROCESSES + 1 + i;
    const parent = 1 + ((i * 7919) % PROCESSES);
    yield fork(pid, parent);
    yield exec(pid, parent);
    yield open(pid);
    yield exit(pid);
  }
}

function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

/** The process table with 100,000 processes: cost of a record, memory, and how long anything stalls the thread. */
export async function benchIdentity(): Promise<void> {
  const pauses: { readonly kind: string }[] = [];
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      const { kind = 0 } = (entry as { detail?: { kind?: number } }).detail ?? {};
      pauses.push({ kind: KINDS[kind] ?? String(kind) });
    }
  });
  const clock = new WallClock(() => ({ bootNs: 0n, wallNs: 0n, widthNs: 0n }));
  const births = encode(population());
  const life = encode(churn());
  const gc = (globalThis as { gc?: () => void }).gc;

  gc?.();
  const before = process.memoryUsage();
  const identity = new Identity({ clock });
  const walk = new RecordWalk();
  const uses = ['proc.aname', 'proc.cmdline', 'proc.aexepath', 'user.uid', 'container.id'];
  const getters = uses.map((text) => {
    const def = findField(text);
    if (!def) throw new Error(text);
    return identity.fields.getter({ def, arg: null, text });
  });
  observer.observe({ entryTypes: ['gc'] });

  let disturbed = 0;
  const settle = async (): Promise<void> => {
    gc?.();
    await breathe();
    observer.takeRecords();
    pauses.length = 0;
  };
  const run = async (batches: readonly Uint8Array[], ask: boolean): Promise<number[]> => {
    const times: number[] = [];
    disturbed = 0;
    for (const batch of batches) {
      const switches = process.resourceUsage().involuntaryContextSwitches;
      const from = performance.now();
      walk.each(batch, batch.length, (record) => {
        const event = identity.take(record);
        if (event === null) return;
        if (ask) for (const get of getters) get(event);
        identity.done(record);
      });
      const time = performance.now() - from;
      // Whom the scheduler interrupted tells of the machine's load, not of us.
      if (process.resourceUsage().involuntaryContextSwitches === switches) times.push(time);
      else disturbed++;
      await breathe();
    }
    return times;
  };
  const report = (what: string, times: readonly number[]): void => {
    const sorted = times.toSorted((a, b) => a - b);
    const total = sorted.reduce((sum, time) => sum + time, 0);
    const counts = new Map<string, number>();
    for (const { kind } of pauses) counts.set(kind, (counts.get(kind) ?? 0) + 1);
    console.log(
      `${what}: ${((total * 1e6) / (times.length * BATCH)).toFixed(0)} ns a record; a batch of ${BATCH} with its garbage collection: ` +
        `p50 ${percentile(sorted, 0.5).toFixed(2)} ms, p99 ${percentile(sorted, 0.99).toFixed(2)} ms, worst ${percentile(sorted, 1).toFixed(2)} ms ` +
        `(${disturbed} of ${times.length + disturbed} left out: preempted); ` +
        `pauses: ${[...counts].map(([kind, count]) => `${count} ${kind}`).join(', ') || 'none'}`,
    );
    pauses.length = 0;
  };

  report(`filling with ${PROCESSES} processes`, await run(births, false));
  await settle();
  const after = process.memoryUsage();
  const mib = (bytes: number): string => (bytes / 2 ** 20).toFixed(1);
  console.log(
    `memory: ${mib(after.heapUsed - before.heapUsed)} MiB heap, ${mib(after.arrayBuffers - before.arrayBuffers)} MiB columns`,
  );
  report('fork, exec, open, exit', await run(life, false));
  const again = encode(churn());
  await settle();
  report('the same, five fields asked', await run(again, true));
  observer.disconnect();
  console.log(JSON.stringify(identity.stats().processes));
}
