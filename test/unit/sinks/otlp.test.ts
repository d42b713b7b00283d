import { emptyResource } from '@opentelemetry/resources';
import { OtlpSink } from '../../../sensor/sinks/otlp/index.js';
import { toLogRecord } from '../../../sensor/sinks/otlp/record.js';
import { EVENTS_LOST_RULE, LOSS_RULE, type Alert } from '../../../sensor/spool/index.js';
import {
  startGrpcCollector,
  startHttpCollector,
  type FakeCollector,
} from '../../support/fake-collector.js';
import { newAlert, quietLogger } from '../spool/support.js';

const never = new AbortController().signal;

function alert(index: number, extra: Partial<Alert> = {}): Alert {
  const id = `0199f2c4-7a11-7000-8000-${String(index).padStart(12, '0')}`;
  return { ...newAlert(`message <${index}>`), v: 1, id, seq: index, hostname: 'lab1', ...extra };
}

function openSink(protocol: 'http' | 'grpc', endpoint: string, requestTimeoutMs = 2000): OtlpSink {
  return OtlpSink.open(
    {
      name: 'otel',
      endpoint,
      protocol,
      compression: 'gzip',
      headers: { authorization: 'Bearer t' },
      requestTimeoutMs,
      resource: { 'deployment.environment.name': 'lab' },
      tls: null,
    },
    { host: 'lab1', logger: quietLogger },
  );
}

describe('an alert as a log record', () => {
  const resource = emptyResource();

  it('carries id, rule, severity and times of kernel and append', () => {
    const record = toLogRecord(
      alert(7, { priority: 'Critical', tags: ['T1059.004', 'mitre_execution', 'T1059'] }),
      resource,
    );
    expect(record).toMatchObject({
      eventName: 'saker.alert',
      severityNumber: 18,
      severityText: 'Critical',
      body: 'message <7>',
      hrTime: [1767323045, 6],
      hrTimeObserved: [
        0x0199f2c47a11 / 1000 - ((0x0199f2c47a11 / 1000) % 1),
        (0x0199f2c47a11 % 1000) * 1e6,
      ],
      attributes: {
        'log.record.uid': '0199f2c4-7a11-7000-8000-000000000007',
        'security_rule.name': 'Config edit',
        'saker.seq': 7,
        'file.path': '/srv/app.conf',
        'process.executable.name': 'vi',
        'saker.threat.technique.id': ['T1059.004', 'T1059'],
      },
    });
  });

  it('names fields by the conventions where they have a name, and keeps big numbers digit by digit', () => {
    const fields =
      '{"fd.name":"10.0.0.1:1->10.0.0.2:443","fd.rip":"10.0.0.2","fd.rport":443,"proc.pname":"sh","proc.pid":12,' +
      '"evt.time":1767323045000000006,"user.name":null,"proc.aname":["a","b"],"proc.is_exe_writable":true}';
    const subject = {
      pid: 12,
      startNs: '5',
      exe: '/bin/sh',
      containerId: 'f'.repeat(64),
      podUid: 'u-1',
    };
    const { attributes } = toLogRecord(alert(1, { fields, subject }), resource);
    expect(attributes).toMatchObject({
      'saker.fd.name': '10.0.0.1:1->10.0.0.2:443',
      'network.peer.address': '10.0.0.2',
      'network.peer.port': 443,
      'saker.proc.pname': 'sh',
      'saker.evt.time': '1767323045000000006',
      'saker.proc.aname': ['a', 'b'],
      'saker.proc.is_exe_writable': true,
      'process.pid': 12,
      'process.executable.path': '/bin/sh',
      'container.id': 'f'.repeat(64),
      'k8s.pod.uid': 'u-1',
    });
    expect(attributes).not.toHaveProperty('process.user.name');
  });

  it.each([
    ['Emergency', 21],
    ['Alert', 19],
    ['Error', 17],
    ['Warning', 13],
    ['Notice', 10],
    ['Informational', 9],
    ['Debug', 5],
  ] as const)('turns %s into severity %i', (priority, number) => {
    expect(toLogRecord(alert(1, { priority }), resource).severityNumber).toBe(number);
  });

  it('tells enforcement and the sensor’s own losses apart', () => {
    expect(toLogRecord(alert(1, { kind: 'verdict' }), resource).eventName).toBe(
      'saker.enforcement',
    );
    for (const rule of [LOSS_RULE, EVENTS_LOST_RULE]) {
      expect(toLogRecord(alert(1, { kind: 'internal', rule }), resource).eventName).toBe(
        'saker.sensor.loss',
      );
    }
    expect(toLogRecord(alert(1, { kind: 'internal', rule: 'x' }), resource).eventName).toBe(
      'saker.sensor',
    );
  });
});

describe.each([
  ['http', startHttpCollector, { unavailable: 503, invalid: 400 }],
  ['grpc', startGrpcCollector, { unavailable: 14, invalid: 3 }],
] as const)('the OpenTelemetry sink over %s', (protocol, start, codes) => {
  let collector: FakeCollector;
  let sink: OtlpSink;
  beforeEach(async () => {
    collector = await start();
    sink = openSink(protocol, collector.endpoint);
  });
  afterEach(async () => {
    await sink.close();
    await sink.close();
    await collector.close();
  });

  it('delivers a batch in one request with headers and resource', async () => {
    const batch = Array.from({ length: 50 }, (_, i) => alert(i));
    expect(await sink.deliver(batch, never)).toEqual({ kind: 'delivered' });
    expect(collector.bodies).toHaveLength(1);
    const text = collector.bodies[0]?.toString('latin1') ?? '';
    for (const { id } of batch) expect(text).toContain(id);
    for (const part of [
      'service.name',
      'saker',
      'host.name',
      'lab1',
      'deployment.environment.name',
    ]) {
      expect(text).toContain(part);
    }
    expect(collector.headers[0]).toMatchObject({ authorization: 'Bearer t' });
    if (protocol === 'http') expect(collector.headers[0]).toMatchObject({ path: '/v1/logs' });
  });

  it('keeps the batch while the collector is overloaded, silent or gone', async () => {
    const batch = [alert(1)];
    collector.answer = () => ({ kind: 'refuse', code: codes.unavailable, said: 'memory limit' });
    expect(await sink.deliver(batch, never)).toMatchObject({ kind: 'retry' });
    collector.answer = () => ({ kind: 'hang' });
    const hasty = openSink(protocol, collector.endpoint, 300);
    expect(await hasty.deliver(batch, never)).toMatchObject({ kind: 'retry' });
    await hasty.close();
    collector.answer = () => ({ kind: 'ok' });
    expect(await sink.deliver(batch, never)).toEqual({ kind: 'delivered' });
    const gone = openSink(protocol, 'http://127.0.0.1:1');
    expect(await gone.deliver(batch, never)).toMatchObject({ kind: 'retry' });
    await gone.close();
  });

  it('takes over what the collector refused of a batch without saying which', async () => {
    collector.answer = () => ({ kind: 'partial', refused: 2, said: 'too old' });
    expect(await sink.deliver([alert(1), alert(2), alert(3)], never)).toEqual({
      kind: 'partial',
      rejected: [],
      unnamed: { count: 2, reason: 'too old' },
    });
    expect(await sink.deliver([alert(4), alert(5)], never)).toEqual({
      kind: 'partial',
      rejected: [
        { index: 0, reason: 'too old' },
        { index: 1, reason: 'too old' },
      ],
    });
    collector.answer = () => ({ kind: 'partial', refused: 0, said: 'please use gzip' });
    expect(await sink.deliver([alert(6)], never)).toEqual({ kind: 'delivered' });
    collector.answer = () => ({ kind: 'ok' });
    expect(await sink.deliver([alert(7)], never)).toEqual({ kind: 'delivered' });
  });

  it('finds the one alert a collector calls invalid, and delivers the others', async () => {
    const bad = alert(11).id;
    const taken: Buffer[] = [];
    collector.answer = (body) => {
      if (body.includes(bad)) return { kind: 'refuse', code: codes.invalid, said: 'bad attribute' };
      taken.push(body);
      return { kind: 'ok' };
    };
    const batch = Array.from({ length: 20 }, (_, i) => alert(i));
    const result = await sink.deliver(batch, never);
    expect(result).toMatchObject({ kind: 'partial', rejected: [{ index: 11 }] });
    expect(result.kind === 'partial' && result.rejected[0]?.reason).toContain('bad attribute');
    const all = Buffer.concat(taken);
    for (const { id } of batch) expect(all.includes(id)).toBe(id !== bad);
  });

  it('does not dead-letter alerts for a wrong address or a missing permission', async () => {
    const refusals = protocol === 'http' ? [401, 403, 404] : [16, 7, 12];
    for (const code of refusals) {
      collector.answer = () => ({ kind: 'refuse', code, said: 'no' });
      expect(await sink.deliver([alert(1)], never)).toMatchObject({ kind: 'retry' });
    }
  });

  it('gives up at once when told to stop', async () => {
    collector.answer = () => ({ kind: 'hang' });
    const hasty = openSink(protocol, collector.endpoint, 400);
    // Not by its own timeout, whose words are others.
    expect(await hasty.deliver([alert(1)], AbortSignal.timeout(50))).toMatchObject({
      kind: 'retry',
      reason: expect.stringContaining('aborted due to timeout'),
    });
    await hasty.close();
  });
});
