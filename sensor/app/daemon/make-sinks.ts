import type { Logger } from '../../core/index.js';
import { wildcard } from '../../lang/index.js';
import { FileSink, StdoutSink, type Route, type Sink } from '../../sinks/index.js';
import { jsonLine, textLine, type Alert } from '../../spool/index.js';
import type { Config, RouteConfig, SinkConfig } from '../config/index.js';

/** A sink with what it wants and how it is told to open its files anew. */
export interface OpenSink {
  readonly sink: Sink;
  readonly route: Route;
  /** Longest that one delivery may take, beyond the peer's own time-outs. */
  readonly deadlineMs?: number;
  readonly reopen?: () => void;
}

/** Opens every configured sink; libraries of brokers and collectors are loaded only where one is configured. */
export async function makeSinks(config: Config, host: string, logger: Logger): Promise<OpenSink[]> {
  return Promise.all(config.sinks.map((sink) => open(sink, config, host, logger)));
}

async function open(
  sink: SinkConfig,
  config: Config,
  host: string,
  logger: Logger,
): Promise<OpenSink> {
  const route = routeOf(sink.route);
  switch (sink.type) {
    case 'stdout': {
      const color = sink.color === 'always' || (sink.color === 'auto' && colorful());
      const format = formatter(sink.format, config.output.iso8601, color);
      return { sink: new StdoutSink({ name: sink.name, format }), route };
    }
    case 'file': {
      const format = formatter(sink.format, config.output.iso8601, false);
      const file = new FileSink({ name: sink.name, path: sink.path, format, fsync: sink.fsync });
      return {
        sink: file,
        route,
        reopen: () => {
          file.reopen();
        },
      };
    }
    case 'kafka': {
      const { KafkaSink } = await import('../../sinks/kafka/index.js');
      return { sink: KafkaSink.open(sink, { host, logger }), route, deadlineMs: deadlineOf(sink) };
    }
    case 'otlp': {
      const { OtlpSink } = await import('../../sinks/otlp/index.js');
      return { sink: OtlpSink.open(sink, { host, logger }), route, deadlineMs: deadlineOf(sink) };
    }
  }
}

function formatter(
  format: 'text' | 'json',
  iso8601: boolean,
  color: boolean,
): (alert: Alert) => string {
  return format === 'json'
    ? (alert) => jsonLine(alert, { iso8601 })
    : (alert) => textLine(alert, { iso8601, color });
}

/** A request may take its whole time, and a session be made anew. */
function deadlineOf({ requestTimeoutMs }: { readonly requestTimeoutMs: number }): number {
  return requestTimeoutMs + 10_000;
}

/** Whether a terminal reads, and nobody asked for plain text (no-color.org). */
function colorful(): boolean {
  return process.stdout.isTTY && !process.env['NO_COLOR'] && process.env['TERM'] !== 'dumb';
}

function routeOf({ minPriority, tags, rules, kinds }: RouteConfig): Route {
  const names = rules.map(wildcard);
  return {
    minPriority,
    wants: (alert) =>
      (tags.length === 0 || alert.tags.some((tag) => tags.includes(tag))) &&
      (names.length === 0 || names.some((name) => name.test(alert.rule))) &&
      (kinds.length === 0 || kinds.includes(alert.kind)),
  };
}
