import { startOtlpMetrics } from '../../../sensor/app/metrics/otlp.js';
import type { Metric } from '../../../sensor/app/metrics/index.js';
import { startHttpCollector } from '../../support/fake-collector.js';
import { quietLogger } from '../spool/support.js';

describe('the sensor’s own metrics by OTLP', () => {
  it('sends every family with its labels, those that appear later too, and nothing but metrics', async () => {
    const collector = await startHttpCollector();
    const families: Metric[] = [
      {
        name: 'saker_spool_size_bytes',
        help: 'Bytes.',
        type: 'gauge',
        samples: [{ labels: {}, value: 4711 }],
      },
    ];
    const exporting = await startOtlpMetrics({
      endpoint: collector.endpoint,
      protocol: 'http',
      headers: { authorization: 'Bearer m' },
      tls: null,
      intervalMs: 100,
      host: 'lab1',
      source: {
        collect: () => families,
        health: () => ({ ok: true, detail: '' }),
        ready: () => ({ ok: true, detail: '' }),
      },
      logger: quietLogger,
    });
    families.push({
      name: 'saker_events_lost',
      help: 'Lost.',
      type: 'counter',
      samples: [{ labels: { cause: 'ring_full' }, value: 3 }],
    });
    const end = Date.now() + 50_000;
    while (collector.bodies.length < 4 && Date.now() < end) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await exporting.close();
    await collector.close();
    const first = collector.bodies[0]?.toString('latin1') ?? '';
    for (const part of ['saker.spool_size_bytes', 'Bytes.', 'By', 'host.name', 'lab1']) {
      expect(first).toContain(part);
    }
    const last = collector.bodies.at(-1)?.toString('latin1') ?? '';
    for (const part of ['saker.events_lost', 'cause', 'ring_full']) expect(last).toContain(part);
    expect(new Set(collector.headers.map((one) => one['path']))).toEqual(new Set(['/v1/metrics']));
    expect(collector.headers[0]).toMatchObject({ authorization: 'Bearer m' });
  });
});
