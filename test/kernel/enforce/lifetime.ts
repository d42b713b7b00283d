// From the first set of rules to the last, and past the sensor's end.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { findKept, pinDirOf, releaseAllKept } from '../../../sensor/enforce/index.js';
import { cgroupScope, native } from '../../../sensor/kernel/index.js';
import { and, blockRule, compare, egress, ip4, net, str } from '../../support/block-rules.js';
import { openFour, reach, useFour } from '../../support/flows.js';
import { FAR4, type Rig } from '../../support/rig.js';
import { BLOCKED, blockProgram, podIndex, withSensor, type Scenario } from './common.js';
import { startQuietSensor, type TestSensor } from './sensor.js';

export const switchesOff: Scenario = async (rig) => {
  const curl = rig.program('curl');
  const client = await rig.start('curl');
  // A foreign filter beside ours, and what the tools show before.
  rig.sh(
    `tc qdisc add dev pod0 clsact; tc filter add dev pod0 ingress protocol all pref 20 u32 match u32 0 0 flowid 1:1`,
  );
  const shown = (): string =>
    rig.sh(`tc qdisc show dev pod0; tc qdisc show dev world0; tc filter show dev pod0 ingress; tc filter show dev pod0 egress
      bpftool net show | grep -c saker || true; bpftool cgroup show ${rig.scope.path}`);
  const before = shown();
  return withSensor(startQuietSensor(rig.scope), async ({ enforcement }) => {
    enforcement.load([blockProgram(curl)], 1);
    const during = {
      reached: await reach(client, BLOCKED),
      shown: shown(),
      foreign: native().sys.filters(podIndex(), true),
    };
    // Replies change: another machine takes over, and hands back.
    enforcement.load([blockProgram(curl, { reply: 'drop' })], 2);
    const dropped = await client.ask(`open tcp ${FAR4} ${BLOCKED}`);
    enforcement.load([blockProgram(curl)], 3);
    const filters = enforcement.status().interfaces;
    enforcement.off();
    return {
      before,
      during,
      dropped,
      filters,
      after: {
        reached: await reach(client, BLOCKED),
        shown: shown(),
        status: enforcement.status(),
      },
    };
  });
};

/** A sensor by itself, to be killed: a child of ours in the same namespaces. Back when its rule is in force. */
async function startChild(
  rig: Rig,
  path: string,
  onExit: 'release' | 'keep',
): Promise<ChildProcess> {
  const child = spawn(
    process.execPath,
    [
      ...process.execArgv,
      fileURLToPath(new URL('./scenarios.ts', import.meta.url)),
      '--sensor',
      rig.scope.path,
      path,
      onExit,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  await once(child.stdout, 'data');
  return child;
}

/** What `startChild` starts. */
export function sensorChild(cgroup: string, path: string, onExit: 'release' | 'keep'): void {
  const { enforcement } = startQuietSensor(cgroupScope(cgroup), { onExit, pinDir: PIN_DIR });
  enforcement.load([blockProgram(path)], 1);
  setInterval(() => {}, 1000); // until we are killed
  process.stdout.write('ready\n');
}

export const survives: Scenario = async (rig) => {
  const curl = rig.program('curl');
  const client = await rig.start('curl');
  const child = await startChild(rig, curl, 'release');
  const blocked = await reach(client, BLOCKED);
  const left = (): number =>
    native()
      .sys.filters(podIndex(), true)
      .filter(({ name }) => name.startsWith('saker')).length;
  child.kill('SIGKILL');
  await once(child, 'exit');
  const filtersLeft = left();
  await sleep(10_000);
  const released = await reach(client, BLOCKED);
  // The next start removes what the kernel could not.
  startQuietSensor(rig.scope).close();
  return {
    blocked,
    released,
    filtersLeft,
    filtersAfterStart: left(),
    qdiscs: rig.sh('tc qdisc show dev pod0'),
  };
};

const PIN_DIR = pinDirOf('/run/saker-test.d');

/** on_exit: keep. Blocks outlive the sensor; the next one takes over; then there is nobody, and they are released by hand. */
export const keeps: Scenario = async (rig) => {
  rig.sh('mount -t bpf bpf /sys/fs/bpf'); // in our mount namespace: it goes with us
  const curl = rig.program('curl');
  rig.program('wget');
  const [client, other] = [await rig.start('curl'), await rig.start('wget')];
  const old = await rig.start('curl');
  await openFour(old, BLOCKED);
  const tcx = (): number => {
    try {
      return native().bpf.tcxPrograms(podIndex(), true).length;
    } catch {
      return 0; // before 6.6: filters instead
    }
  };
  /** The kernel takes off what is not pinned any more a moment later (it is inert by then). */
  const attached = async (): Promise<string> => {
    await sleep(300);
    const shown =
      rig.sh(`tc qdisc show dev pod0; tc filter show dev pod0 ingress | grep -c saker || true
        bpftool cgroup show ${rig.scope.path} | awk 'NR > 1 { print $2, $NF }' | sort`);
    return `tcx ${tcx()}\n${shown}`;
  };
  const before = await attached();
  const child = await startChild(rig, curl, 'keep');
  const first = await attached();
  child.kill('SIGKILL');
  await once(child, 'exit');
  await sleep(7_000); // a heartbeat of 5 s has long run out
  const alone = {
    running: await reach(client, BLOCKED),
    fresh: await reach(await rig.start('curl'), BLOCKED),
    live: await useFour(old),
    other: await reach(other, BLOCKED),
    held: findKept(PIN_DIR).map(({ held }) => held),
  };

  // A program that dials all the time, while the next sensor starts.
  const going = `${curl}.going`;
  writeFileSync(going, '');
  const dialling = spawn(
    'bash',
    [
      '-c',
      `echo $$ > ${rig.scope.path}/cgroup.procs
       while [ -e ${going} ]; do echo "try udp ${FAR4} ${BLOCKED}"; done | nsenter -t ${rig.podPid} -n ${curl}`,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const answers = new Map<string, number>();
  createInterface({ input: dialling.stdout }).on('line', (line) => {
    answers.set(line, (answers.get(line) ?? 0) + 1);
  });
  await sleep(500);
  const next = startQuietSensor(rig.scope, { onExit: 'keep', pinDir: PIN_DIR });
  next.enforcement.load([blockProgram('/nowhere'), blockProgram(curl)], 1);
  const taken = {
    attached: await attached(),
    held: findKept(PIN_DIR).map(({ held }) => held),
  };
  await sleep(500);
  rmSync(going);
  await once(dialling, 'close');
  const { pinned } = next.enforcement.status();
  next.close();
  const left = await reach(client, BLOCKED);

  // One whose configuration says release takes over, too.
  const releasing = startQuietSensor(rig.scope, { pinDir: PIN_DIR });
  releasing.enforcement.load([blockProgram(curl)], 1);
  const third = {
    reached: await reach(client, BLOCKED),
    kept: findKept(PIN_DIR),
    attached: await attached(),
  };
  releasing.close();
  const afterThird = { reached: await reach(client, BLOCKED), attached: await attached() };

  const last = startQuietSensor(rig.scope, { onExit: 'keep', pinDir: PIN_DIR });
  last.enforcement.load([blockProgram(curl)], 1);
  last.close();
  const again = await reach(client, BLOCKED);
  const released = releaseAllKept(PIN_DIR);
  return {
    before,
    first,
    alone,
    answers: [...answers.keys()],
    dialled: [...answers.values()].reduce((sum, count) => sum + count, 0),
    taken,
    pinned,
    left,
    third,
    afterThird,
    again,
    released,
    end: {
      reached: await reach(client, BLOCKED),
      attached: await attached(),
      kept: findKept(PIN_DIR),
    },
  };
};

/** What takes from rules that enforce is said, of the rules it takes from, and as long as it does. */
export const falters: Scenario = async (rig) => {
  const curl = rig.program('curl');
  const [old, client] = [await rig.start('curl'), await rig.start('curl')];
  await openFour(old, BLOCKED);
  const byProgram = blockProgram(curl);
  const byAddress = blockRule(
    'no such address',
    and(egress, compare('fd.rip', '=', net(ip4('192.0.2.1')))),
  );
  const byContainer = blockRule(
    'no container',
    and(egress, compare('container.id', '!=', str('host'))),
  );
  const rules = [byProgram, byAddress, byContainer];
  const states = ({ enforcement }: TestSensor): unknown =>
    enforcement.status().rules.map(({ state, reasons }) => [state, ...reasons].join(': '));
  const run = <T>(
    options: Parameters<typeof startQuietSensor>[1],
    body: (sensor: TestSensor) => Promise<T>,
  ): Promise<T> =>
    withSensor(startQuietSensor(rig.scope, options), async (sensor) => {
      sensor.enforcement.load(rules, 1);
      return body(sensor);
    });

  const oldKernel = await run(
    { abilities: [{ setRetval: false, seed: false }] },
    async (sensor) => ({
      states: states(sensor),
      fresh: await client.ask(`try tcp ${FAR4} ${BLOCKED}`),
      live: await useFour(old),
    }),
  );
  const interfaces = await run({ interfaces: ['up0'] }, async (sensor) => {
    const without = states(sensor);
    rig.sh('ip link add up0 type veth peer name up1');
    await sleep(500);
    return { without, with: states(sensor) };
  });
  const processes = await run({ maxProcesses: 1 }, async (sensor) => {
    const full = states(sensor);
    old.stop();
    await sleep(3_000);
    return { full, room: states(sensor) };
  });
  const containers = await run({ maxContainerGroups: 1 }, async (sensor) => {
    rig.group(`docker-${'a'.repeat(64)}`);
    const room = states(sensor);
    rig.group(`docker-${'b'.repeat(64)}`);
    return { room, full: states(sensor) };
  });
  const heartbeat = await run({ heartbeatSeconds: 1 }, async (sensor) => {
    const well = states(sensor);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2_500);
    await sleep(300);
    return { well, late: states(sensor) };
  });
  const foreign = await run({}, async (sensor) => {
    const well = states(sensor);
    const ahead = await withSensor(startQuietSensor(rig.scope), async (second) => {
      second.enforcement.load([byAddress], 1);
      return states(sensor);
    });
    return { well, ahead, gone: states(sensor) };
  });
  return { oldKernel, interfaces, processes, containers, heartbeat, foreign };
};

export const laterVeths: Scenario = async (rig) => {
  const curl = rig.program('curl');
  return withSensor(startQuietSensor(rig.scope), async ({ enforcement }) => {
    enforcement.load([blockProgram(curl)], 1);
    await rig.start('curl');
    const before = enforcement.status().interfaces.map(({ name }) => name);
    rig.sh(`ip link add later0 type veth peer name eth1 netns ${rig.podPid}; ip link set later0 up
      ip link add other0 type veth peer name other1`);
    let after = before;
    const started = performance.now();
    while (!after.includes('later0') && performance.now() - started < 5000) {
      await sleep(20);
      after = enforcement.status().interfaces.map(({ name }) => name);
    }
    // Whoever is root here can take our program off: it is put back, and meanwhile nothing claims that it is there.
    const tcx = enforcement.status().interfaces.every(({ means }) => means === 'tcx');
    const programs = (): readonly number[] => native().bpf.tcxPrograms(podIndex(), true);
    const stands = (): boolean =>
      tcx ? programs().length === 1 : native().sys.filters(podIndex(), true).length === 1;
    const stood = stands();
    if (tcx) {
      const links = JSON.parse(rig.sh('bpftool -j link show')) as { id: number; prog_id: number }[];
      const { id } = links.find(({ prog_id: of }) => programs().includes(of))!;
      rig.sh(`bpftool link detach id ${id}`);
    } else {
      rig.sh('tc filter del dev pod0 ingress');
    }
    const fell = !stands();
    for (let tries = 0; !stands() && tries < 100; tries++) await sleep(100);
    return { before, interfaces: after, stood, fell, back: stands() };
  });
};

/** Processes that are born while sets are swapped: none may be unjudged or judged by a mixture of sets. */
export const reloads: Scenario = async (rig) => {
  const curl = rig.program('curl');
  return withSensor(startQuietSensor(rig.scope), async ({ enforcement }) => {
    enforcement.load([blockProgram(curl)], 1);
    const script = `echo $$ > ${rig.scope.path}/cgroup.procs
      for i in $(seq 300); do echo "try tcp ${FAR4} ${BLOCKED}" | nsenter -t ${rig.podPid} -n ${curl}; done`;
    const child = spawn('bash', ['-c', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    let out = '';
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString();
    });
    const ended = once(child, 'close');
    let generation = 1;
    let running = true;
    void ended.then(() => {
      running = false;
    });
    while (running) {
      // Rules before it move the clause, so a mixture of two sets would show.
      const others = Array.from({ length: generation % 5 }, (_, i) =>
        blockProgram(`/nowhere/${i}`),
      );
      enforcement.load([...others, blockProgram(curl)], ++generation);
      await sleep(5);
    }
    const answers = out.trim().split('\n');
    return {
      generations: generation,
      answers: answers.length,
      refused: answers.filter((answer) => answer === '111').length,
      counters: enforcement.status().counters,
    };
  });
};
