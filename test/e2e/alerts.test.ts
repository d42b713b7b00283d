import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { makeCgroup, type Cgroup } from '../support/cgroup.js';
import { startDaemon, type AlertLine, type Daemon } from '../support/daemon.js';
import { mustExec } from '../support/place.js';
import { describeEverywhere } from '../support/places.js';
import { triggers, type Trigger } from './triggers.js';

const containerId = '3f5d0c1b7a9e4826b3c1d2e4f60718293a4b5c6d7e8f90a1b2c3d4e5f6071829';
const podUid = '6f1c7c7e-2b57-4d0c-9a57-0a4f3f0c9f11';

describeEverywhere('the sensor with the shipped rules', (place) => {
  let cgroup: Cgroup;
  let daemon: Daemon;
  let scratch: string;

  beforeAll(async () => {
    cgroup = await makeCgroup(place());
    daemon = await startDaemon(place(), { cgroup: cgroup.path });
    scratch = (await mustExec(place(), 'mktemp -d /run/saker-scratch.XXXXXX')).trim();
  });
  afterAll(async () => {
    await daemon?.remove();
    await cgroup?.remove();
    await place().exec(`rm -rf ${scratch}`);
  });

  /** Does the deed in a fresh folder, and waits for the alert that nobody had before. */
  async function alertOf(trigger: Trigger, group = cgroup): Promise<AlertLine> {
    const before = new Set((await daemon.alerts()).map((a) => a.uuid));
    const mine = (a: AlertLine) => a.rule === trigger.rule && !before.has(a.uuid);
    // `&& :`, or bash would become its last command instead of starting it.
    await mustExec(
      place(),
      group.inside(`rm -rf ${scratch}/* ${scratch}/.ssh; cd ${scratch}; ${trigger.script} && :`),
    );
    const alert = (await daemon.waitForAlerts((alerts) => alerts.some(mine))).find(mine);
    if (alert === undefined) throw new Error('unreachable: it was waited for');
    return alert;
  }

  it.each(triggers.map((t) => [t.rule, t] as const))('tells of: %s', async (_rule, trigger) => {
    const alert = await alertOf(trigger);
    const expected = Object.entries(trigger.fields).map(([k, v]) => [
      k,
      v.replace('SCRATCH', scratch),
    ]);
    const got = expected.map(([k]) => [k, String(alert.output_fields[k ?? ''])]);
    expect(Object.fromEntries(got)).toEqual(Object.fromEntries(expected));
    expect(alert).toMatchObject({
      source: 'syscall',
      uuid: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
  });

  it('names the container of a process by its cgroup', async () => {
    const inner = {
      ...cgroup,
      path: `${cgroup.path}/kubepods/burstable/pod${podUid}/${containerId}`,
    };
    await mustExec(place(), `mkdir -p ${inner.path}`);
    const { path } = inner;
    const [trigger] = triggers;
    if (trigger === undefined) throw new Error('no trigger');
    const alert = await alertOf(trigger, {
      ...inner,
      inside: (script) =>
        cgroup.inside(script).replaceAll(`${cgroup.path}/cgroup.procs`, `${path}/cgroup.procs`),
    });
    expect(alert.output_fields['container.id']).toBe(containerId.slice(0, 12));
  });

  describe('outside its cgroup', () => {
    it('sees nothing', async () => {
      const other = await makeCgroup(place());
      try {
        const [trigger] = triggers;
        if (trigger === undefined) throw new Error('no trigger');
        const told = async () =>
          (await daemon.alerts()).filter(({ rule }) => rule === trigger.rule).length;
        const before = await told();
        await mustExec(place(), other.inside(trigger.script));
        await alertOf(trigger); // what came before it is there by now
        expect(await told()).toBe(before + 1);
      } finally {
        await other.remove();
      }
    });
  });
});
