import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseConfig, type Config } from '../../../sensor/app/config/index.js';
import { makeSinks } from '../../../sensor/app/daemon/make-sinks.js';
import type { Alert } from '../../../sensor/spool/index.js';
import { FakeKafka } from '../../support/fake-kafka.js';
import { newAlert, quietLogger, withDir } from '../spool/support.js';

const ALERT: Alert = {
  ...newAlert('edited'),
  v: 1,
  id: 'id-1',
  seq: 1,
  hostname: 'lab1',
  subject: null,
  fields: '{"evt.time":7}',
};

function config(text: string): Config {
  const loaded = parseConfig(text, 'saker.yaml');
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  return loaded.config;
}

const WORDING = 'output: { iso_8601: true, json: { message: true, tags: false } }';
const KEYS = 'hostname message output output_fields priority rule seq source time uuid';

/** What one alert becomes in the only sink of a configuration. */
async function deliver(text: string): Promise<void> {
  const [open] = await makeSinks(config(`${WORDING}\n${text}`), 'lab1', quietLogger);
  try {
    const result = await open!.sink.deliver([ALERT], new AbortController().signal);
    expect(result).toEqual({ kind: 'delivered' });
  } finally {
    await open!.sink.close();
  }
}

describe('how alerts are worded reaches every sink', () => {
  const check = (line: string): void => {
    const alert = JSON.parse(line) as { output: string; output_fields: object };
    expect(Object.keys(alert).join(' ')).toBe(KEYS);
    expect(alert.output).toMatch(/^\d{4}-\d\d-\d\dT[0-9:]{8}\.\d{9}\+0000: /);
    expect(Object.keys(alert.output_fields)).toEqual(['evt.time.iso8601']);
  };

  it('a file', () =>
    withDir(async (dir) => {
      const path = join(dir, 'alerts');
      await deliver(`sinks: [{ name: f, type: file, path: ${path}, format: json }]`);
      check(readFileSync(path, 'utf8'));
    }));

  it('a file of text', () =>
    withDir(async (dir) => {
      const path = join(dir, 'alerts');
      await deliver(`sinks: [{ name: f, type: file, path: ${path}, format: text }]`);
      expect(readFileSync(path, 'utf8')).toMatch(/^\d{4}-\d\d-\d\dT.*\+0000: \w+ edited id-1\n$/);
    }));

  it('Kafka', async () => {
    const cluster = await FakeKafka.start({ topic: 'alerts', nodes: 1, partitions: 1 });
    try {
      const brokers = JSON.stringify(cluster.brokers);
      await deliver(`sinks: [{ name: k, type: kafka, brokers: ${brokers}, topic: alerts }]`);
      check(cluster.logs[0]![0]!.value);
    } finally {
      await cluster.close();
    }
  });
});
