import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { makeCgroup, type Cgroup } from '../support/cgroup.js';
import { startDaemon, type Daemon } from '../support/daemon.js';
import { mustExec, quote } from '../support/place.js';
import { describeHere } from '../support/places.js';
import { programs } from '../support/programs.js';

describeHere('the commands of a running sensor', (place) => {
  let cgroup: Cgroup;
  let daemon: Daemon;
  beforeAll(async () => {
    cgroup = await makeCgroup(place());
    daemon = await startDaemon(place(), { cgroup: cgroup.path });
  });
  afterAll(async () => {
    await daemon?.remove();
    await cgroup?.remove();
  });
  const runDir = () => `--run-dir ${quote(daemon.runDir)}`;
  const opens = (count: number) =>
    cgroup.inside(`exec ${programs.opens} 1 ${count} /no/such/thing > /dev/null`);

  it('give each watcher of events what it asked for, whoever else watches', async () => {
    const ran = await place().exec(`
      timeout 100 bin/saker events ${runDir()} --type openat,open -n 3 > ${daemon.folder}/opens &
      timeout 100 bin/saker events ${runDir()} --type execve -n 1 > ${daemon.folder}/execs &
      while [ "$(jobs -r)" ]; do ${opens(5)}; sleep 0.1; done`);
    expect([ran.stderr, ran.status]).toEqual(['', 0]);
    const types = async (name: string) =>
      (await mustExec(place(), `awk '{ print $2 }' ${daemon.folder}/${name}`)).trim().split('\n');
    const seen = await types('opens');
    expect(seen).toHaveLength(3);
    for (const type of seen) expect(type).toMatch(/^open/);
    expect(await types('execs')).toEqual(['execve']);
  });

  it('end quietly when their reader has seen enough', async () => {
    const ran = await place().exec(
      `{ timeout 100 bin/saker events ${runDir()}; echo "ended $?" >&2; } | head -n 1 > /dev/null &
       while [ "$(jobs -r)" ]; do ${opens(50)}; sleep 0.1; done`,
    );
    expect(ran.stderr).toBe('ended 0\n');
  });

  it('say that one may not ask, and who may', async () => {
    await mustExec(place(), `chmod 755 ${daemon.folder} ${daemon.runDir}`);
    const ran = await place().exec(
      `setpriv --reuid 65534 --regid 65534 --clear-groups bin/saker status ${runDir()}`,
    );
    expect(ran.stderr).toMatch(/may not connect to .* \[SOCKET_PERMISSION\]\n.*run as root/);
    expect([ran.stdout, ran.status]).toEqual(['', 4]);
  });

  it('try for real, in a cgroup of their own, whether events arrive; nothing stays', async () => {
    const ran = await place().exec('bin/saker doctor --self-test -o json');
    expect([ran.stderr, ran.status]).toEqual(['', 0]);
    const findings = JSON.parse(ran.stdout) as { what: string; detail: string }[];
    const tried = findings.filter(({ what }) => what.startsWith('self-test '));
    for (const kind of ['process.exec', 'file.open', 'net.connect', 'net.send', 'cgroup.mkdir']) {
      expect(tried.find(({ what }) => what.endsWith(kind))?.detail).toMatch(/caused and seen/);
    }
    const left = await mustExec(place(), 'find /sys/fs/cgroup -name "saker-self-test-*"');
    expect(left).toBe('');
    const denied = await place().exec(
      'setpriv --reuid 65534 --regid 65534 --clear-groups bin/saker doctor --self-test',
    );
    expect(denied.status).toBe(4);
    expect(denied.stdout).toContain('FAIL  CAP_BPF');
  });
});
