// What becomes of flows: refused, reset, dropped, reported, let pass.
import { setTimeout as sleep } from 'node:timers/promises';
import { blockRule, egress } from '../../support/block-rules.js';
import { openFour, reach, useFour } from '../../support/flows.js';
import { FAR4, FAR6, type Talker } from '../../support/rig.js';
import { BLOCKED, blockProgram, FREE, plain, withSensor, type Scenario } from './common.js';
import { startQuietSensor, startSensor } from './sensor.js';

/** What a program is told that asks for the port that is blocked and the one that is not, by both families. */
const each = async (client: Talker, way: string): Promise<string[]> => {
  const answers: string[] = [];
  for (const port of [BLOCKED, FREE])
    for (const host of [FAR4, FAR6]) answers.push(await client.ask(`${way} ${host} ${port}`));
  return answers;
};

export const refuses: Scenario = async (rig) => {
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
      fast: await each(client, 'fast'),
      many: await each(client, 'many'),
      paths: await each(client, 'paths'),
      verdicts: verdicts().map(plain),
      pids: { client: client.pid, old: old.pid },
      status: enforcement.status(),
    };
  });
};

export const drops: Scenario = async (rig) => {
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

export const audits: Scenario = async (rig) => {
  const curl = rig.program('curl');
  const client = await rig.start('curl');
  return withSensor(startSensor(rig.scope), async ({ enforcement, verdicts }) => {
    enforcement.load([blockProgram(curl, { mode: 'audit' })], 1);
    const reached = await reach(client, BLOCKED);
    const status = enforcement.status();
    return { reached, verdicts: verdicts().map(plain), status };
  });
};

export const repeats: Scenario = async (rig) => {
  const curl = rig.program('curl');
  const client = await rig.start('curl');
  return withSensor(startSensor(rig.scope), async ({ enforcement, verdicts }) => {
    enforcement.load([blockProgram(curl)], 1);
    for (let i = 0; i < 50; i++) await client.ask(`try tcp ${FAR4} ${BLOCKED}`);
    const first = verdicts().map(plain);
    await sleep(6000); // sums of flows that have stopped are told every 5 s
    const all = verdicts().map(plain);
    const status = enforcement.status();
    // A flood of new flows does not become one of records.
    enforcement.load([blockRule('everything', egress)], 2);
    const before = verdicts().length;
    const refused = Number(await client.ask(`spray ${FAR4} 10000 20000`));
    await sleep(6000);
    const { counters, rules } = enforcement.status();
    const told = verdicts().length - before;
    const flood = { refused, told, toldLater: counters.toldLater, hits: rules[0]!.hits };
    return { first, all, status, flood };
  });
};

/** A rule that blocks everything, and what must stay reachable all the same: by address and port, and by network. */
export const guards: Scenario = async (rig) => {
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

/** Connections older than the rule that their pod, which may do what it likes with its network, sends into a tunnel. */
export const tunnels: Scenario = async (rig) => {
  const curl = rig.program('curl');
  const old = await rig.start('curl');
  await openFour(old, BLOCKED);
  const inPod = (command: string): string => rig.sh(`nsenter -t ${rig.podPid} -n ${command}`);
  inPod('ip link add tunnel type ipip local 10.77.1.2 remote 10.77.2.9');
  inPod('ip link set tunnel up');
  inPod(`ip route add ${FAR4} dev tunnel src 10.77.1.2`);
  rig.sh(`ip route add 10.77.2.9 via ${FAR4}`);
  const arrived = async (): Promise<number> => (await rig.arrived()).get(0)!;
  const use = async (): Promise<number> => {
    const before = await arrived();
    for (const socket of [0, 1]) await old.ask(`send ${socket} hidden`);
    await sleep(300);
    return (await arrived()) - before;
  };
  const before = await use();
  return withSensor(startQuietSensor(rig.scope), async ({ enforcement }) => {
    enforcement.load([blockProgram(curl)], 1);
    const during = await use();
    return { before, during, counters: enforcement.status().counters };
  });
};

/** Datagrams larger than the link's packets, and TCP in packets of 64 KiB: all of a packet goes, or none. */
export const largePackets: Scenario = async (rig) => {
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
    const answers = [await old.ask('recv 0'), await old.ask('recv 1')];
    // Two datagrams of one socket at once: their fragments come as they like.
    for (const socket of [1, 3]) await old.ask(`storm ${socket} 50000 5000`);
    await sleep(300);
    const after = await rig.arrived();
    return {
      fragmentsBefore: whole.get(0)! - allowed.get(0)!,
      sent,
      arrived: after.get(BLOCKED)! - before.get(BLOCKED)!,
      fragments: after.get(0)! - before.get(0)!,
      answers,
      counters: enforcement.status().counters,
    };
  });
};
