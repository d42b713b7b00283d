import { ExportResultCode, type ExportResult } from '@opentelemetry/core';
import { defaultResource, resourceFromAttributes, type Resource } from '@opentelemetry/resources';
import type { LogRecordExporter } from '@opentelemetry/sdk-logs';
import type { Logger } from '../../core/index.js';
import type { Alert } from '../../spool/index.js';
import { withoutSecrets } from '../advice.js';
import type { DeliveryResult, Sink } from '../sink.js';
import { listenToOtel, takePartialSuccess } from './diag.js';
import { blamesMessages, failureOf, otlpAdvice, type ExportFailure } from './failure.js';
import { makeExporter } from './exporter.js';
import type { OtlpSinkOptions } from './options.js';
import { toLogRecord } from './record.js';

const GOODBYE_MS = 1_000;

/**
 * Alerts as OpenTelemetry log records, at least once, in order.
 *
 * @remarks Straight from the spool to the exporter: the SDK's batch processor drops silently when its queue is full or an
 * export fails. The exporter repeats what a collector may take later within its own time-out; then the spool holds it. It is made
 * anew after a failure: renewed certificates are taken up, and no connection is kept that hangs.
 */
export class OtlpSink implements Sink {
  readonly name: string;
  readonly type = 'otlp';
  readonly #options: OtlpSinkOptions;
  readonly #resource: Resource;
  readonly #logger: Logger;
  #exporter: LogRecordExporter | null = null;
  /** The export begun last, also one that was given up. */
  #running: Promise<unknown> = Promise.resolve();

  private constructor(options: OtlpSinkOptions, host: string, logger: Logger) {
    this.name = options.name;
    this.#options = options;
    this.#logger = logger;
    this.#resource = defaultResource().merge(
      resourceFromAttributes({
        'service.name': 'saker',
        'host.name': host,
        'os.type': 'linux',
        ...options.resource,
      }),
    );
    listenToOtel(logger);
  }

  /** @param context.host - `host.name` of the resource. Connects at the first delivery. */
  static open(
    options: OtlpSinkOptions,
    context: { readonly host: string; readonly logger: Logger },
  ): OtlpSink {
    return new OtlpSink(options, context.host, context.logger);
  }

  async deliver(batch: readonly Alert[], signal: AbortSignal): Promise<DeliveryResult> {
    // One that was given up may still arrive; it ends by its own time-out.
    await this.#running;
    let exporter: LogRecordExporter;
    try {
      exporter = this.#exporter ??= await makeExporter(this.#options);
    } catch (error) {
      return this.#retry(failureOf(error));
    }
    const rejected: Rejected[] = [];
    let unnamed = null as { readonly count: number; readonly reason: string } | null;
    const lots: { readonly from: number; readonly to: number }[] = [{ from: 0, to: batch.length }];
    for (let lot = lots.pop(); lot; lot = lots.pop()) {
      const alerts = batch.slice(lot.from, lot.to);
      const outcome = await this.#export(exporter, alerts, signal);
      if (outcome.kind === 'failed') {
        const failure = failureOf(outcome.error);
        if (!blamesMessages(failure)) {
          void this.close();
          return this.#retry(failure);
        }
        // Halves, the earlier one next, until it is known which alert is to blame.
        const middle = (lot.from + lot.to) >> 1;
        if (alerts.length > 1)
          lots.push({ from: middle, to: lot.to }, { from: lot.from, to: middle });
        else rejected.push({ index: lot.from, reason: failure.reason });
      } else if (outcome.refused >= alerts.length) {
        for (let index = lot.from; index < lot.to; index++)
          rejected.push({ index, reason: outcome.said });
      } else if (outcome.refused > 0) {
        unnamed = { count: (unnamed?.count ?? 0) + outcome.refused, reason: outcome.said };
      } else if (outcome.said !== '') {
        this.#logger.warn('collector took all alerts with a warning', {
          sink: this.name,
          said: outcome.said,
        });
      }
    }
    if (rejected.length === 0 && !unnamed) return { kind: 'delivered' };
    return { kind: 'partial', rejected, ...(unnamed ? { unnamed } : {}) };
  }

  async close(): Promise<void> {
    const exporter = this.#exporter;
    this.#exporter = null;
    if (!exporter) return;
    let timer: NodeJS.Timeout | undefined;
    const enough = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, GOODBYE_MS);
    });
    await Promise.race([exporter.shutdown().catch(() => undefined), enough]);
    clearTimeout(timer);
  }

  /** Secrets stay out of it: the collector's words may repeat what it was sent, the library's what it was given. */
  #retry(failure: ExportFailure): DeliveryResult {
    const reason = withoutSecrets(failure.reason, Object.values(this.#options.headers));
    return { kind: 'retry', reason, hint: otlpAdvice({ ...failure, reason }) };
  }

  #export(
    exporter: LogRecordExporter,
    alerts: readonly Alert[],
    signal: AbortSignal,
  ): Promise<Outcome> {
    const records = alerts.map((alert) => toLogRecord(alert, this.#resource));
    const exporting = new Promise<Outcome>((resolve) => {
      exporter.export(records, (result) => {
        resolve(outcomeOf(result));
      });
    });
    this.#running = exporting;
    return new Promise<Outcome>((resolve) => {
      const stop = () => {
        resolve({ kind: 'failed', error: signal.reason });
      };
      if (signal.aborted) stop();
      else signal.addEventListener('abort', stop, { once: true });
      void exporting.then((outcome) => {
        signal.removeEventListener('abort', stop);
        resolve(outcome);
      });
    });
  }
}

interface Rejected {
  readonly index: number;
  readonly reason: string;
}

type Outcome =
  | { readonly kind: 'taken'; readonly refused: number; readonly said: string }
  | { readonly kind: 'failed'; readonly error: unknown };

/** First thing in the callback: what the collector refused is told on the side (`diag.ts`). */
function outcomeOf(result: ExportResult): Outcome {
  const partial = takePartialSuccess();
  if (result.code !== ExportResultCode.SUCCESS) return { kind: 'failed', error: result.error };
  const refused = Number(partial?.rejectedLogRecords ?? 0);
  const said = partial?.errorMessage ?? '';
  return {
    kind: 'taken',
    refused,
    said: said === '' && refused > 0 ? 'refused by the collector' : said,
  };
}
