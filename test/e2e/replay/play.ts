// A sensor that blocks, and that is told to record itself: on demand, and by a rule. Runs in a network namespace of its own
// (unshare -n), prints what happened as JSON; sensor.test.ts says what should have.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startDaemon, type Daemon } from '../../support/daemon.js';
import { openFour, reach, useFour } from '../../support/flows.js';
import { mustExec, quote, thisMachine, type Ran } from '../../support/place.js';
import { playWithDaemon } from '../../support/play.js';
import { FAR4, type Rig } from '../../support/rig.js';

const PORT = 7001;

const place = thisMachine();

/** A block rule, a rule that asks for a capture, and one that tells of everything else with fields of all tables. */
const ruleFile = (exe: string, action: string): string => `
- rule: Stay at home
  desc: A program that must not reach the far side.
  condition: evt.type in (connect, sendto, sendmsg) and fd.sport = ${PORT} and proc.exepath = ${exe}
  output: >
    Left home (num=%evt.num exe=%proc.exepath to=%fd.sip call=%evt.type parent=%proc.pname up=%proc.aname[2] by=%user.name
    container=%container.id flow=%fd.name)
  priority: WARNING
  action: block
  ${action}
- rule: Marked
  desc: Begins a capture.
  condition: evt.type in (open, openat) and fd.name endswith /mark-me
  output: Marked (num=%evt.num file=%fd.name name=%proc.name line=%proc.cmdline)
  priority: NOTICE
  capture: true
  capture_duration: 3000
- rule: Everything
  desc: Shows what all tables know.
  condition: evt.type in (open, openat, execve, connect, sendto, procexit, clone)
  output: >
    %evt.num %evt.time %evt.type %evt.hostname %fd.name %proc.cmdline %proc.exepath %proc.pcmdline %proc.sname %proc.pid %proc.ppid
    %proc.aname[2] %proc.aname[3] %proc.cwd %proc.tty %proc.duration %user.name %user.uid %group.name %user.loginuid %user.homedir
    %container.id %proc.is_exe_upper_layer %evt.reltime
  priority: DEBUG
`;

/** Without what must differ: the id of the line, and its number in the spool. */
const comparable = (line: string): string =>
  line.replace(/"seq":\d+,/, '').replace(/,"uuid":"[^"]+"/, '');

const lines = (text: string): string[] => text.split('\n').filter(Boolean).map(comparable);

async function statusOf(daemon: Daemon): Promise<{ readonly captures: unknown }> {
  return JSON.parse((await daemon.command('status -o json')).stdout) as { captures: unknown };
}

async function play(rig: Rig, keep: (daemon: Daemon) => void): Promise<unknown> {
  const curl = rig.program('curl');
  const rules = `${curl}.yaml`;
  const prefix = `${curl}.captures/incident`;
  const capture = `${curl}.skr`;
  const old = await rig.start('curl');
  const boxed = await rig.start('curl', `docker/${'ab'.repeat(32)}`);
  await openFour(old, PORT);

  writeFileSync(rules, ruleFile(curl, 'mode: audit'));
  const daemon = await startDaemon(place, {
    cgroup: rig.scope.path,
    rules: [rules],
    args: ['-o', 'capture.enabled=true', '-o', `capture.path_prefix=${prefix}`],
  });
  keep(daemon);

  const shell = (script: string): Promise<Ran> =>
    place.exec(`echo $$ > ${rig.scope.path}/cgroup.procs && exec bash -c ${quote(script)}`);
  // Of the capture's past: processes that still run, one of another user, one whose parent has left.
  await shell(`cat /dev/null
    exec > /dev/null 2>&1
    (sleep 60 &)
    setpriv --reuid=nobody --clear-groups sleep 60 &`);

  const programs = { before: await daemon.programIds(), meanwhile: [] as number[] };
  await mustExec(
    place,
    `setsid bin/saker record -w ${capture} --cgroup ${rig.scope.path} --run-dir ${daemon.runDir} -o json \
       > ${capture}.json 2> ${capture}.log < /dev/null & echo $! > ${capture}.pid
     for i in $(seq 2000); do grep -q recording ${capture}.log && exit 0; sleep 0.05; done; cat ${capture}.log; exit 1`,
  );
  programs.meanwhile = await daemon.programIds();
  const status = await statusOf(daemon);
  const shown = (await daemon.command('status')).stdout;

  await reach(old, PORT);
  await reach(boxed, PORT);
  await shell('echo > /tmp/mark-me; cat /tmp/mark-me; rm /tmp/mark-me; id; cat /etc/passwd');
  const load = async (action: string): Promise<void> => {
    writeFileSync(rules, ruleFile(curl, action));
    await mustExec(place, `bin/saker rules reload --run-dir ${daemon.runDir}`);
  };
  await load('mode: enforce');
  for (let i = 0; i < 5; i++) await reach(boxed, PORT);
  await useFour(old);
  await load('mode: enforce\n  reply: drop');
  await boxed.ask(`to ${FAR4} ${PORT} hello`);
  await sleep(5500); // sums of what went on: the kernel keeps them so long
  await shell('true');

  await mustExec(
    place,
    `kill -INT $(cat ${capture}.pid); for i in $(seq 2000); do [ -s ${capture}.json ] && exit 0; sleep 0.05; done
     cat ${capture}.log; exit 1`,
  );
  const { captures } = await statusOf(daemon);
  await daemon.stop();
  const live = readFileSync(`${daemon.folder}/alerts`, 'utf8').replace(/^\d+ /gm, '');
  const folder = dirname(prefix);
  const files = readdirSync(folder);
  const replayed = (path: string): Promise<Ran> =>
    place.exec(`bin/saker replay ${path} -r ${rules} -o json`);
  return {
    programs,
    status,
    shown,
    captures,
    summary: JSON.parse(readFileSync(`${capture}.json`, 'utf8')) as unknown,
    files,
    capture,
    live: lines(live),
    onDemand: { lines: lines((await replayed(capture)).stdout) },
    byRule: { lines: lines((await replayed(`${folder}/${files[0]!}`)).stdout) },
  };
}

await playWithDaemon([PORT], play);
