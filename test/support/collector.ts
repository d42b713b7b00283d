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
  readonly #ports: readonly [number, number];
  #process: ServerProcess | null = null;

  private constructor(dir: string, binary: string, ports: readonly [number, number]) {
    this.#dir = dir;
    this.#binary = binary;
    this.#ports = ports;
  }

  static async start(dir: string): Promise<Collector> {
    mkdirSync(dir, { recursive: true });
    const binary = join(await getPart('otelcol'), 'otelcol');
    const [http = 0, grpc = 0] = await freePorts(2);
    const collector = new Collector(dir, binary, [http, grpc]);
    await collector.restart();
    return collector;
  }

  endpoint(protocol: 'http' | 'grpc'): string {
    return `http://127.0.0.1:${this.#ports[protocol === 'http' ? 0 : 1]}`;
  }

  /** @param limitMib - Memory it allows itself; 2 makes it refuse everything soon after its start. */
  async restart(limitMib = 256): Promise<void> {
    await this.stop();
    const [http, grpc] = this.#ports;
    const config = join(this.#dir, 'config.yaml');
    writeFileSync(
      config,
      `receivers: { otlp: { protocols: { grpc: { endpoint: "127.0.0.1:${grpc}" }, http: { endpoint: "127.0.0.1:${http}" } } } }
processors: { memory_limiter: { check_interval: 1s, limit_mib: ${limitMib}, spike_limit_mib: ${Math.max(1, limitMib >> 2)} } }
exporters: { file: { path: "${this.#dir}/out.jsonl", rotation: { max_megabytes: 1000 } } }
service: { telemetry: { metrics: { level: none } }, pipelines: { logs: { receivers: [otlp], processors: [memory_limiter], exporters: [file] } } }
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
