import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DeadLetters, Delivery } from '../../sensor/sinks/index.js';
import { KafkaSink } from '../../sensor/sinks/kafka/index.js';
import { SpoolShared, SpoolWriter } from '../../sensor/spool/index.js';
import { KafkaCluster } from '../support/kafka.js';
import { describeWith } from '../support/needs.js';
import { getPart } from '../support/get-part.js';
import { kafkaPart } from '../support/part.js';

const quiet = () => undefined;
const logger = { error: quiet, warn: quiet, info: quiet, debug: quiet };
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describeWith([kafkaPart], 'a cluster of three brokers', () => {
  let dir: string;
  let kafka: KafkaCluster;

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'saker-failover-'));
    await getPart('kafka');
    kafka = await KafkaCluster.start(join(dir, 'kafka'), 3);
    await kafka.createTopic('alerts', 1);
  });

  afterAll(async () => {
    await kafka.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  it('loses nothing when the leader is killed, hangs, and leaves, under load', async () => {
    const shared = new SpoolShared();
    const spoolDir = join(dir, 'spool');
    const writer = SpoolWriter.open({ dir: spoolDir, hostname: 'lab1', shared, logger });
    const sink = KafkaSink.open(
      {
        name: 'kafka',
        brokers: kafka.brokers,
        topic: 'alerts',
        key: 'host',
        compression: 'zstd',
        clientId: 'saker',
        requestTimeoutMs: 3000,
        tls: null,
        sasl: null,
      },
      { host: 'lab1', logger },
    );
    const delivery = new Delivery({
      spoolDir,
      shared,
      sinks: [{ sink, route: { minPriority: 'Debug', wants: () => true } }],
      deadLetters: new DeadLetters(join(dir, 'dead')),
      logger,
    });
    const load = setInterval(() => {
      for (let i = 0; i < 5; i++) {
        writer.append({
          timeNs: '1',
          kind: 'rule',
          rule: 'r',
          priority: 'Warning',
          source: 'syscall',
          tags: [],
          message: 'm',
          fields: '{}',
          generation: 1,
          subject: null,
        });
      }
    }, 10);
    const delivered = () => delivery.status()[0]?.delivered ?? 0;
    /** @returns how long it took until more arrived. */
    const recovers = async (within: number): Promise<number> => {
      const start = Date.now();
      await sleep(200);
      const before = delivered();
      while (delivered() === before) {
        if (Date.now() - start > within) throw new Error(`nothing delivered for ${within} ms`);
        await sleep(20);
      }
      return Date.now() - start;
    };
    await recovers(120_000);
    const times: Record<string, number> = {};

    let leader = await kafka.leaderOf('alerts', 0);
    await kafka.node(leader).kill();
    times['killed'] = await recovers(120_000);
    await kafka.startNode(leader);
    await sleep(3000);

    leader = await kafka.leaderOf('alerts', 0);
    kafka.node(leader).signal('SIGSTOP');
    times['hung'] = await recovers(120_000);
    kafka.node(leader).signal('SIGCONT');
    await sleep(3000);

    leader = await kafka.leaderOf('alerts', 0);
    await kafka.node(leader).stop(20_000);
    times['left'] = await recovers(120_000);
    await kafka.startNode(leader);

    clearInterval(load);
    const end = Date.now() + 200_000;
    while ((delivery.status()[0]?.lag ?? 0) > 0 && Date.now() < end) await sleep(50);
    expect(delivery.status()[0]).toMatchObject({ lag: 0, missed: 0, rejected: 0 });
    const appended = shared.appended;
    await delivery.close(5000);
    writer.close();
    const messages = await kafka.readAll('alerts');
    const bySeq = new Map<number, Set<string>>();
    for (const { headers } of messages) {
      const seq = Number(headers['saker-seq']);
      bySeq.set(seq, (bySeq.get(seq) ?? new Set()).add(headers['saker-id'] ?? ''));
    }
    expect(bySeq.size).toBe(appended);
    expect([...bySeq.values()].every((ids) => ids.size === 1)).toBe(true);
    process.stderr.write(
      `without delivery, ms: ${JSON.stringify(times)}; sent twice: ${messages.length - appended}\n`,
    );
  });
});
