import { request } from 'node:http';
import {
  deliveryMetrics,
  formatMetrics,
  startMetricsServer,
  type MetricsSource,
} from '../../../sensor/app/metrics/index.js';
import { SpoolShared } from '../../../sensor/spool/index.js';
import { SINK } from '../../support/sink-health.js';
import { quietLogger } from '../spool/support.js';

function get(
  port: number,
  path: string,
  options: { method?: string; accept?: string } = {},
): Promise<{ status: number; type: string; body: string }> {
  return new Promise((resolve, reject) => {
    const { method = 'GET', accept = '*/*' } = options;
    request({ host: '127.0.0.1', port, path, method, headers: { accept } }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        resolve({
          status: response.statusCode ?? 0,
          type: response.headers['content-type'] ?? '',
          body: Buffer.concat(chunks).toString(),
        });
      });
    })
      .on('error', reject)
      .end();
  });
}

describe('metrics', () => {
  let healthy = true;
  const source: MetricsSource = {
    collect: () => deliveryMetrics(new SpoolShared(), [SINK]),
    health: () => ({ ok: healthy, detail: healthy ? 'ok' : 'the sensor thread does not answer' }),
    ready: () => ({ ok: true, detail: 'ready' }),
  };
  const start = () =>
    startMetricsServer({ host: '127.0.0.1', port: 0, source, logger: quietLogger });

  it('escapes labels and gives counters their suffix in both formats', () => {
    const metrics = deliveryMetrics(new SpoolShared(), [SINK]);
    const text = formatMetrics(metrics, false);
    expect(text).toContain('# TYPE saker_sink_delivered_alerts_total counter\n');
    expect(text).toContain(
      'saker_sink_delivered_alerts_total{sink="siem \\"x\\"\\n",type="kafka"} 7\n',
    );
    expect(text).toContain(
      'saker_sink_oldest_age_seconds{sink="siem \\"x\\"\\n",type="kafka"} 1.5\n',
    );
    expect(text).toContain('saker_alerts_dropped_total{cause="cap",priority="debug"} 0\n');
    const open = formatMetrics(metrics, true);
    expect(open).toContain('# TYPE saker_sink_delivered_alerts counter\n');
    expect(open).toContain('saker_sink_delivered_alerts_total{');
    expect(open.endsWith('\n# EOF\n')).toBe(true);
    expect(formatMetrics([{ name: 'a', help: 'x\ny\\', type: 'gauge', samples: [] }], false)).toBe(
      '# HELP a x\\ny\\\\\n# TYPE a gauge\n',
    );
  });

  it('serves what scrapers and probes ask for, and nothing else', async () => {
    const server = await start();
    const { port } = server.address;
    const plain = await get(port, '/metrics?x=1');
    expect(plain).toMatchObject({ status: 200, type: 'text/plain; version=0.0.4; charset=utf-8' });
    const accept =
      'application/openmetrics-text;version=1.0.0;q=0.75,text/plain;version=0.0.4;q=0.5';
    const open = await get(port, '/metrics', { accept });
    expect(open.type).toMatch(/^application\/openmetrics-text; version=1\.0\.0/);
    expect(open.body).toMatch(/# EOF\n$/);
    expect(await get(port, '/healthz')).toMatchObject({ status: 200, body: 'ok\n' });
    healthy = false;
    expect(await get(port, '/healthz')).toMatchObject({
      status: 503,
      body: 'the sensor thread does not answer\n',
    });
    healthy = true;
    expect(await get(port, '/readyz')).toMatchObject({ status: 200 });
    expect(await get(port, '/etc/passwd')).toMatchObject({ status: 404 });
    expect(await get(port, '/metrics', { method: 'POST' })).toMatchObject({ status: 405 });
    expect(await get(port, '/metrics', { method: 'HEAD' })).toMatchObject({
      status: 200,
      body: '',
    });
    await server.close();
  });

  it('says what to do when the address is taken', async () => {
    const server = await start();
    const second = startMetricsServer({ ...server.address, source, logger: quietLogger });
    await expect(second).rejects.toMatchObject({ code: 'METRICS_LISTEN' });
    await server.close();
  });
});
