import type { Daemon } from '../../../../sensor/app/daemon/index.js';
import { metricsOf } from '../../../../sensor/app/daemon/daemon-metrics.js';
import { SakerError } from '../../../../sensor/core/index.js';

const daemon = (alive: boolean, status: () => Promise<unknown>) =>
  metricsOf({ alive, link: { status } } as unknown as Daemon);

describe('/healthz', () => {
  it('is well when the sensor thread answers', async () => {
    const well = daemon(true, () => Promise.resolve({}));
    expect(await well.health()).toEqual({ ok: true, detail: 'both threads answer' });
  });

  it('is not when it hangs or has ended: being started is not being alive', async () => {
    const silent = new SakerError('SENSOR_SILENT', 'the sensor thread did not answer within 9 ms');
    const hung = daemon(true, () => Promise.reject(silent));
    expect(await hung.health()).toEqual({ ok: false, detail: silent.message });
    const ended = daemon(false, () => Promise.resolve({}));
    expect(await ended.health()).toEqual({ ok: false, detail: 'the sensor thread has ended' });
  });
});
