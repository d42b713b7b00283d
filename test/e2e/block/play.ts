// A block rule from its first report to the sensor's violent end, with the real sensor between a pod and the world. Runs in a
// network namespace of its own (unshare -n), prints what happened as JSON; block.test.ts says what should have.
import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { startDaemon, type Daemon } from '../../support/daemon.js';
import { openFour, reach, useFour } from '../../support/flows.js';
import { mustExec, runProgram, thisMachine, type Place } from '../../support/place.js';
import { playWithDaemon } from '../../support/play.js';
import type { Rig, Talker } from '../../support/rig.js';

const PORT = 7001;
const OTHER_PORT = 7002;

const place: Place = {
  ...thisMachine(),
  exec: (script, options) => runProgram('bash', ['-c', script], { timeoutMs: 300_000, ...options }),
};

/** A rule file with one rule, which blocks what `who` describes from one port of the far side. */
const ruleFile = (who: string, mode: string): string => `
- rule: Stay at home
  desc: A program that must not reach the far side.
  condition: evt.type in (connect, sendto, sendmsg) and fd.sport = ${PORT} and ${who}
  output: Left home (exe=%proc.exepath to=%fd.sip port=%fd.sport proto=%fd.l4proto call=%evt.type parent=%proc.pname flow=%fd.name)
  priority: WARNING
  tags: [network]
  action: block
  mode: ${mode}
`;

/** What the tools show of the rig: its interfaces, its cgroup. */
const shown = (rig: Rig): string =>
  rig.sh(`for dev in pod0 world0; do tc qdisc show dev $dev; tc filter show dev $dev ingress; tc filter show dev $dev egress; done
    bpftool net show; bpftool cgroup show ${rig.scope.path}`);

/** Those of the sensor's programs that the kernel still has. */
const left = (rig: Rig, programs: readonly number[]): string =>
  rig.sh(`for id in ${programs.join(' ')}; do bpftool prog show id $id 2> /dev/null || true; done`);

/** Rule states and the state of the whole. */
async function stateOf(daemon: Daemon): Promise<unknown> {
  const { enforcement } = JSON.parse(
    await mustExec(place, `bin/saker status -o json --run-dir ${daemon.runDir}`),
  ) as { enforcement: { state: string; rules: { state: string; hits: number }[] } };
  const { state, rules } = enforcement;
  return { state, rules: rules.map((rule) => ({ state: rule.state, hit: rule.hits > 0 })) };
}

async function play(rig: Rig, keep: (daemon: Daemon) => void): Promise<unknown> {
  const curl = rig.program('curl');
  const wget = rig.program('wget');
  rig.program('copy-of-curl');
  const rules = `${curl}.yaml`;
  const denied = `proc.exepath = ${curl}`;
  const before = shown(rig);
  const [old, client, other] = [
    await rig.start('curl'),
    await rig.start('curl'),
    await rig.start('wget'),
  ];
  const arrived = async (): Promise<number> => (await rig.arrived()).get(PORT)!;
  const openedBeforeSensor = await openFour(old, PORT);

  writeFileSync(rules, ruleFile(denied, 'audit'));
  const daemon = await startDaemon(place, {
    cgroup: rig.scope.path,
    rules: [rules],
  });
  keep(daemon);
  const load = async (who: string, mode: string): Promise<{ status: number; said: string }> => {
    writeFileSync(rules, ruleFile(who, mode));
    const { status, stdout, stderr } = await daemon.command('rules reload');
    return { status, said: stdout + stderr };
  };
  const audit = { reached: await reach(client, PORT), state: await stateOf(daemon) };
  const between = await rig.start('curl');
  const openedBeforeRule = await openFour(between, PORT);

  await load(denied, 'enforce');
  const fresh = await rig.start('curl');
  const at = await arrived();
  const enforced = {
    running: await reach(client, PORT),
    fresh: await reach(fresh, PORT),
    beforeSensor: await useFour(old),
    beforeRule: await useFour(between),
    arrived: (await arrived()) - at,
    otherPort: await reach(client, OTHER_PORT),
    otherProgram: await reach(other, PORT),
    state: await stateOf(daemon),
    text: (await daemon.command('status')).stdout,
    shown: shown(rig),
  };

  const copy = await rig.start('copy-of-curl');
  const deniedCopy = await reach(copy, PORT);
  const refused = await load('proc.name = curl', 'enforce');
  const afterRefused = await reach(client, PORT);
  await load(`not proc.exepath in (${wget})`, 'enforce');
  const allowList = { copy: await reach(copy, PORT), wget: await reach(other, PORT) };

  const off = {
    said: (await daemon.command('net off')).stdout,
    reached: await reach(copy, PORT),
    state: await stateOf(daemon),
    shown: shown(rig),
  };
  await load(denied, 'enforce');
  const again = await reach(client, PORT);
  const alerts = await daemon.waitForAlerts(
    (all) => all.filter((alert) => alert.output_fields['proc.pid'] === client.pid).length > 12,
  );
  const programs = await daemon.programIds();
  await daemon.kill();
  await sleep(10_000);
  const killed = {
    reached: await reach(client, PORT),
    held: programs.length,
    left: left(rig, programs),
    shown: shown(rig),
  };
  return {
    before,
    openedBeforeSensor,
    openedBeforeRule,
    audit,
    enforced,
    deniedCopy,
    refused,
    afterRefused,
    allowList,
    off,
    again,
    killed,
    kept: await playKept(rig, client, rules, keep),
    alerts,
    curl,
    pids: { client: client.pid, old: old.pid },
  };
}

/** The same rules with a sensor whose blocks are to outlive it. */
async function playKept(
  rig: Rig,
  client: Talker,
  rules: string,
  keep: (daemon: Daemon) => void,
): Promise<unknown> {
  rig.sh('mount -t bpf bpf /sys/fs/bpf'); // in our mount namespace: it goes with us
  const daemon = await startDaemon(place, {
    cgroup: rig.scope.path,
    rules: [rules],
    args: ['-o', 'enforce.on_exit=keep'],
  });
  keep(daemon);
  const status = (await daemon.command('status')).stdout;
  const programs = await daemon.programIds();
  await daemon.kill();
  await sleep(6_000); // a heartbeat of 5 s has run out
  const reached = await reach(client, PORT);
  const doctor = (await place.exec('bin/saker doctor')).stdout;
  const off = await daemon.command('net off');
  const again = await daemon.command('net off');
  await sleep(300);
  return {
    status,
    reached,
    doctor,
    off: off.stdout,
    again: again.status,
    released: await reach(client, PORT),
    left: left(rig, programs),
    shown: shown(rig),
  };
}

await playWithDaemon([PORT, OTHER_PORT], play);
