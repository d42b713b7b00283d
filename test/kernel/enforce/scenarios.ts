// What enforcement must do, played with real packets: `scenarios.ts NAME…`, in a network namespace of its own (unshare -n),
// prints what happened as JSON. enforce.test.ts says what should have.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import {
  findKept,
  judge,
  pinDirOf,
  releaseAllKept,
  type Flow,
  type NetVerdict,
} from '../../../sensor/enforce/index.js';
import { identifyCgroup } from '../../../sensor/identity/index.js';
import { cgroupId, native } from '../../../sensor/kernel/index.js';
import {
  and,
  blockRule,
  compare,
  egress,
  int,
  ip4,
  net,
  not,
  randomFlow,
  randomFrom,
  randomRules,
  str,
  type World,
} from '../../support/block-rules.js';
import { openFour, reach, useFour } from '../../support/flows.js';
import { tell } from '../../support/play.js';
import { FAR4, FAR6, makeRig, type Rig, type Talker } from '../../support/rig.js';
import { startQuietSensor, startSensor, type TestSensor } from './sensor.js';

const BLOCKED = 7001;
const FREE = 7002;

type Scenario<T = unknown> = (rig: Rig) => Promise<T>;

const blockProgram = (path: string, action = {}) =>
  blockRule(
    'no such program',
    and(egress, compare('proc.exepath', '=', str(path)), compare('fd.rport', '=', int(BLOCKED))),
    action,
  );

const withSensor = async <T>(
  sensor: TestSensor,
  body: (sensor: TestSensor) => Promise<T>,
): Promise<T> => {
  try {
    return await body(sensor);
  } finally {
    sensor.close();
  }
};

/** Verdicts as plain data: bigints as text, what differs from run to run left out. */
const plain = ({
  layer,
  outcome,
  mode,
  protocol,
  remoteAddress,
  remotePort,
  pid,
  count,
}: NetVerdict) => ({
  layer,
  outcome,
  mode,
  protocol,
  remoteAddress,
  remotePort,
  pid,
  count: Number(count),
});

const refuses: Scenario = async (rig) => {
  const curl = rig.program('curl');
  rig.program('wget');
  const [old, client, other] = [
    await rig.start('curl'),
    await rig.start('curl'),
    await rig.start('wget'),
  ];
  const before = await openFour(old, BLOCKED);
  return withSensor(startSensor(rig.scope), async ({ enforcement, verdicts }) => {
    enforcement.load([blockProgram('/nowhere')], 1);
    const between = await rig.start('curl');
    const opened = await openFour(between, BLOCKED);
    const fresh = await rig.start('curl');
    enforcement.load([blockProgram(curl)], 2);
    const at = (await rig.arrived()).get(BLOCKED)!;
    const blocked = { old: await reach(client, BLOCKED), fresh: await reach(fresh, BLOCKED) };
    const beforeSensor = await useFour(old);
    const beforeRule = await useFour(between);
    const arrived = (await rig.arrived()).get(BLOCKED)! - at;
    return {
      before,
      opened,
      blocked,
      beforeSensor,
      beforeRule,
      arrived,
      otherPort: await reach(client, FREE),
      otherProgram: await reach(other, BLOCKED),
      verdicts: verdicts().map(plain),
      pids: { client: client.pid, old: old.pid },
      status: enforcement.status(),
    };
  });
};

const copies: Scenario = async (rig) => {
  const curl = rig.program('curl');
  rig.program('copy-of-curl');
  const wget = rig.program('wget');
  return withSensor(startQuietSensor(rig.scope), async ({ enforcement }) => {
    const [copy, allowed] = [await rig.start('copy-of-curl'), await rig.start('wget')];
    enforcement.load([blockProgram(curl)], 1);
    const denyList = await reach(copy, BLOCKED);
    enforcement.load(
      [blockRule('only wget', and(egress, not(compare('proc.exepath', 'in', str(wget)))))],
      2,
    );
    return {
      denyList,
      allowList: await reach(copy, BLOCKED),
      allowed: await reach(allowed, BLOCKED),
    };
  });
};

const drops: Scenario = async (rig) => {
  const curl = rig.program('curl');
  const [old, client] = [await rig.start('curl'), await rig.start('curl')];
  await openFour(old, BLOCKED);
  return withSensor(startSensor(rig.scope), async ({ enforcement, verdicts }) => {
    enforcement.load([blockProgram(curl, { reply: 'drop' })], 1);
    const at = (await rig.arrived()).get(BLOCKED)!;
    const blocked = await reach(client, BLOCKED);
    const live = await useFour(old);
    return {
      blocked,
      live,
      arrived: (await rig.arrived()).get(BLOCKED)! - at,
      outcomes: [...new Set(verdicts().map(({ outcome }) => outcome))],
    };
  });
};

const audits: Scenario = async (rig) => {
  const curl = rig.program('curl');
  const client = await rig.start('curl');
  return withSensor(startSensor(rig.scope), async ({ enforcement, verdicts }) => {
    enforcement.load([blockProgram(curl, { mode: 'audit' })], 1);
    const reached = await reach(client, BLOCKED);
    const status = enforcement.status();
    return { reached, verdicts: verdicts().map(plain), status };
  });
};

const repeats: Scenario = async (rig) => {
  const curl = rig.program('curl');
  const client = await rig.start('curl');
  return withSensor(startSensor(rig.scope), async ({ enforcement, verdicts }) => {
    enforcement.load([blockProgram(curl)], 1);
    for (let i = 0; i < 50; i++) await client.ask(`try tcp ${FAR4} ${BLOCKED}`);
    const first = verdicts().map(plain);
    await sleep(6000); // sums of flows that have stopped are told every 5 s
    return { first, all: verdicts().map(plain), status: enforcement.status() };
  });
};

const switchesOff: Scenario = async (rig) => {
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

const podIndex = (): number =>
  native()
    .sys.links()
    .find(({ name }) => name === 'pod0')!.index;

/** A sensor by itself, to be killed: a child of ours in the same namespaces. Back when its rule is in force. */
async function startChild(
  rig: Rig,
  path: string,
  onExit: 'release' | 'keep',
): Promise<ChildProcess> {
  const child = spawn(
    process.execPath,
    [...process.execArgv, fileURLToPath(import.meta.url), '--sensor', rig.scope.path, path, onExit],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  await once(child.stdout, 'data');
  return child;
}

async function sensorChild(
  cgroup: string,
  path: string,
  onExit: 'release' | 'keep',
): Promise<void> {
  const { cgroupScope } = await import('../../../sensor/kernel/index.js');
  const { enforcement } = startQuietSensor(cgroupScope(cgroup), { onExit, pinDir: PIN_DIR });
  enforcement.load([blockProgram(path)], 1);
  setInterval(() => {}, 1000); // until we are killed
  process.stdout.write('ready\n');
}

const survives: Scenario = async (rig) => {
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
const keeps: Scenario = async (rig) => {
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
const falters: Scenario = async (rig) => {
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

const laterVeths: Scenario = async (rig) => {
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
    return { before, interfaces: after };
  });
};

/** Identity follows the socket and the process: fork, exec over an open socket, a guard, the heartbeat. */
const identities: Scenario = async (rig) => {
  const curl = rig.program('curl');
  return withSensor(
    startQuietSensor(rig.scope, { guard: [{ address: FAR4, bits: 32, port: FREE }] }),
    async ({ enforcement }) => {
      const parent = await rig.start('curl');
      enforcement.load(
        [blockRule('curl goes nowhere', and(egress, compare('proc.exepath', '=', str(curl))))],
        1,
      );
      await parent.ask('fork');
      const child = await parent.ask(`try tcp ${FAR4} ${BLOCKED}`);
      const guarded = await parent.ask(`try tcp ${FAR4} ${FREE}`);
      const loopback = await parent.ask(`try tcp 0.0.0.0 ${BLOCKED}`);
      const mapped = await parent.ask(`try tcp ::ffff:${FAR4} ${BLOCKED}`);
      return { child, guarded, loopback, mapped, counters: enforcement.status().counters };
    },
  );
};

/** The programs that everybody has, and a page: one is refused, the other gets it. */
const realPrograms: Scenario = async (rig) => {
  const [curl, wget] = ['curl', 'wget'].map((name) =>
    realpathSync(rig.sh(`command -v ${name}`).trim()),
  ) as [string, string];
  const copy = rig.program('fetch');
  copyFileSync(curl, copy);
  const server = createServer((_, response) => response.end('the page')).listen(8080, '10.77.1.1');
  await once(server, 'listening');
  const fetch = async (command: string): Promise<unknown> => {
    const child = spawn(
      'bash',
      [
        '-c',
        `echo $$ > ${rig.scope.path}/cgroup.procs; exec nsenter -t ${rig.podPid} -n ${command} http://10.77.1.1:8080/`,
      ],
      { stdio: ['ignore', 'pipe', 'ignore'] },
    );
    let page = '';
    child.stdout.on('data', (chunk: Buffer) => (page += chunk.toString()));
    const [status] = (await once(child, 'close')) as [number];
    return { status, page };
  };
  const all = async (): Promise<unknown> => ({
    curl: await fetch(`${curl} -sS`),
    copy: await fetch(`${copy} -sS`),
    wget: await fetch(`${wget} -qO-`),
  });
  return withSensor(startQuietSensor(rig.scope), async ({ enforcement }) => {
    const port = compare('fd.rport', '=', int(8080));
    const is = (op: '=' | '!=', path: string) => compare('proc.exepath', op, str(path));
    enforcement.load([blockRule('not this one', and(egress, port, is('=', curl)))], 1);
    const denyList = await all();
    enforcement.load([blockRule('only that one', and(egress, port, is('!=', wget)))], 2);
    const allowList = await all();
    server.close();
    return { denyList, allowList };
  });
};

/** A rule that blocks everything, and what must stay reachable all the same: by address and port, and by network. */
const guards: Scenario = async (rig) => {
  rig.program('curl');
  const [old, client] = [await rig.start('curl'), await rig.start('curl')];
  await openFour(old, FREE);
  const everything = blockRule('everything', egress);
  const byPort = await withSensor(
    startQuietSensor(rig.scope, {
      guard: [
        { address: FAR4, bits: 32, port: FREE },
        { address: FAR6, bits: 128, port: FREE },
      ],
    }),
    async ({ enforcement }) => {
      enforcement.load([everything], 1);
      const is = {
        guarded: await reach(client, FREE),
        live: await useFour(old),
        other: await reach(client, BLOCKED),
      };
      // The sinks have changed: what was guarded is so no longer, at once.
      enforcement.setGuards([{ address: FAR4, bits: 32, port: BLOCKED }]);
      return {
        ...is,
        moved: { free: await reach(client, FREE), blocked: await reach(client, BLOCKED) },
        guardedCount: enforcement.status().counters.guarded,
      };
    },
  );
  const byNetwork = await withSensor(
    startQuietSensor(rig.scope, { guard: [{ address: '10.77.0.0', bits: 16, port: null }] }),
    async ({ enforcement }) => {
      enforcement.load([everything], 1);
      return reach(client, BLOCKED);
    },
  );
  return { byPort, byNetwork };
};

/** The sensor's own process is never blocked, what it starts is. */
const sparesItself: Scenario = async (rig) => {
  const curl = rig.program('curl');
  const itself = await rig.start('curl');
  return withSensor(
    startQuietSensor(rig.scope, { ownTgid: itself.pid }),
    async ({ enforcement }) => {
      enforcement.load([blockProgram(curl)], 1);
      const own = await reach(itself, BLOCKED);
      await itself.ask('fork');
      return { own, child: await reach(itself, BLOCKED) };
    },
  );
};

/** Processes that are born while sets are swapped: none may be unjudged or judged by a mixture of sets. */
const reloads: Scenario = async (rig) => {
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

/** Datagrams larger than the link's packets, and TCP in packets of 64 KiB: all of a packet goes, or none. */
const largePackets: Scenario = async (rig) => {
  const curl = rig.program('curl');
  const old = await rig.start('curl');
  await openFour(old, BLOCKED);
  const send = async (): Promise<string[]> => {
    const answers: string[] = [];
    for (let i = 0; i < 4; i++) answers.push(await old.ask(`big ${i} 50000`));
    await sleep(300);
    return answers;
  };
  const allowed = await rig.arrived();
  await old.ask('big 1 50000');
  await sleep(300);
  const whole = await rig.arrived();
  return withSensor(startQuietSensor(rig.scope), async ({ enforcement }) => {
    enforcement.load([blockProgram(curl)], 1);
    const before = await rig.arrived();
    const sent = await send();
    const after = await rig.arrived();
    return {
      fragmentsBefore: whole.get(0)! - allowed.get(0)!,
      sent,
      arrived: after.get(BLOCKED)! - before.get(BLOCKED)!,
      fragments: after.get(0)! - before.get(0)!,
      answers: [await old.ask('recv 0'), await old.ask('recv 1')],
      counters: enforcement.status().counters,
    };
  });
};

/** Whose container a group is, the kernel knows by itself: nobody tells it here. */
const containers: Scenario = async (rig) => {
  rig.program('curl');
  const id = (digit: string): string => digit.repeat(64);
  // As runtimes name their groups, and near misses.
  const names = [
    `docker-${id('a')}.scope`,
    `cri-containerd-${id('b')}.scope`,
    `crio-${id('c')}.scope`,
    `crio-${id('d')}`,
    `kubepods-burstable-pod1.slice:cri-containerd:${id('e')}`,
    `kubepods-pod2.slice:crio:${id('f')}`,
    `libpod-payload-${id('1')}`,
    `libpod-${id('2')}.scope/init.scope`,
    `nerdctl-${id('3')}.scope`,
    `${id('4')}/nested/deeper`,
    `${id('5')}/docker-${id('6')}.scope`,
    `crio-conmon-${id('7')}.scope`,
    `other-${id('8')}.scope`,
    `${id('9')}.scope`,
    `${id('A')}`,
    `docker-${id('a').slice(1)}.scope`,
    `docker-${id('a')}a.scope`,
    'plain',
  ];
  const rules = [...'abcdef12346'].map((digit) =>
    blockRule(digit, and(egress, compare('container.id', '=', str(id(digit).slice(0, 12))))),
  );
  return withSensor(startQuietSensor(rig.scope), async ({ enforcement }) => {
    enforcement.load([blockProgram('/nowhere')], 1);
    const groups: unknown[] = [];
    const clients = new Map<string, Talker>();
    for (const name of names) clients.set(name, await rig.start('curl', name));
    enforcement.load(
      [
        ...rules,
        blockRule('any container', and(egress, compare('container.id', '!=', str('host')))),
      ],
      2,
    );
    let before = rules.map(() => 0).concat(0);
    for (const name of names) {
      const answer = await clients.get(name)!.ask(`try udp ${FAR4} ${FREE}`);
      const hits = enforcement.status().rules.map((rule) => rule.hits);
      const by = hits.findIndex((count, at) => count > before[at]!);
      before = hits;
      const group = identifyCgroup(`/${name}`);
      groups.push({ name, answer, by, is: group?.id.slice(0, 12) ?? null });
    }
    return { groups, order: rules.map(({ name }) => name.repeat(12)) };
  });
};

/** The running kernel's verdict against the conditions', for random rules and flows. */
const agrees: Scenario = async (rig) => {
  const names = ['curl', 'curl2', 'wget', 'tool', 'sh'];
  const paths = names.map((name) => rig.program(name));
  const folder = paths[0]!.slice(0, -'curl'.length);
  const containers = ['0123456789ab', 'ba9876543210'];
  const world: World = {
    paths,
    prefixes: [folder, `${folder}curl`, '/tmp/', `${folder}w`],
    containers,
    nets: [
      ip4('10.77.0.0/16'),
      ip4('10.77.2.0/24'),
      ip4('10.77.2.2/32'),
      ip4('10.0.0.0/8'),
      ip4('192.0.2.0/24'),
      { family: 6, address: 0xfd770002n << 96n, bits: 32 },
      { family: 6, address: (0xfd770002n << 96n) | 2n, bits: 128 },
    ],
    ports: [53, 80, 443, 8080, 50000],
  };
  const clients = new Map<string, Talker>();
  for (const name of names) {
    for (const [at, container] of ['host', ...containers].entries()) {
      clients.set(
        `${folder}${name} ${container}`,
        await rig.start(name, at === 0 ? undefined : `c${at}`),
      );
    }
  }
  const groups = containers.map((id, at) => [cgroupId(rig.group(`c${at + 1}`)), id] as const);
  return withSensor(
    startQuietSensor(rig.scope, { containers: () => groups }),
    async ({ enforcement }) => {
      const random = randomFrom(Number(process.env['SEED'] ?? 4));
      const wrong: unknown[] = [];
      const wrongRules: unknown[] = [];
      let blocked = 0;
      let total = 0;
      for (let round = 1; round <= 50; round++) {
        // reply: drop leaves the call alone, so the caller could not tell; `drops` looks at that.
        const rules = randomRules(random, world, 4).map((rule) => ({
          ...rule,
          action: { ...rule.action!, reply: 'reject' as const },
        }));
        const hits = rules.map(() => 0);
        enforcement.load(rules, round);
        for (let i = 0; i < 40; i++) {
          const picked = randomFlow(random, world);
          const flow: Flow = { ...picked, exe: paths[random(paths.length)]! };
          const client = clients.get(`${flow.exe} ${flow.containerId}`)!;
          const verdict = judge(rules, flow);
          for (const rule of [verdict.enforce, verdict.audit]) if (rule >= 0) hits[rule]!++;
          const expected = verdict.enforce >= 0;
          const answer = await client.ask(
            `try ${flow.protocol} ${textOf(flow.remote)} ${flow.port}`,
          );
          const is = answer === '111' || answer === '1';
          total++;
          if (expected) blocked++;
          if (is !== expected)
            wrong.push({
              round,
              i,
              exe: flow.exe,
              container: flow.containerId,
              to: textOf(flow.remote),
              port: flow.port,
              protocol: flow.protocol,
              expected,
              answer,
            });
        }
        // Not only whether, but by which rule, in audit mode too.
        const told = enforcement.status().rules.map((rule) => rule.hits);
        if (String(told) !== String(hits)) wrongRules.push({ round, told, hits });
      }
      return {
        total,
        refused: blocked,
        passed: total - blocked,
        wrong,
        wrongRules,
        counters: enforcement.status().counters,
      };
    },
  );
};

function textOf({ family, address }: Flow['remote']): string {
  if (family === 4) return [24n, 16n, 8n, 0n].map((shift) => (address >> shift) & 255n).join('.');
  return Array.from({ length: 8 }, (_, i) =>
    ((address >> BigInt(112 - 16 * i)) & 0xffffn).toString(16),
  ).join(':');
}

const scenarios: Record<string, Scenario> = {
  refuses,
  copies,
  drops,
  audits,
  repeats,
  switchesOff,
  survives,
  keeps,
  falters,
  laterVeths,
  identities,
  guards,
  realPrograms,
  sparesItself,
  reloads,
  largePackets,
  containers,
  agrees,
};

const names = process.argv.slice(2);
if (names[0] === '--sensor') {
  await sensorChild(names[1]!, names[2]!, names[3] === 'keep' ? 'keep' : 'release');
} else {
  const chosen = names.map((name) => {
    const scenario = scenarios[name];
    if (!scenario) throw new Error(`no scenario ${name}: ${Object.keys(scenarios).join(' ')}`);
    return scenario;
  });
  for (const scenario of chosen) {
    const rig = await makeRig([BLOCKED, FREE]);
    let result: unknown;
    try {
      result = await scenario(rig);
    } finally {
      await rig.close();
    }
    await tell(result);
  }
  process.exit(0);
}
