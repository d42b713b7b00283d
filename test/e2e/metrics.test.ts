import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { deliveryMetrics, formatMetrics } from '../../sensor/app/metrics/index.js';
import { SpoolShared } from '../../sensor/spool/index.js';
import { getPart } from '../support/get-part.js';
import { describeWith } from '../support/needs.js';
import { prometheusPart } from '../support/part.js';
import { SINK } from '../support/sink-health.js';

describeWith([prometheusPart], 'the text of /metrics', () => {
  it('passes promtool’s check, names and help included', async () => {
    const promtool = join(await getPart('prometheus'), 'promtool');
    const input = formatMetrics(deliveryMetrics(new SpoolShared(), [SINK]), false);
    const run = spawnSync(promtool, ['check', 'metrics'], { input, encoding: 'utf8' });
    expect(run.stderr + run.stdout).toBe('');
    expect(run.status).toBe(0);
  });
});
