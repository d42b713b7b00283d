import { isDeepStrictEqual } from 'node:util';
import type { Logger } from '../../core/index.js';
import { wildcard } from '../../lang/index.js';
import { FileSink, StdoutSink, type Route, type SinkSpec } from '../../sinks/index.js';
import { jsonLine, textLine, type Alert } from '../../spool/index.js';
import type { Config, RouteConfig, SinkConfig } from '../config/index.js';

/** A sink as it was configured, and how it is told to open its files anew. */
export interface OpenSink extends SinkSpec {
  readonly config: SinkConfig;
  /** Of lines for people and files. */
  readonly iso8601: boolean;
  readonly reopen?: () => void;
}

/**
 * Opens every configured sink; libraries of brokers and collectors are loaded only where one is configured.
 *
 * @param open - Those of before: one whose configuration is the same is kept, as the same object.
 * @throws SakerError of the sink that cannot be opened; none that was opened here stays open.
 */
export async function makeSinks(
  config: Config,
  host: string,
  logger: Logger,
  open: readonly OpenSink[] = [],
): Promise<OpenSink[]> {
  const { iso8601 } = config.output;
  const sinks: OpenSink[] = [];
  try {
    for (const sink of config.sinks) {
      const same = open.find((one) => isDeepStrictEqual(one.config, sink));
      sinks.push(
        same?.iso8601 === iso8601
          ? same
          : { ...(await openSink(sink, config, host, logger)), config: sink, iso8601 },
      );
    }
  } catch (error) {
    await closeNew(sinks, open);
    throw error;
  }
  return sinks;
}

/** Closes the sinks that are not among those of before. */
export async function closeNew(
  sinks: readonly OpenSink[],
  before: readonly OpenSink[],
): Promise<void> {
  for (const one of sinks) if (!before.includes(one)) await one.sink.close();
}

async function openSink(
  sink: SinkConfig,
  config: Config,
  host: string,
  logger: Logger,
): Promise<Omit<OpenSink, 'config' | 'iso8601'>> {
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
