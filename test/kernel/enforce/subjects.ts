// Who is meant: programs, their copies and children, containers.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, realpathSync } from 'node:fs';
import { createServer } from 'node:http';
import { judge, type Flow } from '../../../sensor/enforce/index.js';
import { identifyCgroup } from '../../../sensor/identity/index.js';
import { cgroupId, findCgroup2Mount } from '../../../sensor/kernel/index.js';
import {
  and,
  blockRule,
  compare,
  egress,
  int,
  ip4,
  not,
  randomFlow,
  randomFrom,
  randomRules,
  str,
  type World,
} from '../../support/block-rules.js';
import { reach } from '../../support/flows.js';
import { programs } from '../../support/programs.js';
import { FAR4, type Talker } from '../../support/rig.js';
import { BLOCKED, blockProgram, FREE, withSensor, type Scenario } from './common.js';
import { startQuietSensor } from './sensor.js';

export const copies: Scenario = async (rig) => {
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

/** Identity follows the socket and the process: fork, exec over an open socket, a guard, the heartbeat. */
/** Programs that want to pass for one of an allow list, by a path that is theirs to choose. */
export const disguises: Scenario = async (rig) => {
  const wget = rig.program('wget');
  const evil = rig.program('evil');
  const root = `${evil}.root`;
  const folder = wget.slice(0, wget.lastIndexOf('/'));
  // More components than a walk of the kernel follows, in a path that is short enough for any call.
  const shell = realpathSync('/bin/bash');
  const deep = `${folder}/${'d/'.repeat(600)}evil`;
  rig.sh(
    `mkdir -p ${root}${folder} $(dirname ${deep}); cp ${evil} ${root}${wget}; cp ${evil} ${deep}`,
  );
  const nobody = 'setpriv --reuid=65534 --regid=65534 --clear-groups';
  const bound = `${nobody} unshare -Urm bash -c 'mount --bind ${evil} ${wget}; exec`;
  const commands = {
    itself: `exec ${wget}`,
    deep: `exec ${deep}`,
    chroot: `exec ${nobody} unshare -Ur chroot ${root} ${wget}`,
    chrootOfRoot: `exec chroot ${root} ${wget}`,
    bindMount: `exec ${bound} ${wget}'`,
    // Executed from outside of the namespace in which it lies there.
    throughProc: `${bound} sleep 60' < /dev/null > /dev/null 2>&1 & until [ /proc/$!/root${wget} -ef ${evil} ]; do sleep 0.02; done; exec /proc/$!/root${wget}`,
    memfd: `exec ${programs.memfdRun} ${evil}`,
  };
  const allowList = blockRule(
    'only wget',
    and(egress, not(compare('proc.exepath', 'in', str(wget), str(shell)))),
  );
  return withSensor(startQuietSensor(rig.scope), async ({ enforcement }) => {
    enforcement.load([allowList], 1);
    const answers: Record<string, string> = {};
    for (const [name, command] of Object.entries(commands)) {
      const program = await rig.enter(command);
      answers[name] = await program.ask(`try udp ${FAR4} ${FREE}`);
      program.stop();
    }
    const liar = await rig.enter(`exec ${nobody} unshare -Ur ${evil}`);
    answers['become'] = await liar.ask(`become ${wget}`);
    await liar.ask('fork');
    enforcement.load([allowList], 2); // executables are looked at anew
    // Known here as the shell, which may; what it executes outside of the scope is not seen.
    const traveller = await rig.enter(
      `echo $$ > ${findCgroup2Mount().path}/cgroup.procs; exec ${evil}`,
    );
    await traveller.ask('anything');
    rig.sh(`echo ${traveller.pid} > ${rig.scope.path}/cgroup.procs`);
    answers['traveller'] = await traveller.ask(`try udp ${FAR4} ${FREE}`);
    answers['liar'] = await liar.ask(`try udp ${FAR4} ${FREE}`);
    return { answers, counters: enforcement.status().counters };
  });
};

export const identities: Scenario = async (rig) => {
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
export const realPrograms: Scenario = async (rig) => {
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

/** The sensor's own process is never blocked, what it starts is. */
export const sparesItself: Scenario = async (rig) => {
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

/** Whose container a group is, the kernel knows by itself: nobody tells it here. */
export const containers: Scenario = async (rig) => {
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
export const agrees: Scenario = async (rig) => {
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
