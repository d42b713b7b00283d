// What becomes of blocks when their sensor is in trouble: a reload that fails when the rules are checked already, and a sensor
// that hangs. Runs in network and mount namespaces of its own (unshare -n -m), prints what happened as JSON; block.test.ts says
// what should have.
import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { startDaemon, type AlertLine, type Daemon } from '../../support/daemon.js';
import { reach } from '../../support/flows.js';
import { thisMachine } from '../../support/place.js';
import { playWithDaemon } from '../../support/play.js';
import type { Rig } from '../../support/rig.js';

const PORT = 7001;

const ruleFile = (name: string, path: string, reply: string): string => `
- rule: ${name}
  desc: A program that must not reach the far side.
  condition: evt.type in (connect, sendto, sendmsg) and fd.sport = ${PORT} and proc.exepath = ${path}
  output: Left home
  priority: WARNING
  action: block
  mode: enforce
  reply: ${reply}
`;

async function stateOf(daemon: Daemon): Promise<{ state: string; rules: unknown }> {
  const { stdout } = await daemon.command('status -o json');
  const { enforcement } = JSON.parse(stdout) as {
    enforcement: { state: string; rules: { rule: string; state: string }[] };
  };
  return {
    state: enforcement.state,
    rules: enforcement.rules.map(({ rule, state }) => `${rule}: ${state}`),
  };
}

async function play(rig: Rig, keep: (daemon: Daemon) => void): Promise<unknown> {
  rig.sh('mount -t bpf bpf /sys/fs/bpf'); // in our mount namespace: it goes with us
  const curl = rig.program('curl');
  const rules = `${curl}.yaml`;
  const start = async (args: readonly string[]): Promise<Daemon> => {
    writeFileSync(rules, ruleFile('Stay at home', curl, 'reject'));
    const daemon = await startDaemon(thisMachine(), {
      cgroup: rig.scope.path,
      rules: [rules],
      args,
    });
    keep(daemon);
    return daemon;
  };
  const client = await rig.start('curl');
  const attached = (): string => rig.sh(`bpftool cgroup show ${rig.scope.path}`);
  const before = attached();

  let daemon = await start(['-o', 'enforce.on_exit=keep']);
  // Dropping takes another machine, and there is no room for what it pins.
  rig.sh('mount -o remount,ro /sys/fs/bpf');
  writeFileSync(rules, ruleFile('Stay out', curl, 'drop'));
  const { status, stderr } = await daemon.command('rules reload');
  rig.sh('mount -o remount,rw /sys/fs/bpf');
  const seen = (await daemon.alerts()).length;
  const fresh = await rig.start('curl');
  const told = (): Promise<AlertLine[]> =>
    daemon.waitForAlerts(
      (all) => all.slice(seen).some((alert) => alert.output_fields['proc.pid'] === fresh.pid),
      30_000,
    );
  const failed = {
    status,
    said: stderr,
    reached: await reach(fresh, PORT),
    state: await stateOf(daemon),
    told: [...new Set((await told()).slice(seen).map(({ rule }) => rule))],
    later: (await daemon.command('rules reload')).status,
    laterState: await stateOf(daemon),
  };

  const hang = async (): Promise<unknown> => {
    await daemon.signal('STOP');
    const off = await daemon.command('net off');
    const released = await reach(client, PORT);
    await daemon.signal('CONT');
    let state = await stateOf(daemon);
    for (let tries = 0; state.state !== 'off' && tries < 100; tries++) {
      await sleep(100);
      state = await stateOf(daemon);
    }
    return { off: off.stdout, released, state, clean: attached() === before };
  };
  const kept = await hang();
  writeFileSync(rules, ruleFile('Stay at home', curl, 'reject'));
  await daemon.command('rules reload');
  const again = await reach(client, PORT);
  await daemon.stop();
  const left = await daemon.command('net off');
  await daemon.remove();

  daemon = await start(['-o', 'enforce.heartbeat_seconds=120']);
  const blocked = await reach(client, PORT);
  return { failed, kept, again, left: left.stdout, blocked, unpinned: await hang() };
}

await playWithDaemon([PORT], play);
