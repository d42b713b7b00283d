import { isDeepStrictEqual } from 'node:util';
import type { Logger } from '../../core/index.js';
import type { MetricsConfig } from '../config/index.js';
import { startMetricsServer, type MetricsServer, type MetricsSource } from '../metrics/index.js';

/** A change that is prepared: the new address is served beside the old one until one of both goes. */
export interface PreparedListen {
  commit(): Promise<void>;
  abort(): Promise<void>;
}

/** Where the sensor's own numbers go: over HTTP, and by OTLP. */
export class MetricsExports {
  readonly #source: MetricsSource;
  readonly #logger: Logger;
  #listen: MetricsConfig['listen'] = null;
  #server: MetricsServer | null = null;
  #otlp: { close(): Promise<void> } | null = null;

  constructor(source: MetricsSource, logger: Logger) {
    this.#source = source;
    this.#logger = logger;
  }

  /** @throws SakerError `METRICS_LISTEN` */
  async start({ listen, otlp }: MetricsConfig, host: string): Promise<void> {
    await (await this.prepare(listen)).commit();
    if (!otlp) return;
    const { startOtlpMetrics } = await import('../metrics/otlp.js');
    this.#otlp = await startOtlpMetrics({
      ...otlp,
      host,
      source: this.#source,
      logger: this.#logger,
    });
  }

  /** Opens another address, where it is another one. @throws SakerError `METRICS_LISTEN`; then all is as before. */
  async prepare(listen: MetricsConfig['listen']): Promise<PreparedListen> {
    const nothing = (): Promise<void> => Promise.resolve();
    if (isDeepStrictEqual(listen, this.#listen)) return { commit: nothing, abort: nothing };
    const [source, logger] = [this.#source, this.#logger];
    const server = listen && (await startMetricsServer({ ...listen, source, logger }));
    return {
      commit: async () => {
        const before = this.#server;
        this.#server = server;
        this.#listen = listen;
        await before?.close();
      },
      abort: async () => {
        await server?.close();
      },
    };
  }

  /** Twice is fine. */
  async close(): Promise<void> {
    const [server, otlp] = [this.#server, this.#otlp];
    [this.#server, this.#otlp] = [null, null];
    await server?.close();
    await otlp?.close();
  }
}
