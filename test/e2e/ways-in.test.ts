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
  output: "%evt.type %fd.realpath %proc.exepath %proc.name %proc.pid %proc.pexepath"
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

  describe('an open by io_uring', () => {
    /** Which programs take opens, and what doctor says of it. */
    async function doctor(): Promise<{ detail: string; programs: readonly string[] }> {
      const told = JSON.parse(
        await mustExec(place(), 'bin/saker doctor -o json'),
      ) as readonly Finding[];
      const found = told.find(({ what }) => what === 'event file.open');
      return { detail: found?.detail ?? '', programs: found?.served?.programs ?? [] };
    }

    /** Opens by io_uring, and returns what is told of it; a later open of another program says that nothing more will come. */
    async function openBy(how: string): Promise<{ pid: number; alerts: readonly AlertLine[] }> {
      const script = `${programs.uringOpen} ${opened} ${how} || exit; true`; // the shell stays its parent
      const ran = JSON.parse(await mustExec(place(), cgroup.inside(script))) as {
        pid: number;
        result: number;
      };
      expect(ran.result).toBeGreaterThanOrEqual(0);
      const later = `cp /usr/bin/cat ${opened}.${++count} && ${opened}.${count} ${opened}`;
      await mustExec(place(), cgroup.inside(later));
      const all = await daemon.waitForAlerts((lines) =>
        lines.some(by(`${opened}.${count}`, 'Opened')),
      );
      const alerts = all.filter(
        (a) => a.output_fields['proc.pid'] === ran.pid && by(programs.uringOpen, 'Opened')(a),
      );
      return { pid: ran.pid, alerts };
    }
    let count = 0;

    it.each(['', 'async'])('is seen %s, with its process', async (how) => {
      const { alerts } = await openBy(how);
      expect(alerts.map((alert) => alert.output_fields)).toEqual([
        expect.objectContaining({
          'evt.type': 'openat',
          'fd.realpath': opened,
          'proc.name': 'uring-open',
          'proc.pexepath': '/usr/bin/bash',
        }),
      ]);
    });

    it('without a completion is seen by the function plan, and doctor says that system calls do not show it', async () => {
      const { detail, programs: taken } = await doctor();
      const { alerts } = await openBy('silent');
      if (place().isGuest) {
        expect(taken).toContain('file_open__fn_uring_done');
        expect(alerts.length).toBe(1);
        expect(detail).not.toContain('io_uring');
      } else {
        expect(taken).toContain('file_open__sys_uring');
        expect(alerts).toEqual([]);
        expect(detail).toContain(
          'does not see open_by_handle_at, and io_uring opens that ask for no completion',
        );
      }
    });
  });
});

interface Finding {
  readonly what: string;
  readonly detail: string;
  readonly served?: { readonly programs: readonly string[] };
}
