import { isDeepStrictEqual } from 'node:util';
import type { Logger } from '../../core/index.js';
import { wildcard } from '../../lang/index.js';
import { FileSink, StdoutSink, type Route, type SinkSpec } from '../../sinks/index.js';
import { jsonLine, textLine, type Alert, type JsonOptions } from '../../spool/index.js';
import type { Config, OutputConfig, RouteConfig, SinkConfig } from '../config/index.js';

/** A sink as it was configured, and how it is told to open its files anew. */
export interface OpenSink extends SinkSpec {
  readonly config: SinkConfig;
  /** How its alerts are written. */
  readonly wording: JsonOptions;
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
  const wording = wordingOf(config.output);
  const sinks: OpenSink[] = [];
  try {
    for (const sink of config.sinks) {
      const same = open.find((one) => isDeepStrictEqual(one.config, sink));
      sinks.push(
        isDeepStrictEqual(same?.wording, wording)
          ? same!
          : { ...(await openSink(sink, wording, host, logger)), config: sink, wording },
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
  wording: JsonOptions,
  host: string,
  logger: Logger,
): Promise<Omit<OpenSink, 'config' | 'wording'>> {
  const route = routeOf(sink.route);
  switch (sink.type) {
    case 'stdout': {
      const color = sink.color === 'always' || (sink.color === 'auto' && colorful());
      const format = formatter(sink.format, wording, color);
      return { sink: new StdoutSink({ name: sink.name, format }), route };
    }
    case 'file': {
      const format = formatter(sink.format, wording, false);
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
      const kafka = KafkaSink.open(sink, { host, logger, json: wording });
      return { sink: kafka, route, deadlineMs: deadlineOf(sink) };
    }
    case 'otlp': {
      const { OtlpSink } = await import('../../sinks/otlp/index.js');
      return { sink: OtlpSink.open(sink, { host, logger }), route, deadlineMs: deadlineOf(sink) };
    }
  }
}

function formatter(
  format: 'text' | 'json',
  wording: JsonOptions,
  color: boolean,
): (alert: Alert) => string {
  const { iso8601 = false } = wording;
  return format === 'json'
    ? (alert) => jsonLine(alert, wording)
    : (alert) => textLine(alert, { iso8601, color });
}

const wordingOf = ({ iso8601, json }: OutputConfig): JsonOptions => ({ iso8601, ...json });

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
