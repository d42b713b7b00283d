import { createServer, type AddressInfo } from 'node:net';
import { MetricsExports } from '../../../../sensor/app/daemon/metrics-exports.js';
import type { MetricsSource } from '../../../../sensor/app/metrics/index.js';
import { quietLogger } from '../../spool/support.js';

const source: MetricsSource = {
  collect: () => [],
  health: () => ({ ok: true, detail: 'well' }),
  ready: () => ({ ok: true, detail: 'ready' }),
};

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const at = (port: number) => ({ host: '127.0.0.1', port });
const answers = (port: number): Promise<boolean> =>
  fetch(`http://127.0.0.1:${port}/readyz`).then(
    ({ ok }) => ok,
    () => false,
  );

describe('the address of metrics', () => {
  it('changes while the sensor runs, both served until the new one is sure', async () => {
    const [one, two] = [await freePort(), await freePort()];
    const exports = new MetricsExports(source, quietLogger);
    await exports.start({ listen: at(one), otlp: null }, 'h');
    const prepared = await exports.prepare(at(two));
    expect([await answers(one), await answers(two)]).toEqual([true, true]);
    await prepared.commit();
    expect([await answers(one), await answers(two)]).toEqual([false, true]);
    await (await exports.prepare(null)).commit();
    expect(await answers(two)).toBe(false);
    await exports.close();
    await exports.close();
  });

  it('stays where the new one cannot be had, or something else went wrong', async () => {
    const [one, two] = [await freePort(), await freePort()];
    const exports = new MetricsExports(source, quietLogger);
    const other = new MetricsExports(source, quietLogger);
    await exports.start({ listen: at(one), otlp: null }, 'h');
    await other.start({ listen: at(two), otlp: null }, 'h');
    await expect(exports.prepare(at(two))).rejects.toMatchObject({ code: 'METRICS_LISTEN' });
    await other.close();
    await (await exports.prepare(at(two))).abort();
    await (await exports.prepare(at(one))).abort();
    expect([await answers(one), await answers(two)]).toEqual([true, false]);
    await exports.close();
  });
});
