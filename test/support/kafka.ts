import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import kafkajs, { type Kafka } from 'kafkajs';
// Brings the codec for zstd, which kafkajs lacks.
import '../../sensor/sinks/kafka/index.js';
import { getPart } from './get-part.js';
import { freePorts, ServerProcess } from './process.js';

const JVM = ['-Xms64m', '-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'];
const LOGGING = [
  '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
  '-Dorg.slf4j.simpleLogger.log.kafka.server.KafkaRaftServer=info',
];
const CLUSTER_ID = 'saker-test-cluster-001';

/** What one message was, in the order of its partition. */
export interface ReadMessage {
  readonly topic: string;
  readonly partition: number;
  readonly key: string;
  readonly value: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** What a broker offers besides the plain listener of a test's own client. */
export interface KafkaExtras {
  /** Further listeners on ports of their own: name to protocol (`SASL_SSL`). */
  readonly listeners: Readonly<Record<string, string>>;
  /** Lines of its properties. */
  readonly properties: string;
  /** Arguments of the formatting: users. */
  readonly format: readonly string[];
}

/** Real brokers (KRaft, each also a controller) on 127.0.0.1. */
export class KafkaCluster {
  readonly #dir: string;
  readonly #classPath: string;
  readonly #ports: readonly number[];
  readonly #nodes: (ServerProcess | null)[] = [];
  /** Of further listeners, by name. */
  readonly #extraPorts = new Map<string, number>();
  readonly client: Kafka;

  private constructor(dir: string, classPath: string, ports: readonly number[]) {
    this.#dir = dir;
    this.#classPath = classPath;
    this.#ports = ports;
    this.client = new kafkajs.Kafka({
      clientId: 'test',
      brokers: this.brokers,
      logLevel: kafkajs.logLevel.NOTHING,
      retry: { retries: 20, initialRetryTime: 100, maxRetryTime: 1000 },
    });
  }

  /** @param dir - Empty; holds logs and data. */
  static async start(dir: string, nodes: number, extras?: KafkaExtras): Promise<KafkaCluster> {
    const libs = join(await getPart('kafka'), 'libs', '*');
    const names = Object.keys(extras?.listeners ?? {});
    const ports = await freePorts(nodes * 2 + names.length);
    const cluster = new KafkaCluster(dir, libs, ports.slice(0, nodes));
    names.forEach((name, at) => cluster.#extraPorts.set(name, ports[nodes * 2 + at] ?? 0));
    const voters = ports
      .slice(nodes, nodes * 2)
      .map((port, index) => `${index + 1}@127.0.0.1:${port}`);
    for (const [index, port] of cluster.#ports.entries()) {
      const controllerPort = ports[nodes + index] ?? 0;
      cluster.#configure(index + 1, port, controllerPort, voters.join(','), nodes, extras);
    }
    await Promise.all(cluster.#ports.map((_, index) => cluster.startNode(index + 1)));
    return cluster;
  }

  get brokers(): string[] {
    return this.#ports.map((port) => `127.0.0.1:${port}`);
  }

  /** Address of a further listener. */
  listener(name: string): string {
    return `127.0.0.1:${this.#extraPorts.get(name)}`;
  }

  async startNode(id: number): Promise<void> {
    const command = [
      'java',
      ...JVM,
      ...LOGGING,
      '-cp',
      this.#classPath,
      'kafka.Kafka',
      this.#file(id),
    ];
    this.#nodes[id] = await ServerProcess.start(
      command,
      `${this.#dir}/${id}.log`,
      'Kafka Server started',
    );
  }

  node(id: number): ServerProcess {
    const node = this.#nodes[id];
    if (!node) throw new Error(`node ${id} does not run`);
    return node;
  }

  createTopic(topic: string, partitions: number): Promise<void> {
    return this.createTopics([topic], partitions);
  }

  async createTopics(topics: readonly string[], numPartitions: number): Promise<void> {
    const admin = this.client.admin();
    await admin.connect();
    const replicationFactor = this.#ports.length;
    await admin.createTopics({
      topics: topics.map((topic) => ({ topic, numPartitions, replicationFactor })),
      waitForLeaders: true,
    });
    await admin.disconnect();
  }

  /** Node that leads a partition. */
  async leaderOf(topic: string, partition: number): Promise<number> {
    const admin = this.client.admin();
    await admin.connect();
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
    await admin.disconnect();
    return topics[0]?.partitions.find((one) => one.partitionId === partition)?.leader ?? -1;
  }

  /** Every message that is there now in topics. */
  async readAll(...topics: readonly string[]): Promise<ReadMessage[]> {
    const admin = this.client.admin();
    await admin.connect();
    const open = new Map<string, number>();
    for (const topic of topics) {
      for (const { partition, high } of await admin.fetchTopicOffsets(topic)) {
        if (Number(high) > 0) open.set(`${topic}/${partition}`, Number(high));
      }
    }
    await admin.disconnect();
    if (open.size === 0) return [];
    /** By their place: after a crash the reader begins anew. */
    const messages = new Map<string, ReadMessage>();
    const consumer = this.client.consumer({ groupId: `read-${Date.now()}-${Math.random()}` });
    try {
      await consumer.connect();
      await consumer.subscribe({ topics: [...topics], fromBeginning: true });
      await new Promise<void>((resolve, reject) => {
        // A coordinator that has just moved still loads: the client starts itself again.
        consumer.on(consumer.events.CRASH, ({ payload }) => {
          if (!payload.restart) reject(payload.error);
        });
        consumer
          .run({
            eachMessage: async ({ topic, partition, message }) => {
              const headers = Object.entries(message.headers ?? {}).map(([k, v]) => [k, String(v)]);
              const from = `${topic}/${partition}`;
              messages.set(`${from}/${message.offset}`, {
                topic,
                partition,
                key: String(message.key),
                value: String(message.value),
                headers: Object.fromEntries(headers) as Record<string, string>,
              });
              if (Number(message.offset) + 1 >= (open.get(from) ?? 0)) open.delete(from);
              if (open.size === 0) resolve();
            },
          })
          .catch(reject);
      });
    } finally {
      await consumer.disconnect();
    }
    return [...messages.values()];
  }

  async stop(): Promise<void> {
    await Promise.all(this.#nodes.flatMap((node) => (node ? [node.stop()] : [])));
  }

  #file(id: number): string {
    return join(this.#dir, `${id}.properties`);
  }

  #configure(
    id: number,
    port: number,
    controllerPort: number,
    voters: string,
    nodes: number,
    extras: KafkaExtras = { listeners: {}, properties: '', format: [] },
  ): void {
    const inSync = nodes > 1 ? 2 : 1;
    const listeners = [`PLAINTEXT://127.0.0.1:${port}`, `CONTROLLER://127.0.0.1:${controllerPort}`];
    const protocols = ['PLAINTEXT:PLAINTEXT', 'CONTROLLER:PLAINTEXT'];
    for (const [name, protocol] of Object.entries(extras.listeners)) {
      listeners.push(`${name}://${this.listener(name)}`);
      protocols.push(`${name}:${protocol}`);
    }
    mkdirSync(this.#dir, { recursive: true });
    writeFileSync(
      this.#file(id),
      `process.roles=broker,controller
node.id=${id}
controller.quorum.voters=${voters}
controller.listener.names=CONTROLLER
listeners=${listeners.join(',')}
listener.security.protocol.map=${protocols.join(',')}
log.dirs=${this.#dir}/data${id}
auto.create.topics.enable=false
default.replication.factor=${nodes}
min.insync.replicas=${inSync}
offsets.topic.num.partitions=1
offsets.topic.replication.factor=${nodes}
transaction.state.log.num.partitions=1
transaction.state.log.replication.factor=${nodes}
transaction.state.log.min.isr=${inSync}
group.initial.rebalance.delay.ms=0
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
${extras.properties}`,
    );
    const format = ['kafka.tools.StorageTool', 'format', '-t', CLUSTER_ID, '-c', this.#file(id)];
    const args = [...JVM, ...LOGGING, '-cp', this.#classPath, ...format, ...extras.format];
    const run = spawnSync('java', args, {
      encoding: 'utf8',
    });
    if (run.status !== 0) throw new Error(`format: ${run.stderr || run.stdout}`);
  }
}
