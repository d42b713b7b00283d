import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SakerError, type Logger } from '../../core/index.js';
import { formatMetrics, type Health, type MetricsSource } from './metric.js';

const TEXT = 'text/plain; version=0.0.4; charset=utf-8';
const OPEN_METRICS = 'application/openmetrics-text; version=1.0.0; charset=utf-8';

export interface MetricsServer {
  /** Where it listens; the port is the real one if 0 was asked for. */
  readonly address: { readonly host: string; readonly port: number };
  close(): Promise<void>;
}

/**
 * Serves `/metrics`, `/healthz` and `/readyz`.
 *
 * @throws SakerError `METRICS_LISTEN` when the address cannot be had.
 */
export async function startMetricsServer(options: {
  readonly host: string;
  readonly port: number;
  readonly source: MetricsSource;
  readonly logger: Logger;
}): Promise<MetricsServer> {
  const { host, port, source, logger } = options;
  const server = createServer((request, response) => {
    answer(request, response, source).catch((error: unknown) => {
      logger.warn('metrics could not be collected', { error: String(error) });
      if (!response.headersSent) send(request, response, 500, 'text/plain', 'internal error\n');
      else response.destroy();
    });
  });
  // A scraper that hangs or floods costs a bounded little.
  server.maxConnections = 64;
  server.requestTimeout = 10_000;
  server.headersTimeout = 10_000;
  server.keepAliveTimeout = 75_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => {
      reject(
        new SakerError(
          'METRICS_LISTEN',
          `cannot serve metrics on ${host}:${port}: ${cause.message}`,
          {
            hint: 'set metrics.listen to a free address, or to off',
            cause,
          },
        ),
      );
    });
    server.listen(port, host, resolve);
  });
  server.on('error', (error) => {
    logger.warn('metrics server', { error: String(error) });
  });
  const bound = server.address() as AddressInfo;
  return {
    address: { host: bound.address, port: bound.port },
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  source: MetricsSource,
): Promise<void> {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('Allow', 'GET, HEAD');
    send(request, response, 405, 'text/plain', 'only GET\n');
    return;
  }
  const path = (request.url ?? '/').split('?', 1)[0];
  switch (path) {
    case '/metrics': {
      const open = acceptsOpenMetrics(request.headers.accept ?? '');
      const body = formatMetrics(await source.collect(), open);
      send(request, response, 200, open ? OPEN_METRICS : TEXT, body);
      return;
    }
    case '/healthz':
      sendHealth(request, response, await source.health());
      return;
    case '/readyz':
      sendHealth(request, response, source.ready());
      return;
    default:
      send(request, response, 404, 'text/plain', 'try /metrics, /healthz or /readyz\n');
  }
}

function sendHealth(request: IncomingMessage, response: ServerResponse, health: Health): void {
  send(request, response, health.ok ? 200 : 503, 'text/plain; charset=utf-8', `${health.detail}\n`);
}

function send(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  type: string,
  body: string,
): void {
  response.writeHead(status, { 'Content-Type': type, 'Content-Length': Buffer.byteLength(body) });
  response.end(request.method === 'HEAD' ? undefined : body);
}

/** Whether OpenMetrics is asked for, and not by a smaller weight than plain text. */
function acceptsOpenMetrics(accept: string): boolean {
  let open = 0;
  let text = 0;
  for (const range of accept.split(',')) {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim());
    const weight = Number(parameters.find((p) => p.startsWith('q='))?.slice(2) ?? 1);
    if (type === 'application/openmetrics-text') open = Math.max(open, weight);
    if (type === 'text/plain') text = Math.max(text, weight);
  }
  return open > 0 && open >= text;
}
