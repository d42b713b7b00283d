import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { deliveryMetrics, formatMetrics } from '../../sensor/app/metrics/index.js';
import { SpoolShared } from '../../sensor/spool/index.js';
import { makeCgroup, type Cgroup } from '../support/cgroup.js';
import { startDaemon, type Daemon } from '../support/daemon.js';
import { getPart } from '../support/get-part.js';
import { describeWith } from '../support/needs.js';
import { prometheusPart } from '../support/part.js';
import { mustExec, projectRoot } from '../support/place.js';
import { describeHere } from '../support/places.js';
import { freePorts } from '../support/process.js';
import { programs } from '../support/programs.js';
import { SINK } from '../support/sink-health.js';

/** Series of two sensors, one that is well and one that is not, and which rules tell of the latter after 20 minutes. */
const ALERTING_TEST = `
rule_files: [saker.rules.yaml]
evaluation_interval: 1m
tests:
  - interval: 1m
    input_series:
      - { series: 'up{job="saker",instance="well"}', values: '1x30' }
      - { series: 'up{job="saker",instance="ill"}', values: '1 1 0x30' }
      - { series: 'saker_events_lost_total{instance="well",kind="file.open",cause="ring_full"}', values: '7x30' }
      - { series: 'saker_events_lost_total{instance="ill",kind="file.open",cause="ring_full"}', values: '0x15 9x20' }
      - { series: 'saker_sink_oldest_age_seconds{instance="well",sink="siem"}', values: '0+1x30' }
      - { series: 'saker_sink_oldest_age_seconds{instance="ill",sink="siem"}', values: '0+60x30' }
      - { series: 'saker_spool_size_bytes{instance="ill"}', values: '90x30' }
      - { series: 'saker_spool_capacity_bytes{instance="ill"}', values: '100x30' }
      - { series: 'saker_block_decisions_total{instance="ill",rule="R",state="degraded"}', values: '0x30' }
      - { series: 'saker_block_decisions_total{instance="well",rule="R",state="enforcing"}', values: '0+1x30' }
    promql_expr_test:
      - expr: count by (alertname, instance) (ALERTS{alertstate="firing"})
        eval_time: 20m
        exp_samples:
          - { labels: '{alertname="SakerDown",instance="ill"}', value: 1 }
          - { labels: '{alertname="SakerEventsLost",instance="ill"}', value: 1 }
          - { labels: '{alertname="SakerSinkBehind",instance="ill"}', value: 1 }
          - { labels: '{alertname="SakerSpoolFillsUp",instance="ill"}', value: 1 }
          - { labels: '{alertname="SakerBlockDegraded",instance="ill"}', value: 1 }
`;

const pages = `${projectRoot}/deploy/prometheus`;

async function promtool(args: readonly string[], input = '') {
  const program = join(await getPart('prometheus'), 'promtool');
  const run = spawnSync(program, args, { input, encoding: 'utf8' });
  return { status: run.status, text: `${run.stderr}${run.stdout}` };
}

/** What promtool has to say of a page; nothing, when all is well. */
async function lint(input: string): Promise<string> {
  const { status, text } = await promtool(['check', 'metrics'], input);
  return `${text}${status === 0 ? '' : `status ${status}`}`;
}

/** The table of metrics in the page about them: what each means, by its name. */
function documented(): Map<string, string> {
  const rows = readFileSync(`${pages}/README.md`, 'utf8').matchAll(
    /^\| `(saker_\w+)` +\| [^|]*\| (.*?) +\|$/gm,
  );
  return new Map([...rows].map(([, name = '', meaning = '']) => [name, meaning]));
}

describeWith([prometheusPart], 'the text of /metrics', () => {
  it('passes promtool’s check, names and help included', async () => {
    expect(await lint(formatMetrics(deliveryMetrics(new SpoolShared(), [SINK]), false))).toBe('');
  });
});

describeWith([prometheusPart], 'the alerting rules about the sensor', () => {
  it('pass promtool’s check, and ask for metrics that there are', async () => {
    const file = `${pages}/saker.rules.yaml`;
    const { status, text } = await promtool(['check', 'rules', file]);
    expect(text).toContain('SUCCESS: 10 rules found');
    expect(status).toBe(0);
    const named = readFileSync(file, 'utf8').match(/\bsaker_\w+/g) ?? [];
    expect([...documented().keys()]).toEqual(expect.arrayContaining([...new Set(named)]));
  });

  it('fire on what they are about, and are quiet while all is well', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'saker-promtool-'));
    try {
      cpSync(`${pages}/saker.rules.yaml`, join(folder, 'saker.rules.yaml'));
      writeFileSync(join(folder, 'test.yaml'), ALERTING_TEST);
      const { status, text } = await promtool(['test', 'rules', join(folder, 'test.yaml')]);
      expect([status, text]).toEqual([0, expect.stringContaining('SUCCESS')]);
    } finally {
      rmSync(folder, { recursive: true });
    }
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
      // The page about them has each, in the same words.
      const page = documented();
      const help = [...text.matchAll(/^# HELP (\w+) (.*)$/gm)];
      expect(help.filter(([, name = '', meaning]) => page.get(name) !== meaning)).toEqual([]);
      expect(help.length).toBe(page.size);
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
