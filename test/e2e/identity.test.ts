import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { makeCgroup, type Cgroup } from '../support/cgroup.js';
import { startDaemon, type AlertLine, type Daemon } from '../support/daemon.js';
import { mustExec } from '../support/place.js';
import { describeEverywhere } from '../support/places.js';
import { programs } from '../support/programs.js';

const fields = [
  'fd.name',
  'proc.name',
  'proc.exepath',
  'proc.cmdline',
  'proc.pid',
  'proc.ppid',
  'proc.pname',
  'proc.pexepath',
  'proc.pcmdline',
  'proc.cwd',
  'proc.sid',
  'proc.pgid',
  'proc.vpgid',
  'user.uid',
  'user.name',
  'group.gid',
  'thread.cap_effective',
].map((field) => `%${field}`);

const rules = `
- rule: Looked for
  desc: An open of what this test looks for, whoever makes it; there or not.
  condition: evt.type in (open, openat, openat2) and fd.name contains "/saker-who-"
  output: "${fields.join(' ')}"
  priority: NOTICE
`;

describeEverywhere('whose event it is', (place) => {
  const file = `/run/saker-who-${process.pid}.yaml`;
  const { act } = programs;
  let count = 0;
  let cgroup: Cgroup;
  let daemon: Daemon;

  beforeAll(async () => {
    cgroup = await makeCgroup(place());
    await mustExec(place(), `cat > ${file} <<'R'\n${rules}\nR`);
    daemon = await startDaemon(place(), { cgroup: cgroup.path, rules: [file] });
  });
  afterAll(async () => {
    await daemon?.remove();
    await cgroup?.remove();
    await place().exec(`rm -f ${file}`);
  });

  /**
   * Runs steps of `act` from a shell outside; %FILE is a name of this call's own. The shell stays until the alerts have come: what
   * it was started with is read when they are made. What they say, in order.
   */
  async function alertsOf(steps: string, alerts = 1): Promise<AlertLine['output_fields'][]> {
    const name = `saker-who-${++count}`;
    await mustExec(
      place(),
      `${act} ${steps.replaceAll('%FILE', name)} || exit
       for i in $(seq 600); do [ $(grep -c '/${name}"' ${daemon.folder}/alerts) -lt ${alerts} ] || exit 0; sleep 0.1; done`,
    );
    const about = (a: AlertLine) => String(a.output_fields['fd.name']).endsWith(`/${name}`);
    const all = await daemon.waitForAlerts((lines) => lines.filter(about).length >= alerts);
    return all.filter(about).map((alert) => alert.output_fields);
  }
  const join = () => `join=${cgroup.path}`;

  it('names a process that joins the group without an exec, opens and is gone', async () => {
    const [alert] = await alertsOf(`${join()} open=/etc/%FILE`);
    expect(alert).toMatchObject({
      'proc.name': 'act',
      'proc.exepath': act,
      'proc.cmdline': `act ${join()} open=/etc/saker-who-${count}`,
      'proc.pname': 'bash',
      'proc.pexepath': '/usr/bin/bash',
      'user.uid': 0,
    });
    expect(String(alert?.['proc.pcmdline'])).toMatch(/^bash /);
  });

  it('names the parent that stayed outside, and the one that ended there', async () => {
    const [child] = await alertsOf(`fork ${join()} open=/etc/%FILE`);
    expect(child).toMatchObject({
      'proc.name': 'act',
      'proc.pname': 'act',
      'proc.pexepath': act,
      'proc.pcmdline': `act fork ${join()} open=/etc/saker-who-${count}`,
    });
    const [orphan] = await alertsOf(`orphan ${join()} open=/etc/%FILE`);
    expect(orphan).toMatchObject({ 'proc.name': 'act', 'proc.exepath': act });
    expect(orphan?.['proc.pid']).not.toBe(orphan?.['proc.ppid']);
    expect(orphan?.['proc.pname']).not.toBe('act');
  });

  it('knows it under its program, whatever it calls itself', async () => {
    const [alert] = await alertsOf(`${join()} name=kworker open=/etc/%FILE`);
    expect(alert).toMatchObject({ 'proc.name': 'act', 'proc.exepath': act });
  });

  it('forgets those that leave, and knows them again when they come back', async () => {
    const outside = cgroup.path.replace(/\/[^/]+$/, '');
    const [first, second, ...others] = await alertsOf(
      `${join()} open=/etc/%FILE join=${outside} open=/usr/%FILE chdir=/usr/lib ${join()} open=%FILE`,
      2,
    );
    expect(first).toMatchObject({ 'fd.name': `/etc/saker-who-${count}` });
    expect(second).toMatchObject({
      'fd.name': `/usr/lib/saker-who-${count}`,
      'proc.cwd': '/usr/lib/',
      'proc.name': 'act',
      'proc.pname': 'bash',
    });
    expect(others).toEqual([]);
  });

  it('follows chdir and fchdir, of any thread, and resolves relative names by them', async () => {
    const alerts = await alertsOf(
      `${join()} chdir=/usr open=%FILE fchdir=/etc open=./../etc/%FILE thread-chdir=/usr/lib open=%FILE \
       fork open=%FILE openat=/var,lib/../%FILE`,
      5,
    );
    expect(alerts.map((alert) => [alert['fd.name'], alert['proc.cwd']])).toEqual(
      [
        ['/usr', '/usr/'],
        ['/etc', '/etc/'],
        ['/usr/lib', '/usr/lib/'],
        ['/usr/lib', '/usr/lib/'],
        ['/var', '/usr/lib/'],
      ].map(([folder, cwd]) => [`${folder}/saker-who-${count}`, cwd]),
    );
  });

  it('follows sessions, process groups and capabilities', async () => {
    const [first, group, session, dropped] = await alertsOf(
      `${join()} open=/etc/%FILE fork setpgid open=/etc/%FILE fork setsid open=/etc/%FILE drop open=/etc/%FILE`,
      4,
    );
    expect(String(first?.['thread.cap_effective'])).toContain('CAP_SYS_ADMIN');
    expect(group).toMatchObject({
      'proc.pgid': group?.['proc.pid'],
      'proc.vpgid': group?.['proc.pid'],
      'proc.sid': first?.['proc.sid'],
    });
    expect(session).toMatchObject({
      'proc.sid': session?.['proc.pid'],
      'proc.pgid': session?.['proc.pid'],
    });
    expect(session?.['proc.sid']).not.toBe(first?.['proc.sid']);
    expect(dropped).toMatchObject({ 'thread.cap_effective': '', 'user.uid': 0 });
  });

  it('follows setuid and setgid', async () => {
    const [before, after, child] = await alertsOf(
      `${join()} open=/etc/%FILE setgid=65534 setuid=65534 open=/etc/%FILE fork open=/etc/%FILE`,
      3,
    );
    expect(before).toMatchObject({ 'user.uid': 0, 'user.name': 'root', 'group.gid': 0 });
    const nobody = {
      'user.uid': 65534,
      'user.name': 'nobody',
      'group.gid': 65534,
      'thread.cap_effective': '',
    };
    expect(after).toMatchObject(nobody);
    expect(child).toMatchObject(nobody);
  });
});
