import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { deliveryMetrics, formatMetrics } from '../../sensor/app/metrics/index.js';
import { SpoolShared } from '../../sensor/spool/index.js';
import { makeCgroup, type Cgroup } from '../support/cgroup.js';
import { startDaemon, type Daemon } from '../support/daemon.js';
import { getPart } from '../support/get-part.js';
import { describeWith } from '../support/needs.js';
import { prometheusPart } from '../support/part.js';
import { mustExec } from '../support/place.js';
import { describeHere } from '../support/places.js';
import { freePorts } from '../support/process.js';
import { programs } from '../support/programs.js';
import { SINK } from '../support/sink-health.js';

/** What promtool has to say of a page; nothing, when all is well. */
async function lint(input: string): Promise<string> {
  const promtool = join(await getPart('prometheus'), 'promtool');
  const run = spawnSync(promtool, ['check', 'metrics'], { input, encoding: 'utf8' });
  return `${run.stderr}${run.stdout}${run.status === 0 ? '' : `status ${run.status}`}`;
}

describeWith([prometheusPart], 'the text of /metrics', () => {
  it('passes promtool’s check, names and help included', async () => {
    expect(await lint(formatMetrics(deliveryMetrics(new SpoolShared(), [SINK]), false))).toBe('');
  });
});

describeHere(
  'the metrics of a running sensor',
  (place) => {
    let cgroup: Cgroup;
    let daemon: Daemon;
    let port: number;
    beforeAll(async () => {
      cgroup = await makeCgroup(place());
      [port = 0] = await freePorts(1);
      const args = ['-o', `metrics.listen=127.0.0.1:${port}`];
      daemon = await startDaemon(place(), { cgroup: cgroup.path, args });
    });
    afterAll(async () => {
      await daemon?.remove();
      await cgroup?.remove();
    });
    const get = async (path: string) => {
      const answer = await fetch(`http://127.0.0.1:${port}${path}`);
      return { status: answer.status, text: await answer.text() };
    };

    it('pass promtool’s check, and count what happened', async () => {
      const open = `${programs.opens} 1 50 /etc/shadow > /dev/null`;
      await mustExec(place(), cgroup.inside(open));
      await daemon.waitForAlerts((alerts) => alerts.length >= 50);
      const { status, text } = await get('/metrics');
      expect(status).toBe(200);
      expect(await lint(text)).toBe('');
      const value = (sample: string) =>
        Number(
          text
            .split('\n')
            .find((line) => line.startsWith(`${sample} `))
            ?.split(' ')
            .at(-1),
        );
      expect(value('saker_events_received_total{kind="file.open"}')).toBeGreaterThanOrEqual(50);
      expect(
        value('saker_sink_delivered_alerts_total{sink="terminal",type="stdout"}'),
      ).toBeGreaterThanOrEqual(50);
      expect(value('saker_sink_missed_alerts_total{sink="terminal",type="stdout"}')).toBe(0);
      expect(value('saker_rules_generation')).toBe(1);
    });

    it('tell that it is alive and ready', async () => {
      expect((await get('/healthz')).status).toBe(200);
      expect((await get('/readyz')).status).toBe(200);
    });
  },
  [prometheusPart],
);
