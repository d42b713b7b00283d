import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { deliveryMetrics, formatMetrics } from '../../sensor/app/metrics/index.js';
import { SpoolShared } from '../../sensor/spool/index.js';
import { getPart } from '../support/get-part.js';
import { describeWith } from '../support/needs.js';
import { prometheusPart } from '../support/part.js';

describeWith([prometheusPart], 'the text of /metrics', () => {
  it('passes promtool’s check, names and help included', async () => {
    const promtool = join(await getPart('prometheus'), 'promtool');
    const sink = {
      name: 'siem "x"\n',
      type: 'kafka',
      state: 'idle',
      lag: 3,
      oldestMs: 1500,
      delivered: 7,
      retried: 1,
      rejected: 0,
      missed: 0,
      lastError: null,
    } as const;
    const input = formatMetrics(deliveryMetrics(new SpoolShared(), [sink]), false);
    const run = spawnSync(promtool, ['check', 'metrics'], { input, encoding: 'utf8' });
    expect(run.stderr + run.stdout).toBe('');
    expect(run.status).toBe(0);
  });
});
