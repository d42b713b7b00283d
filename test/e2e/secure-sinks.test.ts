import { readFileSync } from 'node:fs';
import { request, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import kafkajs from 'kafkajs';
import { stringify } from 'yaml';
import { Authority, type Certificate } from '../support/certificates.js';
import { makeCgroup, type Cgroup } from '../support/cgroup.js';
import { Collector } from '../support/collector.js';
import { startDaemon, type Daemon } from '../support/daemon.js';
import { getPart } from '../support/get-part.js';
import { KafkaCluster, type KafkaExtras } from '../support/kafka.js';
import { program } from '../support/needs.js';
import { collectorPart, kafkaPart } from '../support/part.js';
import { mustExec } from '../support/place.js';
import { describeHere } from '../support/places.js';
import { programs } from '../support/programs.js';

const RULES = `
- rule: Opened
  desc: A file of this test.
  condition: evt.type in (open, openat) and fd.name startswith /no/such/folder/
  output: "%fd.name"
  priority: NOTICE
`;

/** No text that comes out of the sensor may hold one of these. */
const SECRETS = {
  plain: 'pw-plain-71c9f0',
  scram: 'pw-scram-e83ab2',
  wrong: 'pw-wrong-5d20aa',
  bearer: 'bearer-9ab4417c',
  wrongBearer: 'bearer-0ff0ff0f',
} as const;

type Settings = Readonly<Record<string, unknown>>;

/** A sink as it is at first and when it is mended, and what its status says meanwhile. */
interface Case {
  readonly broken: Settings;
  readonly error: RegExp;
  readonly hint: RegExp;
  /** Null: the mending is done elsewhere. */
  readonly mended: Settings | null;
}

interface SecureStatus {
  readonly sinks: readonly {
    readonly name: string;
    readonly state: string;
    readonly lag: number;
    readonly delivered: number;
    readonly missed: number;
    readonly rejected: number;
    readonly lastError: string | null;
    readonly hint: string | null;
  }[];
}

describeHere(
  'peers that ask for encryption and credentials',
  (place) => {
    const folder = `/run/saker-secure-${process.pid}`;
    const file = `${folder}/saker.yaml`;
    const passwordFile = `${folder}/password`;
    let cgroup: Cgroup;
    let authority: Authority;
    let client: Certificate;
    let kafka: KafkaCluster;
    let collector: Collector;
    let gate: Server;
    let daemon: Daemon;

    beforeAll(async () => {
      cgroup = await makeCgroup(place());
      await mustExec(
        place(),
        `mkdir -m 700 -p ${folder}/certs && cat > ${folder}/rules.yaml <<'R'\n${RULES}\nR`,
      );
      await Promise.all([getPart('kafka'), getPart('otelcol')]);
      authority = new Authority(`${folder}/certs`);
      const good = authority.issue('good', 'IP:127.0.0.1,DNS:localhost');
      const misnamed = authority.issue('misnamed', 'DNS:broker.example.com');
      const expired = authority.issue('expired', 'IP:127.0.0.1', -1);
      client = authority.issue('client', 'DNS:client');
      kafka = await KafkaCluster.start(
        `${folder}/kafka`,
        1,
        secureBroker({ good, misnamed, expired }, authority.ca),
      );
      const tls = (one: Certificate) => ({ cert_file: one.cert, key_file: one.key });
      collector = await Collector.start(`${folder}/otelcol`, {
        good: tls(good),
        misnamed: tls(misnamed),
        mutual: { ...tls(good), client_ca_file: authority.ca },
      });
      gate = await bearerGate(good, collector.endpoint('http'));
    });

    afterAll(async () => {
      await daemon?.remove();
      gate?.close();
      await Promise.all([kafka?.stop(), collector?.stop()]);
      await cgroup?.remove();
      await place().exec(`rm -rf ${folder}`);
    });

    const status = async (): Promise<SecureStatus['sinks']> => {
      const ran = await daemon.command('status -o json');
      return (JSON.parse(ran.stdout) as SecureStatus).sinks;
    };
    const until = async (sinks: (all: SecureStatus['sinks']) => boolean, ms: number) => {
      for (const end = Date.now() + ms; ;) {
        const all = await status();
        if (sinks(all)) return all;
        if (Date.now() > end) return all;
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
    };

    it('are served; where something is wrong it is said what to do, nothing is lost, and no secret shows', async () => {
      const kafkaSink = (listener: string, more: Settings): Settings => ({
        type: 'kafka',
        brokers: [listener === 'plain' ? kafka.brokers[0] : kafka.listener(listener)],
        request_timeout_seconds: 3,
        ...more,
      });
      const tls = { ca: authority.ca };
      const sasl = (mechanism: string, password: string, username = 'saker') => ({
        sasl: { mechanism, username, password },
      });
      const plain = sasl('plain', SECRETS.plain);
      const scram = sasl('scram-sha-512', SECRETS.scram);
      const pair = { cert: client.cert, key: client.key };
      const otlp = (protocol: 'http' | 'grpc', receiver: string, more: Settings): Settings => ({
        type: 'otlp',
        protocol,
        endpoint: collector.endpoint(protocol, receiver),
        request_timeout_seconds: 3,
        ...more,
      });
      const gateSink = (bearer: string): Settings => ({
        type: 'otlp',
        endpoint: `https://127.0.0.1:${(gate.address() as AddressInfo).port}`,
        tls,
        headers: { authorization: `Bearer ${bearer}` },
      });
      const working: Readonly<Record<string, Settings>> = {
        'k-plain': kafkaSink('GOOD', { tls, ...plain }),
        'k-scram256': kafkaSink('GOOD', { tls, ...sasl('scram-sha-256', SECRETS.scram) }),
        'k-scram512': kafkaSink('GOOD', { tls, ...scram }),
        'o-http': otlp('http', 'good', { tls }),
        'o-grpc': otlp('grpc', 'good', { tls }),
      };
      const cases: Readonly<Record<string, Case>> = {
        'k-password': {
          broken: kafkaSink('GOOD', { tls, ...sasl('plain', `file:${passwordFile}`) }),
          error: /authentication failed/i,
          hint: /sasl\.username and sasl\.password/,
          mended: kafkaSink('GOOD', { tls, ...sasl('plain', `file:${passwordFile}`) }),
        },
        'k-scram-password': {
          broken: kafkaSink('GOOD', { tls, ...sasl('scram-sha-512', SECRETS.wrong) }),
          error: /authentication failed/i,
          hint: /sasl\.username and sasl\.password/,
          mended: kafkaSink('GOOD', { tls, ...scram }),
        },
        'k-mechanism': {
          broken: kafkaSink('PLAINONLY', { tls, ...scram }),
          error: /does not support/,
          hint: /sasl\.mechanism/,
          mended: kafkaSink('PLAINONLY', { tls, ...plain }),
        },
        'k-authority': {
          broken: kafkaSink('GOOD', { tls: {}, ...plain }),
          error: /certificate/,
          hint: /tls\.ca$/,
          mended: kafkaSink('GOOD', { tls, ...plain }),
        },
        'k-name': {
          broken: kafkaSink('MISNAMED', { tls, ...plain }),
          error: /altnames/,
          hint: /tls\.server_name/,
          mended: kafkaSink('MISNAMED', {
            tls: { ...tls, server_name: 'broker.example.com' },
            ...plain,
          }),
        },
        'k-expired': {
          broken: kafkaSink('EXPIRED', { tls, ...plain }),
          error: /expired/,
          hint: /renew it there/,
          mended: kafkaSink('GOOD', { tls, ...plain }),
        },
        'k-no-tls': {
          broken: kafkaSink('GOOD', plain),
          error: /./,
          hint: /set tls: \{\}/,
          mended: kafkaSink('GOOD', { tls, ...plain }),
        },
        'k-no-user': {
          broken: kafkaSink('GOOD', { tls }),
          error: /./,
          hint: /set sasl/,
          mended: kafkaSink('GOOD', { tls, ...plain }),
        },
        'k-tls-at-plain': {
          broken: kafkaSink('plain', { tls }),
          error: /./,
          hint: /does not speak TLS/,
          mended: kafkaSink('plain', {}),
        },
        'k-no-cert': {
          broken: kafkaSink('MUTUAL', { tls }),
          error: /./,
          hint: /tls\.cert and tls\.key/,
          mended: kafkaSink('MUTUAL', { tls: { ...tls, ...pair } }),
        },
        'k-denied': {
          broken: kafkaSink('GOOD', { tls, ...plain }),
          error: /not authorized/i,
          hint: /allow user saker to Write and Describe topic k-denied/,
          mended: null,
        },
        'k-no-topic': {
          broken: kafkaSink('plain', {}),
          error: /./,
          hint: /create topic k-no-topic/,
          mended: null,
        },
        'o-authority': {
          broken: otlp('http', 'good', { tls: {} }),
          error: /certificate/,
          hint: /tls\.ca$/,
          mended: otlp('http', 'good', { tls }),
        },
        'o-grpc-authority': {
          broken: otlp('grpc', 'good', {}),
          error: /certificate/,
          hint: /tls\.ca$/,
          mended: otlp('grpc', 'good', { tls }),
        },
        'o-grpc-name': {
          broken: otlp('grpc', 'misnamed', { tls }),
          error: /altnames/,
          hint: /tls\.server_name/,
          mended: otlp('grpc', 'misnamed', { tls: { ...tls, server_name: 'broker.example.com' } }),
        },
        'o-no-cert': {
          broken: otlp('http', 'mutual', { tls }),
          error: /./,
          hint: /tls\.cert and tls\.key/,
          mended: otlp('http', 'mutual', { tls: { ...tls, ...pair } }),
        },
        'o-bearer': {
          broken: gateSink(SECRETS.wrongBearer),
          error: /401/,
          hint: /authorization/,
          mended: gateSink(SECRETS.bearer),
        },
      };
      const config = (sinks: Readonly<Record<string, Settings>>) =>
        stringify({
          sinks: Object.entries(sinks).map(([name, sink]) => ({
            name,
            ...sink,
            ...(sink['type'] === 'kafka' ? { topic: name } : { resource: { sink: name } }),
          })),
        });
      const configure = (sinks: Readonly<Record<string, Settings>>) =>
        mustExec(place(), `umask 077; cat > ${file} <<'Y'\n${config(sinks)}\nY`);
      const pick = (which: (one: Case) => Settings) =>
        Object.fromEntries(Object.entries(cases).map(([name, one]) => [name, which(one)]));
      const topics = [...Object.keys(working), ...Object.keys(cases)].filter((n) => n[0] === 'k');
      await kafka.createTopics(
        topics.filter((topic) => topic !== 'k-no-topic'),
        1,
      );
      await allow(
        kafka,
        topics.filter((topic) => topic !== 'k-denied'),
      );

      // Broken.
      await mustExec(place(), `umask 077; printf '%s\\n' ${SECRETS.wrong} > ${passwordFile}`);
      await configure({ ...working, ...pick(({ broken }) => broken) });
      daemon = await startDaemon(place(), {
        cgroup: cgroup.path,
        rules: [`${folder}/rules.yaml`],
        args: ['-c', file, '--log-level', 'debug'],
      });
      const count = 40;
      await mustExec(
        place(),
        cgroup.inside(`exec ${programs.opens} 1 ${count} /no/such/folder/x > /dev/null`),
      );
      const told = await until(
        (all) => all.every(({ name, lag, hint }) => (cases[name] ? hint !== null : lag === 0)),
        120_000,
      );
      const said = (name: string) => told.find((one) => one.name === name);
      for (const name of Object.keys(working)) {
        expect([name, said(name)]).toMatchObject([
          name,
          { lag: 0, delivered: count, lastError: null, hint: null },
        ]);
      }
      const unlike = Object.entries(cases).flatMap(([name, { error, hint }]) => {
        const { lastError, hint: todo, lag, delivered } = said(name)!;
        const well = error.test(lastError ?? '') && hint.test(todo ?? '') && lag === count;
        return well && delivered === 0 ? [] : [{ name, lastError, todo, lag, delivered }];
      });
      expect(unlike).toEqual([]);
      const texts = [
        await daemon.command('status'),
        await daemon.command('status -o json'),
        await place().exec(`bin/saker config show ${file}`),
        await place().exec(`bin/saker config check ${file}`),
      ].map(({ stdout, stderr }) => stdout + stderr);
      expect(texts[0]).toMatch(/k-name: the peer’s certificate is for another name/);

      // Mended.
      await mustExec(place(), `umask 077; printf '%s\\n' ${SECRETS.plain} > ${passwordFile}`);
      await kafka.createTopic('k-no-topic', 1);
      await allow(kafka, ['k-denied', 'k-no-topic']);
      await configure({ ...working, ...pick(({ mended, broken }) => mended ?? broken) });
      const reloaded = await daemon.command('config reload -o json');
      expect([reloaded.status, reloaded.stderr]).toEqual([0, '']);
      const { sinks } = JSON.parse(reloaded.stdout) as { sinks: { changed: string[] } };
      expect([...sinks.changed].sort()).toEqual(
        Object.keys(cases)
          .filter((name) => cases[name]?.mended !== null)
          .sort(),
      );
      const well = await until((all) => all.every(({ lag }) => lag === 0), 120_000);
      expect(well.filter(({ lag, missed, rejected }) => lag + missed + rejected > 0)).toEqual([]);
      expect(await daemon.stop()).toBe(0);

      const messages = await kafka.readAll(...topics);
      const perTopic = topics.map((topic) => {
        const ids = messages.filter((m) => m.topic === topic).map((m) => m.headers['saker-id']);
        return [topic, new Set(ids).size];
      });
      expect(perTopic).toEqual(topics.map((topic) => [topic, count]));
      const records = collector.records();
      for (const name of [...Object.keys(working), ...Object.keys(cases)]) {
        if (name[0] === 'k') continue;
        const ids = records
          .filter(({ resource }) => resource['sink'] === name)
          .map(({ attributes }) => attributes['log.record.uid']);
        expect([name, new Set(ids).size]).toEqual([name, count]);
      }
      texts.push(await daemon.log(), reloaded.stdout);
      for (const secret of Object.values(SECRETS)) {
        expect(texts.filter((text) => text.includes(secret))).toEqual([]);
      }
    });
  },
  [kafkaPart, collectorPart, program('openssl')],
);

/** Listeners with each certificate, and one that wants the client's; users `saker` by PLAIN and SCRAM; ACLs in force. */
function secureBroker(
  certificates: Readonly<Record<'good' | 'misnamed' | 'expired', Certificate>>,
  ca: string,
): KafkaExtras {
  const login = 'org.apache.kafka.common.security';
  const keystore = (name: string, { bundle }: Certificate) =>
    `listener.name.${name}.ssl.keystore.type=PEM\nlistener.name.${name}.ssl.keystore.location=${bundle}\n`;
  const plain = (name: string) =>
    `listener.name.${name}.plain.sasl.jaas.config=${login}.plain.PlainLoginModule required user_saker="${SECRETS.plain}";\n`;
  const scram = (name: string) =>
    ['256', '512']
      .map(
        (bits) =>
          `listener.name.${name}.scram-sha-${bits}.sasl.jaas.config=${login}.scram.ScramLoginModule required;\n`,
      )
      .join('');
  const { good, misnamed, expired } = certificates;
  return {
    listeners: {
      GOOD: 'SASL_SSL',
      PLAINONLY: 'SASL_SSL',
      MISNAMED: 'SASL_SSL',
      EXPIRED: 'SASL_SSL',
      MUTUAL: 'SSL',
    },
    properties: `authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:ANONYMOUS
sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512
listener.name.plainonly.sasl.enabled.mechanisms=PLAIN
${keystore('good', good)}${keystore('plainonly', good)}${keystore('misnamed', misnamed)}${keystore('expired', expired)}${keystore('mutual', good)}
listener.name.mutual.ssl.client.auth=required
listener.name.mutual.ssl.truststore.type=PEM
listener.name.mutual.ssl.truststore.location=${ca}
${plain('good')}${scram('good')}${plain('plainonly')}${plain('misnamed')}${scram('misnamed')}${plain('expired')}${scram('expired')}`,
    format: ['256', '512'].flatMap((bits) => [
      '--add-scram',
      `SCRAM-SHA-${bits}=[name=saker,password=${SECRETS.scram}]`,
    ]),
  };
}

/** Lets the test's users write to topics. */
async function allow(kafka: KafkaCluster, topics: readonly string[]): Promise<void> {
  const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } = kafkajs;
  const admin = kafka.client.admin();
  await admin.connect();
  await admin.createAcls({
    acl: topics.flatMap((resourceName) =>
      ['User:saker', 'User:CN=client'].flatMap((principal) =>
        [AclOperationTypes.WRITE, AclOperationTypes.DESCRIBE].map((operation) => ({
          resourceType: AclResourceTypes.TOPIC,
          resourceName,
          resourcePatternType: ResourcePatternTypes.LITERAL,
          principal,
          host: '*',
          operation,
          permissionType: AclPermissionTypes.ALLOW,
        })),
      ),
    ),
  });
  await admin.disconnect();
}

/** Stands before a collector as a reverse proxy does: TLS, and a token that it checks. Says what it was sent when it is wrong. */
function bearerGate({ cert, key }: Certificate, to: string): Promise<Server> {
  const gate = createTlsServer({ cert: readFileSync(cert), key: readFileSync(key) }, (req, res) => {
    const { authorization } = req.headers;
    if (authorization !== `Bearer ${SECRETS.bearer}`) {
      res.writeHead(401, 'Unauthorized').end(`not accepted: ${authorization}`);
      req.resume();
      return;
    }
    const through = request(`${to}${req.url}`, { method: req.method, headers: req.headers });
    through.on('response', (answer) => {
      res.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(res);
    });
    through.on('error', () => res.writeHead(502).end());
    req.pipe(through);
  });
  return new Promise((resolve) => {
    gate.listen(0, '127.0.0.1', () => {
      resolve(gate);
    });
  });
}
