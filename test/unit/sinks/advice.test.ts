import { connectionAdvice, withoutSecrets } from '../../../sensor/sinks/advice.js';
import { kafkaAdvice } from '../../../sensor/sinks/kafka/advice.js';
import type { KafkaSinkOptions } from '../../../sensor/sinks/kafka/index.js';
import { otlpAdvice } from '../../../sensor/sinks/otlp/failure.js';
import { OtlpSink } from '../../../sensor/sinks/otlp/index.js';
import type { Alert } from '../../../sensor/spool/index.js';
import { newAlert, quietLogger } from '../spool/support.js';

describe('what to do about a peer', () => {
  // As Node 24 and OpenSSL 3 say it; test/e2e/secure-sinks.test.ts gets most of them from real peers.
  it.each([
    ['Connection error: self-signed certificate in certificate chain', 'tls.ca'],
    ['unable to verify the first certificate', 'tls.ca'],
    ['certificate has expired', 'renew'],
    ['certificate is not yet valid', 'clocks'],
    ["Hostname/IP does not match certificate's altnames: IP: 127.0.0.1", 'tls.server_name'],
    ['ssl/tls alert certificate required:SSL alert number 116', 'tls.cert'],
    ['SSL routines:ssl3_get_record:wrong version number', 'does not speak TLS'],
    ["ENOENT: no such file or directory, open '/etc/saker/ca.pem'", 'PEM files'],
    ['getaddrinfo ENOTFOUND broker.example.com', 'DNS'],
    ['connect ECONNREFUSED 127.0.0.1:9092', 'nobody listens'],
    ['connect EHOSTUNREACH 10.0.0.9:9092', 'routes and firewalls'],
  ])('“%s”: %s', (said, todo) => {
    expect(connectionAdvice(said)).toContain(todo);
  });

  it('is said only where it is known', () => {
    expect(connectionAdvice('something new')).toBeNull();
    const options = { topic: 't', tls: {}, sasl: {} } as unknown as KafkaSinkOptions;
    expect(kafkaAdvice('NOT_ENOUGH_REPLICAS', 'fewer in-sync replicas', options)).toBeNull();
    expect(otlpAdvice({ code: 503, reason: '503 busy' })).toBeNull();
  });

  it('tells a missing TLS from a missing user by what is configured', () => {
    const advice = (tls: object | null, sasl: object | null) =>
      kafkaAdvice(null, 'Closed connection', {
        topic: 't',
        tls,
        sasl,
      } as unknown as KafkaSinkOptions);
    expect(advice(null, null)).toContain('tls: {}');
    expect(advice({}, null)).toContain('set sasl');
    expect(advice({}, {})).toBeNull();
  });
});

describe('words of peers and libraries', () => {
  it('are shown without the secrets they repeat', () => {
    expect(
      withoutSecrets('not accepted: Bearer abcd1234 (abcd1234)', ['Bearer abcd1234', 'abcd1234']),
    ).toBe('not accepted: ******** (********)');
    // Too short to be told from innocent text.
    expect(withoutSecrets('a b c', ['b', ''])).toBe('a b c');
  });

  it('that name an unusable header do not show its value', async () => {
    const sink = OtlpSink.open(
      {
        name: 'o',
        endpoint: 'http://127.0.0.1:1',
        protocol: 'grpc',
        compression: 'none',
        headers: { authorization: 'Bearer hunter22\u0007' },
        requestTimeoutMs: 200,
        resource: {},
        tls: null,
      },
      { host: 'h', logger: quietLogger },
    );
    const alert: Alert = { ...newAlert('m'), v: 1, id: 'i', seq: 1, hostname: 'h' };
    const result = await sink.deliver([alert], new AbortController().signal);
    expect(result).toMatchObject({ kind: 'retry', reason: expect.stringContaining('illegal') });
    expect(JSON.stringify(result)).not.toContain('hunter22');
    await sink.close();
  });
});
