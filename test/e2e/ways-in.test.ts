import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { makeCgroup, type Cgroup } from '../support/cgroup.js';
import { startDaemon, type AlertLine, type Daemon } from '../support/daemon.js';
import { mustExec } from '../support/place.js';
import { describeEverywhere } from '../support/places.js';
import { programs } from '../support/programs.js';

const rules = `
- rule: Opened
  desc: An open of the file of this test, whatever the way into the kernel.
  condition: evt.type in (open, openat, openat2, creat) and fd.name endswith /saker-way-in
  output: "%evt.type %fd.realpath %proc.exepath"
  priority: NOTICE
- rule: Connected
  desc: A connect to the discard port.
  condition: evt.type = connect and fd.sport = 9
  output: "%evt.type %fd.sip:%fd.sport %proc.exepath"
  priority: NOTICE
`;

describeEverywhere('the sensor', (place) => {
  const file = `/run/saker-ways-${process.pid}.yaml`;
  const opened = `/run/saker-ways-${process.pid}/saker-way-in`;
  let cgroup: Cgroup;
  let daemon: Daemon;

  beforeAll(async () => {
    cgroup = await makeCgroup(place());
    await mustExec(
      place(),
      `cat > ${file} <<'R'\n${rules}\nR\nmkdir -p $(dirname ${opened}); echo > ${opened}`,
    );
    daemon = await startDaemon(place(), { cgroup: cgroup.path, rules: [file] });
  });
  afterAll(async () => {
    await daemon?.remove();
    await cgroup?.remove();
    await place().exec(`rm -rf ${file} $(dirname ${opened})`);
  });

  const by = (exe: string, rule: string) => (a: AlertLine) =>
    a.rule === rule && a.output_fields['proc.exepath'] === exe;

  it.each([
    ['a 32-bit call of a 64-bit program', programs.int80],
    ['a 32-bit program', programs.int80m32],
  ])('sees open and connect by %s (int 0x80)', async (_what, exe) => {
    await mustExec(place(), cgroup.inside(`${exe} open ${opened} && ${exe} connect`));
    const alerts = await daemon.waitForAlerts(
      (all) => all.some(by(exe, 'Opened')) && all.some(by(exe, 'Connected')),
    );
    expect(alerts.find(by(exe, 'Opened'))?.output).toContain(opened);
    expect(alerts.find(by(exe, 'Connected'))?.output_fields).toMatchObject({
      'fd.sip': '127.0.0.1',
      'fd.sport': 9,
    });
  });

  it('sees an open by io_uring, or doctor says that it does not', async () => {
    const ran = await place().exec(cgroup.inside(`${programs.uringOpen} ${opened}`));
    if (ran.status === 3) return; // this kernel has no io_uring for us
    expect(ran.status).toBe(0);
    // A later open of another program: what came before it has been judged when its alert is there.
    await mustExec(place(), cgroup.inside(`cat ${opened}`));
    const alerts = await daemon.waitForAlerts((all) => all.some(by('/usr/bin/cat', 'Opened')));
    const doctor = await mustExec(place(), 'bin/saker doctor -o json');
    const blind = /io_uring/.test(doctor);
    expect(alerts.some(by(programs.uringOpen, 'Opened')) || blind).toBe(true);
  });
});
