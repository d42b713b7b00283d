import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { makeCgroup, type Cgroup } from '../../support/cgroup.js';
import { startDaemon } from '../../support/daemon.js';
import { mustExec, projectRoot, thisMachine } from '../../support/place.js';
import { buildPrograms } from '../../support/programs.js';
import { formatRatio, spread } from '../spread.js';

const ROUNDS = 7;
const BATCHES = 150;
const kinds = ['getpid', 'open', 'connect', 'exec'] as const;
type Kind = (typeof kinds)[number];
type Costs = Record<Kind, number>;

const host = thisMachine();
const folder = `${projectRoot}/build/bench`;

/**
 * Three states one after the other, round by round: nothing attached; programs that do nothing on the hooks of the system-call
 * plan; the sensor with the shipped rules, its cgroup that of the callers. Each round gives a ratio, so that a machine that is
 * busier for a while weighs on both sides.
 */
export async function benchCalls(): Promise<void> {
  buildPrograms();
  await mustExec(host, 'make -s -C test/bench/calls', { timeoutMs: 60_000 });
  const cgroup = await makeCgroup(host);
  const rounds: { readonly nothing: Costs; readonly empty: Costs; readonly sensor: Costs }[] = [];
  try {
    for (let round = 0; round < ROUNDS; round++) {
      rounds.push({
        nothing: await measure(cgroup),
        empty: await withEmptyPrograms(() => measure(cgroup)),
        sensor: await withSensor(cgroup, () => measure(cgroup)),
      });
    }
  } finally {
    await cgroup.remove();
  }
  console.log(
    `${'call'.padEnd(10)}${'alone, ns'.padEnd(12)}${'empty programs'.padEnd(22)}sensor   (ratio to alone: median, least–greatest of ${ROUNDS})`,
  );
  for (const kind of kinds) {
    const alone = spread(rounds.map((r) => r.nothing[kind])).median;
    const ratio = (state: 'empty' | 'sensor') =>
      formatRatio(spread(rounds.map((r) => r[state][kind] / r.nothing[kind])));
    console.log(
      `${kind.padEnd(10)}${alone.toFixed(0).padEnd(12)}${ratio('empty').padEnd(22)}${ratio('sensor')}`,
    );
  }
}

async function measure(cgroup: Cgroup): Promise<Costs> {
  const script = kinds.map((kind) => `${folder}/calls ${kind} ${BATCHES}`).join('\n');
  const out = await mustExec(host, cgroup.inside(script), { timeoutMs: 60_000 });
  const costs = out.trim().split('\n').map(Number);
  return Object.fromEntries(kinds.map((kind, i) => [kind, costs[i] ?? NaN])) as Costs;
}

async function withEmptyPrograms<T>(work: () => Promise<T>): Promise<T> {
  const holder = spawn(`${folder}/empty`, [`${folder}/empty.bpf.o`], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  await once(holder.stdout, 'data');
  try {
    return await work();
  } finally {
    holder.stdin.end();
    await once(holder, 'close');
  }
}

async function withSensor<T>(cgroup: Cgroup, work: () => Promise<T>): Promise<T> {
  const daemon = await startDaemon(host, { cgroup: cgroup.path });
  try {
    return await work();
  } finally {
    await daemon.remove();
  }
}
