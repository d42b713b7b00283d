import type { Logger } from '../../core/index.js';
import { jsonLine, type Alert, type JsonOptions } from '../../spool/index.js';
import type { DeliveryResult, Sink } from '../sink.js';
import { withoutSecrets } from '../advice.js';
import { kafkaAdvice } from './advice.js';
import { kafkaErrorType, reasonOf } from './errors.js';
import type { KafkaSinkOptions } from './options.js';
import { partitionFor } from './partition.js';
import { KafkaSession, type KafkaMessage } from './session.js';

/** About messages, not about the broker: smaller batches, and at last the one message, are to blame. */
const MESSAGE_FAULTS: ReadonlySet<string> = new Set([
  'MESSAGE_TOO_LARGE',
  'RECORD_LIST_TOO_LARGE',
  'INVALID_RECORD',
]);

/**
 * Alerts to a Kafka topic: at least once, in order within a key.
 *
 * @remarks One partition for each call of kafkajs, and every answer is checked: in a call over several partitions kafkajs 2.2.4
 * resolves although a partition was never sent, when its leader moves to a broker that has answered already
 * (`test/unit/sinks/kafka.test.ts` shows it). Acknowledgement by all in-sync replicas. The sink gives up a client at the
 * first failure; the delivery loop decides when to try again.
 */
export class KafkaSink implements Sink {
  readonly name: string;
  readonly type = 'kafka';
  readonly #options: KafkaSinkOptions;
  readonly #logger: Logger;
  readonly #host: string;
  readonly #json: JsonOptions;
  #session: KafkaSession | null = null;
  #failures = 0;
  /** Of a batch that failed in part: its first alert, and the alerts that are settled. */
  #progress: {
    readonly first: string;
    readonly settled: Set<number>;
    rejected: Rejected[];
  } | null = null;

  private constructor(options: KafkaSinkOptions, context: KafkaSinkContext) {
    this.name = options.name;
    this.#options = options;
    this.#host = context.host;
    this.#json = context.json ?? {};
    this.#logger = context.logger;
  }

  /** Connects at the first delivery. */
  static open(options: KafkaSinkOptions, context: KafkaSinkContext): KafkaSink {
    return new KafkaSink(options, context);
  }

  async deliver(batch: readonly Alert[], signal: AbortSignal): Promise<DeliveryResult> {
    const first = batch[0]?.id ?? '';
    if (this.#progress?.first !== first) {
      this.#progress = { first, settled: new Set(), rejected: [] };
    }
    const { settled, rejected } = this.#progress;
    try {
      const session = await this.#connected(signal);
      for (const [partition, indices] of this.#byPartition(batch, session.partitions)) {
        const open = indices.filter((index) => !settled.has(index));
        await this.#send(session, partition, batch, open, signal);
      }
    } catch (error) {
      this.#failures++;
      await this.#drop();
      const reason = withoutSecrets(reasonOf(error), [this.#options.sasl?.password ?? '']);
      return {
        kind: 'retry',
        reason,
        hint: kafkaAdvice(kafkaErrorType(error), reason, this.#options),
      };
    }
    this.#progress = null;
    return rejected.length > 0 ? { kind: 'partial', rejected } : { kind: 'delivered' };
  }

  async close(): Promise<void> {
    await this.#drop();
  }

  async #connected(signal: AbortSignal): Promise<KafkaSession> {
    this.#session ??= await KafkaSession.open(this.#options, this.#logger, this.#failures, signal);
    return this.#session;
  }

  async #drop(): Promise<void> {
    const session = this.#session;
    this.#session = null;
    await session?.close();
  }

  /** Indices of the batch by partition, each in the batch's order. */
  #byPartition(batch: readonly Alert[], partitions: number): Map<number, number[]> {
    const groups = new Map<number, number[]>();
    for (const [index, alert] of batch.entries()) {
      const partition = partitionFor(this.#keyOf(alert), partitions);
      const group = groups.get(partition);
      if (group) group.push(index);
      else groups.set(partition, [index]);
    }
    return groups;
  }

  /** Sends alerts of one partition; where some are refused, halves the lot until it is known which. */
  async #send(
    session: KafkaSession,
    partition: number,
    batch: readonly Alert[],
    indices: readonly number[],
    signal: AbortSignal,
  ): Promise<void> {
    if (indices.length === 0 || !this.#progress) return;
    const alerts = indices.flatMap((index) => batch[index] ?? []);
    try {
      await session.send(
        partition,
        alerts.map((alert) => this.#message(alert)),
        signal,
      );
    } catch (error) {
      const type = kafkaErrorType(error);
      if (type === null || !MESSAGE_FAULTS.has(type)) throw error;
      const [index] = indices;
      if (indices.length > 1 || index === undefined) {
        const middle = indices.length >> 1;
        await this.#send(session, partition, batch, indices.slice(0, middle), signal);
        await this.#send(session, partition, batch, indices.slice(middle), signal);
        return;
      }
      this.#progress.rejected.push({ index, reason: reasonOf(error) });
    }
    for (const index of indices) this.#progress.settled.add(index);
  }

  #keyOf(alert: Alert): Buffer {
    const pod = this.#options.key === 'pod' ? alert.subject?.podUid : null;
    return Buffer.from(pod ?? (alert.hostname || this.#host));
  }

  #message(alert: Alert): KafkaMessage {
    return {
      key: this.#keyOf(alert),
      value: jsonLine(alert, this.#json),
      headers: {
        'saker-id': alert.id,
        'saker-seq': String(alert.seq),
        'saker-rule': alert.rule,
        'saker-severity': alert.priority.toLowerCase(),
        'content-type': 'application/json',
      },
    };
  }
}

/** What a sink needs besides its own settings. */
export interface KafkaSinkContext {
  /** Key of alerts that have no other. */
  readonly host: string;
  readonly logger: Logger;
  /** Which parts an alert has; default: Falco's. */
  readonly json?: JsonOptions;
}

interface Rejected {
  readonly index: number;
  readonly reason: string;
}
