import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { makeCgroup, type Cgroup } from '../support/cgroup.js';
import { startDaemon, type Daemon } from '../support/daemon.js';
import { mustExec } from '../support/place.js';
import { describeEverywhere } from '../support/places.js';
import { programs } from '../support/programs.js';
import { statusOf, total } from '../support/status.js';

const rule = `
- rule: Opened by a short-lived process
  desc: Each process of the generator opens one file that carries its name.
  condition: evt.type in (open, openat) and fd.name startswith /no/such/folder/
  output: "%fd.name %proc.pid %proc.cmdline %proc.pcmdline"
  priority: NOTICE
`;

describeEverywhere('the order of events', (place, kernel) => {
  const many = kernel === 'this kernel' ? 50_000 : 500;
  const rules = `/run/saker-order-${process.pid}.yaml`;
  let cgroup: Cgroup;
  let daemon: Daemon;

  beforeAll(async () => {
    cgroup = await makeCgroup(place());
    await mustExec(place(), `cat > ${rules} <<'R'\n${rule}\nR`);
    daemon = await startDaemon(place(), { cgroup: cgroup.path, rules: [rules] });
  });
  afterAll(async () => {
    await daemon?.remove();
    await cgroup?.remove();
    await place().exec(`rm -f ${rules}`);
  });

  it('gives every open the process that made it, forked or executed a moment before', async () => {
    const script = ['fork', 'exec']
      .map((how) => `${programs.spawn} ${how} ${many} /no/such/folder/${how}-`)
      .join(' && ');
    await mustExec(place(), cgroup.inside(script), { timeoutMs: 500_000 });
    const alerts = await daemon.waitForAlerts((all) => all.length >= 2 * many, 300_000);

    const wrong = alerts.filter(({ output_fields: f }) => {
      const [, how, n] = /\/(fork|exec)-(\d+)$/.exec(String(f['fd.name'])) ?? [];
      const parent = `spawn ${how} ${many} /no/such/folder/${how}-`;
      const own = how === 'fork' ? parent : `spawn child ${f['fd.name']}`;
      const pid = how === 'fork' ? n : String(f['proc.pid']);
      return (
        f['proc.cmdline'] !== own || String(f['proc.pid']) !== pid || f['proc.pcmdline'] !== parent
      );
    });
    expect(wrong.slice(0, 3).map((a) => a.output)).toEqual([]);
    expect(new Set(alerts.map((a) => a.output_fields['fd.name'])).size).toBeGreaterThan(many); // pids may come round
    expect(alerts.length).toBe(2 * many);
    const status = await statusOf(daemon);
    for (const counts of Object.values(status.accounting.kinds)) expect(total(counts.lost)).toBe(0);
  }, 600_000);
});
