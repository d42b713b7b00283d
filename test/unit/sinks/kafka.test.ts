import kafkajs from 'kafkajs';
import { KafkaSink, murmur2, partitionFor } from '../../../sensor/sinks/kafka/index.js';
import { assertCovered } from '../../../sensor/sinks/kafka/session.js';
import type { Alert } from '../../../sensor/spool/index.js';
import { FakeKafka } from '../../support/fake-kafka.js';
import { newAlert, quietLogger } from '../spool/support.js';

let seq = 0;
function alert(podUid: string | null = null, message = 'm'): Alert {
  seq++;
  const subject = { pid: 1, startNs: '1', exe: null, containerId: null, podUid };
  return { ...newAlert(message), v: 1, id: `id-${seq}`, seq, hostname: 'lab1', subject };
}

function openSink(
  cluster: FakeKafka,
  extra: { compression?: 'none' | 'gzip' | 'zstd'; requestTimeoutMs?: number } = {},
): KafkaSink {
  return KafkaSink.open(
    {
      name: 'siem',
      brokers: cluster.brokers,
      topic: cluster.topic,
      key: 'pod',
      compression: extra.compression ?? 'zstd',
      clientId: 'saker',
      requestTimeoutMs: extra.requestTimeoutMs ?? 10_000,
      tls: null,
      sasl: null,
    },
    { host: 'lab1', logger: quietLogger },
  );
}

/** A pod uid whose alerts go to the partition. */
function podIn(partition: number, partitions: number): string {
  for (let i = 0; ; i++) {
    if (partitionFor(Buffer.from(`pod-${i}`), partitions) === partition) return `pod-${i}`;
  }
}

const never = new AbortController().signal;
const ids = (cluster: FakeKafka) =>
  cluster.logs.map((log) => log.map((r) => r.headers['saker-id']));

async function withCluster(
  nodes: number,
  partitions: number,
  run: (cluster: FakeKafka) => Promise<void>,
): Promise<void> {
  const cluster = await FakeKafka.start({ topic: 'alerts', nodes, partitions });
  try {
    await run(cluster);
  } finally {
    await cluster.close();
  }
}

describe('the partition of a key', () => {
  // Vectors of Apache Kafka's own UtilsTest#testMurmur2, as published facts.
  it.each([
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
    ['abc', 479470107],
  ])('hashes %s as Java does', (key, hash) => {
    expect(murmur2(Buffer.from(key))).toBe(hash);
    expect(partitionFor(Buffer.from(key), 7)).toBe((hash & 0x7fffffff) % 7);
  });

  it('agrees with the client library’s partitioner on any bytes', () => {
    const library = kafkajs.Partitioners.DefaultPartitioner();
    const partitionMetadata = Array.from({ length: 13 }, (_, partitionId) => ({
      partitionId,
      leader: 1,
    }));
    for (let i = 0; i < 500; i++) {
      const key = Buffer.from(Array.from({ length: i % 23 }, (_, j) => (i * 31 + j * 17) & 0xff));
      if (key.length === 0) continue;
      const message = { key, value: '' };
      const theirs = library({
        topic: 't',
        message,
        partitionMetadata: partitionMetadata as never,
      });
      expect(partitionFor(key, 13)).toBe(theirs);
    }
  });
});

describe('the Kafka sink', () => {
  it.each(['none', 'gzip', 'zstd'] as const)(
    'delivers with %s: key, headers, Falco’s JSON',
    async (compression) => {
      await withCluster(2, 3, async (cluster) => {
        const sink = openSink(cluster, { compression });
        const batch = Array.from({ length: 40 }, (_, i) => alert(i % 4 ? `pod-${i % 5}` : null));
        expect(await sink.deliver(batch, never)).toEqual({ kind: 'delivered' });
        const records = cluster.logs.flat();
        expect(records).toHaveLength(40);
        const [one] = records.filter((r) => r.headers['saker-id'] === batch[0]?.id);
        expect(one).toMatchObject({
          key: 'lab1',
          headers: {
            'saker-seq': String(batch[0]?.seq),
            'saker-rule': 'Config edit',
            'saker-severity': 'warning',
            'content-type': 'application/json',
          },
        });
        expect(JSON.parse(one?.value ?? '')).toMatchObject({
          uuid: batch[0]?.id,
          rule: 'Config edit',
        });
        for (const [partition, log] of cluster.logs.entries()) {
          for (const record of log)
            expect(partitionFor(Buffer.from(record.key), 3)).toBe(partition);
        }
        const produce = cluster.requests.filter((r) => r.api === 'Produce');
        expect(produce.every((r) => r.partitions.length === 1)).toBe(true);
        await sink.close();
        await sink.close();
      });
    },
  );

  it('loses nothing where the client library alone does: a leader moves to a broker that has answered', async () => {
    await withCluster(2, 2, async (cluster) => {
      const kafka = new kafkajs.Kafka({
        brokers: cluster.brokers,
        logLevel: kafkajs.logLevel.NOTHING,
        retry: { retries: 5, initialRetryTime: 20 },
      });
      const producer = kafka.producer({
        createPartitioner:
          () =>
          ({ message }) =>
            message.partition ?? 0,
      });
      await producer.connect();
      const both = (tag: string) => [
        {
          topic: 'alerts',
          messages: [0, 1].map((partition) => ({ partition, value: `${tag}${partition}` })),
        },
      ];
      await producer.sendBatch({ acks: -1, topicMessages: both('warm-up ') });
      // The client still believes that node 1 leads partition 0; node 2 answers for partition 1 in the same call.
      cluster.leaders[0] = 2;
      const answers = await producer.sendBatch({ acks: -1, topicMessages: both('lost ') });
      await producer.disconnect();
      // The library resolved, and says itself that only one partition took anything.
      expect(answers.map((one) => one.partition)).toEqual([1]);
      expect(cluster.logs.map((log) => log.length)).toEqual([1, 2]);
      expect(() => assertCovered(answers, 'alerts', 0)).toThrow('no acknowledgement for alerts/0');
    });
    await withCluster(2, 2, async (cluster) => {
      const sink = openSink(cluster, { requestTimeoutMs: 500 });
      const pods = [podIn(0, 2), podIn(1, 2)] as const;
      await sink.deliver([alert(pods[0]), alert(pods[1])], never);
      cluster.leaders[0] = 2;
      const batch = [alert(pods[0]), alert(pods[1]), alert(pods[0])];
      expect(await sink.deliver(batch, never)).toMatchObject({ kind: 'retry' });
      expect(await sink.deliver(batch, never)).toEqual({ kind: 'delivered' });
      expect(cluster.logs.map((log) => log.length)).toEqual([3, 2]);
      expect(ids(cluster)[0]?.slice(1)).toEqual([batch[0]?.id, batch[2]?.id]);
      await sink.close();
    });
  });

  it('takes an answer that leaves its partition out for a failure', async () => {
    await withCluster(1, 1, async (cluster) => {
      const sink = openSink(cluster);
      cluster.onProduce = () => ({ kind: 'omit' });
      const batch = [alert()];
      const failed = await sink.deliver(batch, never);
      expect(failed).toMatchObject({ kind: 'retry' });
      expect(failed.kind === 'retry' && failed.reason).toContain('no acknowledgement for alerts/0');
      cluster.onProduce = () => null;
      expect(await sink.deliver(batch, never)).toEqual({ kind: 'delivered' });
      expect(new Set(ids(cluster)[0])).toEqual(new Set([batch[0]?.id]));
      await sink.close();
    });
  });

  it('leaves a broker that hangs, and does not send again what another has acknowledged', async () => {
    await withCluster(2, 2, async (cluster) => {
      const sink = openSink(cluster, { requestTimeoutMs: 500 });
      const pods = [podIn(1, 2), podIn(0, 2)] as const;
      await sink.deliver([alert(pods[0]), alert(pods[1])], never);
      cluster.hang(1);
      const batch = [alert(pods[0]), alert(pods[1])];
      const start = Date.now();
      const failed = await sink.deliver(batch, never);
      expect(failed).toMatchObject({ kind: 'retry' });
      expect(Date.now() - start).toBeLessThan(10_000);
      cluster.leaders[0] = 2;
      // How many attempts it takes depends on which broker each session begins at; how long may not.
      const until = Date.now() + 40_000;
      while ((await sink.deliver(batch, never)).kind !== 'delivered')
        expect(Date.now()).toBeLessThan(until);
      expect(cluster.logs.map((log) => log.length)).toEqual([2, 2]);
      await sink.close();
    });
  });

  it.each([true, false])(
    'repeats what a cut connection left open (appended: %s)',
    async (append) => {
      await withCluster(1, 1, async (cluster) => {
        const sink = openSink(cluster);
        let cuts = 0;
        cluster.onProduce = () => (cuts++ < 1 ? { kind: 'cut', append } : null);
        const batch = [alert(), alert()];
        let result = await sink.deliver(batch, never);
        if (result.kind === 'retry') result = await sink.deliver(batch, never);
        expect(result).toEqual({ kind: 'delivered' });
        expect(new Set(ids(cluster)[0])).toEqual(new Set(batch.map((a) => a.id)));
        await sink.close();
      });
    },
  );

  it('finds the one message the broker will never take, and delivers the others', async () => {
    await withCluster(1, 1, async (cluster) => {
      const sink = openSink(cluster, { compression: 'none' });
      cluster.onProduce = ({ bytes }) => (bytes > 20_000 ? { kind: 'error', code: 10 } : null);
      const batch = Array.from({ length: 30 }, (_, i) =>
        alert(null, i === 17 ? 'x'.repeat(30_000) : `m${i}`),
      );
      const result = await sink.deliver(batch, never);
      expect(result).toMatchObject({ kind: 'partial', rejected: [{ index: 17 }] });
      const expected = batch.filter((_, i) => i !== 17).map((a) => a.id);
      expect(ids(cluster)[0]).toEqual(expected);
      await sink.close();
    });
  });

  it('says retry when nobody listens, when told to stop, and for a broker’s refusal', async () => {
    await withCluster(1, 1, async (cluster) => {
      const sink = openSink(cluster);
      cluster.onProduce = () => ({ kind: 'error', code: 29 });
      const refused = await sink.deliver([alert()], never);
      expect(refused.kind === 'retry' && refused.reason).toMatch(/[Aa]uthori/);
      cluster.hang(1);
      const stopping = sink.deliver([alert()], AbortSignal.timeout(100));
      expect(await stopping).toMatchObject({ kind: 'retry' });
      await sink.close();
      await cluster.close();
      const alone = openSink(cluster_gone());
      expect(await alone.deliver([alert()], never)).toMatchObject({ kind: 'retry' });
      await alone.close();
    });
    function cluster_gone(): FakeKafka {
      return { brokers: ['127.0.0.1:1'], topic: 'alerts' } as unknown as FakeKafka;
    }
  });
});
