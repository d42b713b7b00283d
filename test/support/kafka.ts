import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import kafkajs, { type Kafka } from 'kafkajs';
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
  readonly partition: number;
  readonly key: string;
  readonly value: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Real brokers (KRaft, each also a controller) on 127.0.0.1. */
export class KafkaCluster {
  readonly #dir: string;
  readonly #classPath: string;
  readonly #ports: readonly number[];
  readonly #nodes: (ServerProcess | null)[] = [];
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
  static async start(dir: string, nodes: number): Promise<KafkaCluster> {
    const libs = join(await getPart('kafka'), 'libs', '*');
    const ports = await freePorts(nodes * 2);
    const cluster = new KafkaCluster(dir, libs, ports.slice(0, nodes));
    const voters = ports.slice(nodes).map((port, index) => `${index + 1}@127.0.0.1:${port}`);
    for (const [index, port] of cluster.#ports.entries()) {
      cluster.#configure(index + 1, port, ports[nodes + index] ?? 0, voters.join(','), nodes);
    }
    await Promise.all(cluster.#ports.map((_, index) => cluster.startNode(index + 1)));
    return cluster;
  }

  get brokers(): string[] {
    return this.#ports.map((port) => `127.0.0.1:${port}`);
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

  async createTopic(topic: string, partitions: number): Promise<void> {
    const admin = this.client.admin();
    await admin.connect();
    const replicationFactor = this.#ports.length;
    await admin.createTopics({
      topics: [{ topic, numPartitions: partitions, replicationFactor }],
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

  /** Every message of a topic that is there now. */
  async readAll(topic: string): Promise<ReadMessage[]> {
    const admin = this.client.admin();
    await admin.connect();
    const offsets = await admin.fetchTopicOffsets(topic);
    await admin.disconnect();
    const open = new Map(offsets.map(({ partition, high }) => [partition, Number(high)]));
    for (const [partition, high] of open) if (high === 0) open.delete(partition);
    const messages: ReadMessage[] = [];
    if (open.size === 0) return messages;
    const consumer = this.client.consumer({ groupId: `read-${Date.now()}-${Math.random()}` });
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await new Promise<void>((resolve, reject) => {
      consumer
        .run({
          eachMessage: async ({ partition, message }) => {
            const headers = Object.entries(message.headers ?? {}).map(([k, v]) => [k, String(v)]);
            messages.push({
              partition,
              key: String(message.key),
              value: String(message.value),
              headers: Object.fromEntries(headers) as Record<string, string>,
            });
            if (Number(message.offset) + 1 >= (open.get(partition) ?? 0)) open.delete(partition);
            if (open.size === 0) resolve();
          },
        })
        .catch(reject);
    });
    await consumer.disconnect();
    return messages;
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
  ): void {
    const inSync = nodes > 1 ? 2 : 1;
    mkdirSync(this.#dir, { recursive: true });
    writeFileSync(
      this.#file(id),
      `process.roles=broker,controller
node.id=${id}
controller.quorum.voters=${voters}
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}
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
`,
    );
    const format = ['kafka.tools.StorageTool', 'format', '-t', CLUSTER_ID, '-c', this.#file(id)];
    const run = spawnSync('java', [...JVM, ...LOGGING, '-cp', this.#classPath, ...format], {
      encoding: 'utf8',
    });
    if (run.status !== 0) throw new Error(`format: ${run.stderr || run.stdout}`);
  }
}
