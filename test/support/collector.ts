import { readFileSync, existsSync, writeFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { getPart } from './get-part.js';
import { freePorts, ServerProcess } from './process.js';

/** A log record as the collector wrote it (OTLP/JSON). */
export interface CollectedRecord {
  readonly timeUnixNano: string;
  readonly severityNumber: number;
  readonly severityText: string;
  readonly eventName?: string;
  readonly body: { readonly stringValue: string };
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly resource: Readonly<Record<string, unknown>>;
}

/** A real OpenTelemetry collector on 127.0.0.1 that writes what it takes to a file. */
export class Collector {
  readonly #dir: string;
  readonly #binary: string;
  readonly #receivers: readonly Receiver[];
  #process: ServerProcess | null = null;

  private constructor(dir: string, binary: string, receivers: readonly Receiver[]) {
    this.#dir = dir;
    this.#binary = binary;
    this.#receivers = receivers;
  }

  /** @param secure - Further receivers by name, with the collector's `tls` settings. */
  static async start(
    dir: string,
    secure: Readonly<Record<string, Readonly<Record<string, string>>>> = {},
  ): Promise<Collector> {
    mkdirSync(dir, { recursive: true });
    const binary = join(await getPart('otelcol'), 'otelcol');
    const wanted = Object.entries({ plain: null, ...secure });
    const ports = await freePorts(wanted.length * 2);
    const receivers = wanted.map(([name, tls], at) => ({
      name,
      tls,
      http: ports[at * 2] ?? 0,
      grpc: ports[at * 2 + 1] ?? 0,
    }));
    const collector = new Collector(dir, binary, receivers);
    await collector.restart();
    return collector;
  }

  endpoint(protocol: 'http' | 'grpc', receiver = 'plain'): string {
    const found = this.#receivers.find(({ name }) => name === receiver);
    return `${found?.tls ? 'https' : 'http'}://127.0.0.1:${found?.[protocol]}`;
  }

  /** @param limitMib - Memory it allows itself; 2 makes it refuse everything soon after its start. */
  async restart(limitMib = 256): Promise<void> {
    await this.stop();
    const receivers = this.#receivers.map(({ name, tls, http, grpc }) => {
      const at = (port: number) =>
        JSON.stringify({ endpoint: `127.0.0.1:${port}`, ...(tls ? { tls } : {}) });
      return `otlp/${name}: { protocols: { grpc: ${at(grpc)}, http: ${at(http)} } }`;
    });
    const config = join(this.#dir, 'config.yaml');
    writeFileSync(
      config,
      `receivers: { ${receivers.join(', ')} }
processors: { memory_limiter: { check_interval: 1s, limit_mib: ${limitMib}, spike_limit_mib: ${Math.max(1, limitMib >> 2)} } }
exporters: { file: { path: "${this.#dir}/out.jsonl", rotation: { max_megabytes: 1000 } } }
service: { telemetry: { metrics: { level: none } }, pipelines: { logs: { receivers: [${this.#receivers.map(({ name }) => `otlp/${name}`).join(', ')}], processors: [memory_limiter], exporters: [file] } } }
`,
    );
    const command = [this.#binary, '--config', `file:${config}`];
    this.#process = await ServerProcess.start(
      command,
      join(this.#dir, 'log'),
      'Everything is ready',
    );
  }

  /** Gone without a goodbye. With rotation its file is written without a buffer, so what it has acknowledged is there. */
  async kill(): Promise<void> {
    await this.#process?.kill();
    this.#process = null;
  }

  async stop(): Promise<void> {
    await this.#process?.stop();
    this.#process = null;
  }

  /** What it has written so far. */
  records(): CollectedRecord[] {
    const path = join(this.#dir, 'out.jsonl');
    if (!existsSync(path)) return [];
    return readFileSync(path, 'utf8')
      .split('\n')
      .filter((line) => line.endsWith('}'))
      .flatMap((line) => (JSON.parse(line) as OtlpJson).resourceLogs)
      .flatMap(({ resource, scopeLogs }) =>
        scopeLogs.flatMap(({ logRecords }) =>
          logRecords.map((record) => ({
            ...record,
            attributes: flatten(record.attributes),
            resource: flatten(resource.attributes),
          })),
        ),
      );
  }
}

interface Receiver {
  readonly name: string;
  readonly tls: Readonly<Record<string, string>> | null;
  readonly http: number;
  readonly grpc: number;
}

interface KeyValue {
  readonly key: string;
  readonly value: Readonly<Record<string, unknown>>;
}

interface OtlpJson {
  readonly resourceLogs: readonly {
    readonly resource: { readonly attributes: readonly KeyValue[] };
    readonly scopeLogs: readonly {
      readonly logRecords: readonly (Omit<CollectedRecord, 'attributes' | 'resource'> & {
        readonly attributes: readonly KeyValue[];
      })[];
    }[];
  }[];
}

function flatten(attributes: readonly KeyValue[]): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
}
