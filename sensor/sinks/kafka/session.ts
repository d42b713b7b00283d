import { promisify } from 'node:util';
import { zstdCompress, zstdDecompress } from 'node:zlib';
import kafkajs, {
  type Admin,
  type IHeaders,
  type Producer,
  type RecordMetadata,
  type SASLOptions,
} from 'kafkajs';
import type { Logger } from '../../core/index.js';
import { tlsOptions } from '../tls.js';
import type { KafkaSinkOptions } from './options.js';
import { ignoreNegativeTimeouts } from './warnings.js';

const { CompressionCodecs, CompressionTypes, Kafka, logLevel } = kafkajs;

/** What one message is made of. */
export interface KafkaMessage {
  readonly key: Buffer;
  readonly value: string;
  readonly headers: IHeaders;
}

/** kafkajs waits as long for the first answer on a connection too. */
const CONNECT_MS = 5_000;
const GOODBYE_MS = 500;

const deflateZstd = promisify(zstdCompress);
const inflateZstd = promisify(zstdDecompress);
CompressionCodecs[CompressionTypes.ZSTD] = () => ({
  // Not in kafkajs's types: an encoder comes in, of which only the bytes matter.
  compress: async (encoder: { readonly buffer: Buffer }) => deflateZstd(encoder.buffer),
  decompress: async (buffer: Buffer) => inflateZstd(buffer),
});

const CODECS = {
  none: CompressionTypes.None,
  gzip: CompressionTypes.GZIP,
  zstd: CompressionTypes.ZSTD,
} as const;

/**
 * One client with its connections, thrown away after the first failure that is not about a message: kafkajs never leaves a
 * hung leader by itself.
 */
export class KafkaSession {
  readonly #producer: Producer;
  readonly #admin: Admin;
  readonly #topic: string;
  readonly #compression: kafkajs.CompressionTypes;
  /** Rejects once a broker leaves a request unanswered: waiting for kafkajs's own attempts would ask it again. */
  readonly #hung: Promise<never>;
  #partitions = 0;
  /** Settles with what was begun last. */
  #work: Promise<void> = Promise.resolve();
  #closed = false;

  private constructor(options: KafkaSinkOptions, logger: Logger, rotation: number) {
    ignoreNegativeTimeouts();
    const kafka = new Kafka({
      clientId: options.clientId,
      // One to begin with, another after each failure: of several kafkajs takes any, a hung one too, again and again.
      brokers: options.brokers.slice(rotation % options.brokers.length).slice(0, 1),
      connectionTimeout: Math.min(CONNECT_MS, options.requestTimeoutMs),
      authenticationTimeout: options.requestTimeoutMs,
      requestTimeout: options.requestTimeoutMs,
      retry: { retries: 2, initialRetryTime: 50, maxRetryTime: 500 },
      ...(options.tls ? { ssl: tlsOptions(options.tls) } : {}),
      // A copy: kafkajs keeps its authenticator in this object, and settings are frozen.
      ...(options.sasl ? { sasl: { ...options.sasl } as SASLOptions } : {}),
      logLevel: logLevel.WARN,
      logCreator: () => (entry) => {
        logger.debug('kafka client', { sink: options.name, said: entry.log.message });
      },
    });
    this.#topic = options.topic;
    this.#compression = CODECS[options.compression];
    this.#admin = kafka.admin();
    // Not idempotent: kafkajs asks the controller for the producer's id, which may be the broker that hangs, and never asks
    // anew when the id is lost. What is sent twice has the same `saker-id`.
    this.#producer = kafka.producer({
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      metadataMaxAge: 60_000,
      // The partition is chosen already.
      createPartitioner: () => (choice) => choice.message.partition ?? 0,
      // A new session asks for new metadata, so that a second attempt here would gain nothing.
      retry: { retries: 0 },
    });
    this.#hung = new Promise((_, reject) => {
      const give = ({ payload }: { payload: { broker: string; apiName: string } }) => {
        reject(new Error(`broker ${payload.broker} left ${payload.apiName} unanswered`));
      };
      this.#producer.on(this.#producer.events.REQUEST_TIMEOUT, give);
      this.#admin.on(this.#admin.events.REQUEST_TIMEOUT, give);
    });
    this.#hung.catch(() => undefined);
  }

  /** Connects, and learns the topic's partitions. */
  static async open(
    options: KafkaSinkOptions,
    logger: Logger,
    rotation: number,
    signal: AbortSignal,
  ): Promise<KafkaSession> {
    const session = new KafkaSession(options, logger, rotation);
    try {
      await session.#race(session.#connect(), signal);
      return session;
    } catch (error) {
      await session.close();
      throw error;
    }
  }

  get partitions(): number {
    return this.#partitions;
  }

  /**
   * Sends messages to one partition.
   *
   * @throws what kafkajs throws; `KafkaUncovered` when the answer does not say that this partition took them.
   */
  async send(
    partition: number,
    messages: readonly KafkaMessage[],
    signal: AbortSignal,
  ): Promise<void> {
    const topic = this.#topic;
    const sending = this.#producer.sendBatch({
      acks: -1,
      compression: this.#compression,
      topicMessages: [{ topic, messages: messages.map((message) => ({ ...message, partition })) }],
    });
    assertCovered(await this.#race(sending, signal), topic, partition);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const goodbye = Promise.allSettled([this.#producer.disconnect(), this.#admin.disconnect()]);
    let timer: NodeJS.Timeout | undefined;
    const enough = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, GOODBYE_MS);
    });
    await Promise.race([goodbye, enough]);
    clearTimeout(timer);
    // Work that was given up connects again before it ends (kafkajs: "Cluster has disconnected, reconnecting").
    void this.#work.then(() =>
      Promise.allSettled([this.#producer.disconnect(), this.#admin.disconnect()]),
    );
  }

  async #connect(): Promise<void> {
    await Promise.all([this.#producer.connect(), this.#admin.connect()]);
    const { topics } = await this.#admin.fetchTopicMetadata({ topics: [this.#topic] });
    this.#partitions = topics[0]?.partitions.length ?? 0;
    if (this.#partitions === 0) throw new Error(`topic ${this.#topic} has no partitions`);
    // Only needed once more partitions are wanted: after the next failure.
    await this.#admin.disconnect();
  }

  async #race<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
    let stop: (() => void) | undefined;
    const aborted = new Promise<never>((_, reject) => {
      stop = () => {
        reject(signal.reason instanceof Error ? signal.reason : new Error('stopped'));
      };
      if (signal.aborted) stop();
      signal.addEventListener('abort', stop, { once: true });
    });
    this.#work = work.then(
      () => undefined,
      () => undefined,
    );
    aborted.catch(() => undefined);
    try {
      return await Promise.race([work, this.#hung, aborted]);
    } finally {
      if (stop) signal.removeEventListener('abort', stop);
    }
  }
}

/** The answer left out a partition, or said something of another: the messages count as not sent. */
export class KafkaUncovered extends Error {
  override readonly name = 'KafkaUncovered';
}

/** kafkajs resolves when any broker answered; only this tells that our partition did. */
export function assertCovered(
  answers: readonly RecordMetadata[],
  topic: string,
  partition: number,
): void {
  const ours = answers.filter((one) => one.topicName === topic && one.partition === partition);
  if (ours.length === 1 && ours[0]?.errorCode === 0) return;
  const seen = answers.map((one) => `${one.topicName}/${one.partition}:${one.errorCode}`);
  throw new KafkaUncovered(
    `no acknowledgement for ${topic}/${partition} among [${seen.join(', ')}]`,
  );
}
