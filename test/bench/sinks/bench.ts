import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DeadLetters, Delivery, FileSink, type Sink } from '../../../sensor/sinks/index.js';
import { KafkaSink } from '../../../sensor/sinks/kafka/index.js';
import { OtlpSink } from '../../../sensor/sinks/otlp/index.js';
import { jsonLine, SpoolShared, SpoolWriter } from '../../../sensor/spool/index.js';
import { Collector } from '../../support/collector.js';
import { KafkaCluster } from '../../support/kafka.js';
import { formatRatio, spread } from '../spread.js';

const ALERTS = 20_000;
const ROUNDS = 5;
const quiet = () => undefined;
const logger = { error: quiet, warn: quiet, info: quiet, debug: quiet };

interface Measured {
  readonly perSecond: number;
  readonly cpuUsEach: number;
}

/** Alerts a second from the spool to real peers, and the CPU that this process spends on each, beside the file sink's. */
export async function benchSinks(): Promise<void> {
  const dir = mkdtempSync('/var/tmp/saker-bench-');
  let kafka: KafkaCluster | null = null;
  let collector: Collector | null = null;
  try {
    kafka = await KafkaCluster.start(join(dir, 'kafka'), 1);
    await kafka.createTopic('bench', 3);
    collector = await Collector.start(join(dir, 'otelcol'));
    await compare(dir, makers(dir, kafka, collector));
  } catch (error) {
    if (kafka && collector) throw error;
    console.log(`skipped: no broker or collector (${String(error)})`);
  } finally {
    await Promise.all([kafka?.stop(), collector?.stop()]);
    rmSync(dir, { recursive: true, force: true });
  }
}

async function compare(dir: string, sinks: ReadonlyMap<string, () => Sink>): Promise<void> {
  const results = new Map<string, Measured[]>();
  for (let round = -1; round < ROUNDS; round++) {
    for (const [name, make] of sinks) {
      const measured = await run(join(dir, `${name}-${round}`), make());
      if (round >= 0) results.set(name, [...(results.get(name) ?? []), measured]);
    }
  }
  const base = results.get('file') ?? [];
  for (const [name, rounds] of results) {
    const rate = spread(rounds.map((one) => one.perSecond));
    const cpu = spread(rounds.map((one) => one.cpuUsEach));
    const ratio = spread(
      rounds.map((one, index) => one.cpuUsEach / (base[index]?.cpuUsEach ?? NaN)),
    );
    console.log(
      `${name.padEnd(11)} ${rate.median.toFixed(0).padStart(7)} alerts/s (${rate.min.toFixed(0)}–${rate.max.toFixed(0)}), ` +
        `${cpu.median.toFixed(1)} µs CPU each, ${formatRatio(ratio)} × the file sink`,
    );
  }
}

/** A spool filled beforehand, drained by one sink. */
async function run(dir: string, sink: Sink): Promise<Measured> {
  const shared = new SpoolShared();
  const writer = SpoolWriter.open({ dir, hostname: 'bench', shared, logger });
  for (let i = 0; i < ALERTS; i++) {
    writer.append({
      timeNs: `1767323045${String(i).padStart(9, '0')}`,
      kind: 'rule',
      rule: 'Shell talks to the cloud metadata service',
      priority: 'Critical',
      source: 'syscall',
      tags: ['credential_access', 'T1552.005'],
      message: `A shell reached for the metadata service (exe=/usr/bin/bash pid=${i})`,
      fields: `{"evt.time":1767323045${String(i).padStart(9, '0')},"fd.rip":"169.254.169.254","fd.rport":80,"proc.cmdline":"curl http://169.254.169.254/${i}","proc.exepath":"/usr/bin/curl","proc.pid":${i}}`,
      generation: 1,
      subject: null,
    });
  }
  const cpu = process.cpuUsage();
  const start = performance.now();
  const delivery = new Delivery({
    spoolDir: dir,
    shared,
    sinks: [{ sink, route: { minPriority: 'Debug', wants: () => true } }],
    deadLetters: new DeadLetters(join(dir, 'dead')),
    logger,
  });
  while ((delivery.status()[0]?.lag ?? 0) > 0)
    await new Promise((resolve) => setTimeout(resolve, 1));
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  await delivery.close(5000);
  writer.close();
  return { perSecond: ALERTS / seconds, cpuUsEach: (user + system) / ALERTS };
}

function makers(dir: string, kafka: KafkaCluster, collector: Collector): Map<string, () => Sink> {
  const context = { host: 'bench', logger };
  const otlp = (protocol: 'http' | 'grpc') => () =>
    OtlpSink.open(
      {
        name: 'otlp',
        endpoint: collector.endpoint(protocol),
        protocol,
        compression: 'gzip',
        headers: {},
        requestTimeoutMs: 10_000,
        resource: {},
        tls: null,
      },
      context,
    );
  const toKafka = (compression: 'none' | 'zstd') => () =>
    KafkaSink.open(
      {
        name: 'kafka',
        brokers: kafka.brokers,
        topic: 'bench',
        key: 'host',
        compression,
        clientId: 'bench',
        requestTimeoutMs: 10_000,
        tls: null,
        sasl: null,
      },
      context,
    );
  const toFile = () =>
    new FileSink({
      name: 'file',
      path: join(dir, 'out.jsonl'),
      format: (a) => jsonLine(a),
      fsync: false,
    });
  return new Map<string, () => Sink>([
    ['file', toFile],
    ['kafka', toKafka('none')],
    ['kafka zstd', toKafka('zstd')],
    ['otlp http', otlp('http')],
    ['otlp grpc', otlp('grpc')],
  ]);
}
