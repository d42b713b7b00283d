// node --import ./test/support/run-ts.mjs test/support/spool-deliverer.ts '{"dir":…,"brokers":[…],"topic":…,"otlp":…,"rate":…}'
// A spool with its writer and all its sinks in one process: appends (`rate` a second, 0: none) and delivers until it is killed
// or, without a rate, until every sink has everything. Appended numbers are noted in DIR/noted.
import { openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { DeadLetters } from '../../sensor/sinks/dead-letters.js';
import { Delivery } from '../../sensor/sinks/deliver.js';
import { FileSink } from '../../sensor/sinks/file/file-sink.js';
import { KafkaSink } from '../../sensor/sinks/kafka/kafka-sink.js';
import { OtlpSink } from '../../sensor/sinks/otlp/otlp-sink.js';
import { jsonLine, SpoolShared, SpoolWriter } from '../../sensor/spool/index.js';

const options = JSON.parse(process.argv[2] ?? '{}') as {
  dir: string;
  brokers: string[];
  topic: string;
  otlp: string;
  rate: number;
};
const quiet = () => undefined;
const logger = { error: quiet, warn: quiet, info: quiet, debug: quiet };
const spoolDir = join(options.dir, 'spool');
const shared = new SpoolShared();
const writer = SpoolWriter.open({ dir: spoolDir, hostname: 'lab1', shared, logger });
const context = { host: 'lab1', logger };
const route = { minPriority: 'Debug', wants: () => true } as const;
const sinks = [
  new FileSink({
    name: 'file',
    path: join(options.dir, 'out.jsonl'),
    format: (a) => jsonLine(a),
    fsync: false,
  }),
  KafkaSink.open(
    {
      name: 'kafka',
      brokers: options.brokers,
      topic: options.topic,
      key: 'host',
      compression: 'zstd',
      clientId: 'test',
      requestTimeoutMs: 3000,
      tls: null,
      sasl: null,
    },
    context,
  ),
  OtlpSink.open(
    {
      name: 'otlp',
      endpoint: options.otlp,
      protocol: 'http',
      compression: 'gzip',
      headers: {},
      requestTimeoutMs: 3000,
      resource: {},
      tls: null,
    },
    context,
  ),
];
const delivery = new Delivery({
  spoolDir,
  shared,
  sinks: sinks.map((sink) => ({ sink, route })),
  deadLetters: new DeadLetters(join(options.dir, 'dead')),
  logger,
});
const noted = openSync(join(options.dir, 'noted'), 'a');
const started = Date.now();
let appended = 0;
setInterval(() => {
  const due = Math.floor(((Date.now() - started) / 1000) * options.rate);
  for (; appended < due; appended++) {
    const seq = writer.append({
      timeNs: `${Date.now()}000000`,
      kind: 'rule',
      rule: 'r',
      priority: appended % 3 ? 'Warning' : 'Critical',
      source: 'syscall',
      tags: [],
      message: `m${appended}`,
      fields: '{}',
      generation: 1,
      subject: null,
    });
    writeSync(noted, `${seq}\n`);
  }
  if (options.rate === 0 && delivery.status().every((sink) => sink.lag === 0)) {
    void delivery.close(5000).then(() => process.exit(0));
  }
}, 10);
process.stdout.write('ready\n');
