import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { KIND_NAMES, RecordWalk } from '../events/index.js';
import { cgroupScope, openProbes, requireAll, type Probes } from '../kernel/index.js';
import type { Finding } from './doctor.js';

/** Kinds that `ACTS` causes; of others it is said that they were not tried. */
const CAUSED: ReadonlySet<string> = new Set([
  'process.fork',
  'process.exec',
  'process.exec_failed',
  'process.exit',
  'cgroup.mkdir',
  'cgroup.rmdir',
  'file.open',
  'net.connect',
  'net.bind',
  'net.send',
]);

/** What a process of the test's own does in a cgroup of its own: each thing that is watched, once, and harmless. */
const ACTS = `
const fs = require('node:fs'), { spawnSync } = require('node:child_process');
const group = process.argv[1];
fs.writeFileSync(group + '/cgroup.procs', String(process.pid));
fs.mkdirSync(group + '/inner');
fs.rmdirSync(group + '/inner');
fs.closeSync(fs.openSync('/dev/null', 'r'));
spawnSync('/bin/true');
spawnSync('/nonexistent/saker-self-test');
const socket = require('node:dgram').createSocket('udp4');
socket.bind(0, '127.0.0.1', () => socket.send('saker', 9, '127.0.0.1', () => socket.close()));
require('node:net').connect(9, '127.0.0.1').on('error', () => {}).on('connect', function () { this.destroy(); });
`;

const ACTS_MS = 10_000;
/** How long records may be on their way; those of the process's end come after it. */
const ARRIVE_MS = 2_000;

/**
 * Attaches the probes to a cgroup made for this, does in it what they are to see, and tells what arrived. Nothing else on the
 * machine is watched; nothing stays.
 *
 * @throws SakerError of a requirement that is not met, or of the kernel door.
 */
export async function selfTest(): Promise<readonly Finding[]> {
  const mount = requireAll();
  const group = join(mount.path, `saker-self-test-${process.pid}`);
  try {
    mkdirSync(group);
  } catch (error) {
    return [
      {
        state: 'warn',
        what: 'self-test',
        detail: `not tried: no cgroup of its own can be made (${(error as NodeJS.ErrnoException).code})`,
        todo: 'run it as root on the host, where the cgroup hierarchy can be written',
      },
    ];
  }
  let probes: Probes | null = null;
  try {
    probes = openProbes({ scope: cgroupScope(group) });
    const seen = new Map<string, number>();
    const walk = new RecordWalk();
    probes.source.start((bytes, length) => {
      walk.each(bytes, length, ({ kind }) => {
        const name = KIND_NAMES.get(kind) ?? String(kind);
        seen.set(name, (seen.get(name) ?? 0) + 1);
      });
    });
    probes.attach();
    await act(group);
    const served = probes.plan.events.filter(({ plan }) => plan !== 'none');
    const awaited = served.filter(({ event }) => CAUSED.has(event));
    for (const end = Date.now() + ARRIVE_MS; Date.now() < end;) {
      probes.source.drain();
      if (awaited.every(({ event }) => seen.has(event))) break;
      await pause(20);
    }
    return served.map(({ event }) => finding(event, seen.get(event) ?? 0));
  } finally {
    probes?.close();
    await remove(group);
  }
}

function finding(event: string, count: number): Finding {
  const what = `self-test ${event}`;
  if (!CAUSED.has(event)) return { state: 'ok', what, detail: 'not tried', todo: null };
  if (count > 0) return { state: 'ok', what, detail: `caused and seen (${count})`, todo: null };
  return {
    state: 'fail',
    what,
    detail: 'caused, and not seen',
    todo: 'the programs load here and do not see: report it with the output of `saker doctor -o json`',
  };
}

/** Never rejects: what was not done shows as not seen. */
function act(group: string): Promise<void> {
  return new Promise((resolve) => {
    const child: ChildProcess = spawn(process.execPath, ['-e', ACTS, group], { stdio: 'ignore' });
    const timer = setTimeout(() => child.kill('SIGKILL'), ACTS_MS);
    const done = (): void => {
      clearTimeout(timer);
      resolve();
    };
    child.once('error', done);
    child.once('exit', done);
  });
}

/** A group cannot go before the last process in it is gone for good. */
async function remove(group: string): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt++) {
    try {
      rmdirSync(group);
      return;
    } catch {
      await pause(20);
    }
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
