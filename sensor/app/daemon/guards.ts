import { lookup } from 'node:dns/promises';
import type { Logger } from '../../core/index.js';
import type { Guard } from '../../enforce/index.js';
import type { Config } from '../config/index.js';

/**
 * Destinations no rule may cut: those of the configuration and the sensor's own sinks. Names are looked up once, here; a
 * name that cannot be is said, and its sink is not guarded until the next start.
 */
export async function guardsOf(config: Config, logger: Logger): Promise<Guard[]> {
  const peers = config.sinks.flatMap((sink) => {
    if (sink.type === 'kafka') return sink.brokers.map(hostAndPort);
    if (sink.type === 'otlp') return [hostAndPort(sink.endpoint)];
    return [];
  });
  const { otlp } = config.metrics;
  if (otlp) peers.push(hostAndPort(otlp.endpoint));
  const found = await Promise.all(
    peers.map(async ({ host, port }) => {
      try {
        const addresses = await lookup(host, { all: true });
        return addresses.map(({ address, family }) => ({
          address,
          bits: family === 4 ? 32 : 128,
          port,
        }));
      } catch (error) {
        logger.warn('a sink cannot be guarded against blocks: its name is not known', {
          host,
          error: String(error),
        });
        return [];
      }
    }),
  );
  return [...config.enforce.guard, ...found.flat()];
}

/** `broker:9092`, `[::1]:9092`, `http://collector:4318/v1/logs`, `collector:4317`. */
function hostAndPort(text: string): { readonly host: string; readonly port: number | null } {
  const url = new URL(text.includes('://') ? text : `tcp://${text}`);
  const port =
    url.port === '' ? ({ 'http:': 80, 'https:': 443 }[url.protocol] ?? null) : Number(url.port);
  return { host: url.hostname.replace(/^\[|\]$/g, ''), port };
}
