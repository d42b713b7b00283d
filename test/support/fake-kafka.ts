import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';

/**
 * A Kafka cluster in this process: some brokers on TCP ports that speak ApiVersions, Metadata and Produce v3–7,
 * check each batch's CRC-32C, and keep what was appended.
 * Faults are scripted: leaders move, brokers hang, refuse, or answer less than they should. For what a real broker would
 * not do on demand; the real one has its own suite.
 */
export class FakeKafka {
  readonly topic: string;
  readonly #nodes: FakeNode[] = [];
  /** Leader (node id) of each partition. */
  readonly leaders: number[];
  readonly logs: FakeRecord[][];
  readonly requests: {
    readonly node: number;
    readonly api: string;
    readonly partitions: readonly number[];
  }[] = [];
  /** Called before a Produce request is dealt with; what it returns replaces the usual. */
  onProduce: (produce: ProduceSeen) => ProduceFault | null = () => null;

  private constructor(topic: string, nodes: number, partitions: number) {
    this.topic = topic;
    this.leaders = Array.from({ length: partitions }, (_, index) => (index % nodes) + 1);
    this.logs = this.leaders.map(() => []);
  }

  static async start(options: {
    topic: string;
    nodes: number;
    partitions: number;
  }): Promise<FakeKafka> {
    const cluster = new FakeKafka(options.topic, options.nodes, options.partitions);
    for (let id = 1; id <= options.nodes; id++)
      cluster.#nodes.push(await FakeNode.start(id, cluster));
    return cluster;
  }

  get brokers(): string[] {
    return this.#nodes.map((node) => `127.0.0.1:${node.port}`);
  }

  /** From here on the node reads requests and answers none; its sockets stay open. */
  hang(id: number, hung = true): void {
    for (const node of this.#nodes) if (node.id === id) node.hung = hung;
  }

  async close(): Promise<void> {
    for (const node of this.#nodes) await node.close();
  }

  metadata(): Encoder {
    const out = new Encoder().int32(0).int32(this.#nodes.length);
    for (const node of this.#nodes)
      out.int32(node.id).string('127.0.0.1').int32(node.port).string(null);
    out
      .string('fake')
      .int32(1)
      .int32(1)
      .int16(0)
      .string(this.topic)
      .int8(0)
      .int32(this.leaders.length);
    for (const [partition, leader] of this.leaders.entries()) {
      out.int16(0).int32(partition).int32(leader);
      out.int32(1).int32(leader).int32(1).int32(leader).int32(0);
    }
    return out;
  }

  /** @returns the protocol's error code. */
  append(node: number, partition: number, batch: Buffer): number {
    if (this.leaders[partition] !== node) return 6; // NOT_LEADER_OR_FOLLOWER
    const decoded = decodeBatch(batch);
    if (!decoded) return 2; // CORRUPT_MESSAGE
    this.logs[partition]?.push(...decoded);
    return 0;
  }
}

export interface FakeRecord {
  readonly key: string;
  readonly value: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface ProduceSeen {
  readonly node: number;
  readonly partitions: readonly number[];
  readonly bytes: number;
}

export type ProduceFault =
  /** Every partition is answered with this code, nothing is appended. */
  | { readonly kind: 'error'; readonly code: number }
  /** Appends, and answers as if these partitions had not been asked for. */
  | { readonly kind: 'omit' }
  /** Appends (or not), then closes the connection without an answer. */
  | { readonly kind: 'cut'; readonly append: boolean };

const API_NAMES: Readonly<Record<number, string>> = {
  0: 'Produce',
  3: 'Metadata',
  18: 'ApiVersions',
};

class FakeNode {
  readonly id: number;
  readonly #cluster: FakeKafka;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  hung = false;

  private constructor(id: number, cluster: FakeKafka) {
    this.id = id;
    this.#cluster = cluster;
    this.#server = createServer((socket) => {
      this.#serve(socket);
    });
  }

  static async start(id: number, cluster: FakeKafka): Promise<FakeNode> {
    const node = new FakeNode(id, cluster);
    await new Promise<void>((resolve) => node.#server.listen(0, '127.0.0.1', resolve));
    return node;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('error', () => undefined);
    let pending = Buffer.alloc(0);
    socket.on('data', (chunk: Buffer) => {
      pending = Buffer.concat([pending, chunk]);
      while (pending.length >= 4 && pending.length >= 4 + pending.readInt32BE(0)) {
        const size = pending.readInt32BE(0);
        const request = pending.subarray(4, 4 + size);
        pending = pending.subarray(4 + size);
        if (!this.hung) this.#answer(socket, request);
      }
    });
  }

  #answer(socket: Socket, request: Buffer): void {
    const input = new Decoder(request);
    const api = input.int16();
    const version = input.int16();
    const correlation = input.int32();
    input.string();
    const body = this.#body(api, version, input);
    if (!body) {
      socket.destroy();
      return;
    }
    const payload = new Encoder().int32(correlation).raw(body.bytes()).bytes();
    socket.write(new Encoder().int32(payload.length).raw(payload).bytes());
  }

  #body(api: number, version: number, input: Decoder): Encoder | null {
    const name = API_NAMES[api] ?? String(api);
    const partitions: number[] = [];
    this.#cluster.requests.push({ node: this.id, api: name, partitions });
    switch (api) {
      case 18:
        return this.#apiVersions(version);
      case 3:
        return this.#cluster.metadata();
      case 0:
        return this.#produce(input, partitions);
      default:
        throw new Error(`the fake broker does not know API ${name}`);
    }
  }

  #apiVersions(version: number): Encoder {
    const ranges = [
      [0, 3, 7],
      [3, 5, 6],
      [18, 0, 2],
    ] as const;
    const out = new Encoder().int16(0).int32(ranges.length);
    for (const [key, from, to] of ranges) out.int16(key).int16(from).int16(to);
    return version > 0 ? out.int32(0) : out;
  }

  #produce(input: Decoder, partitions: number[]): Encoder | null {
    input.string();
    const acks = input.int16();
    if (acks !== -1) throw new Error(`acks is ${acks}`);
    input.int32();
    const batches: { partition: number; batch: Buffer }[] = [];
    const topics = input.int32();
    let topic = '';
    for (let t = 0; t < topics; t++) {
      topic = input.string() ?? '';
      for (let count = input.int32(); count > 0; count--) {
        batches.push({ partition: input.int32(), batch: input.take(input.int32()) });
      }
    }
    partitions.push(...batches.map(({ partition }) => partition));
    const bytes = batches.reduce((sum, { batch }) => sum + batch.length, 0);
    const fault = this.#cluster.onProduce({ node: this.id, partitions, bytes });
    const answered = fault?.kind === 'omit' ? [] : batches;
    const out = new Encoder().int32(1).string(topic).int32(answered.length);
    for (const { partition, batch } of batches) {
      const refused = fault?.kind === 'error' || (fault?.kind === 'cut' && !fault.append);
      const code = refused ? 0 : this.#cluster.append(this.id, partition, batch);
      if (fault?.kind === 'omit') continue;
      out
        .int32(partition)
        .int16(fault?.kind === 'error' ? fault.code : code)
        .int64(0)
        .int64(-1)
        .int64(0);
    }
    return fault?.kind === 'cut' ? null : out.int32(0);
  }
}

/** A record batch of magic 2; null: its checksum is wrong. */
function decodeBatch(batch: Buffer): FakeRecord[] | null {
  const input = new Decoder(batch);
  input.take(8 + 4 + 4);
  if (input.int8() !== 2) return null;
  const crc = input.int32() >>> 0;
  if (crc32c(batch.subarray(input.at)) !== crc) return null;
  const codec = input.int16() & 7;
  // Last offset delta, two timestamps, producer id, epoch, base sequence.
  input.take(4 + 8 + 8 + 8 + 2 + 4);
  const count = input.int32();
  const rest = batch.subarray(input.at);
  const plain =
    codec === 0
      ? rest
      : codec === 1
        ? gunzipSync(rest)
        : codec === 4
          ? zstdDecompressSync(rest)
          : null;
  if (!plain) throw new Error(`codec ${codec}`);
  const records = new Decoder(plain);
  return Array.from({ length: count }, () => decodeRecord(records));
}

function decodeRecord(input: Decoder): FakeRecord {
  input.varint();
  input.int8();
  input.varint();
  input.varint();
  const key = input.text();
  const value = input.text();
  const headers: Record<string, string> = {};
  for (let count = input.varint(); count > 0; count--) headers[input.text()] = input.text();
  return { key, value, headers };
}

class Decoder {
  readonly #buffer: Buffer;
  at = 0;
  constructor(buffer: Buffer) {
    this.#buffer = buffer;
  }
  take(length: number): Buffer {
    return this.#buffer.subarray(this.at, (this.at += length));
  }
  int8(): number {
    return this.take(1).readInt8();
  }
  int16(): number {
    return this.take(2).readInt16BE();
  }
  int32(): number {
    return this.take(4).readInt32BE();
  }
  string(): string | null {
    const length = this.int16();
    return length < 0 ? null : this.take(length).toString();
  }
  /** Zigzag. */
  varint(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.take(1).readUInt8();
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return (value >>> 1) ^ -(value & 1);
    }
  }
  text(): string {
    return this.take(Math.max(0, this.varint())).toString();
  }
}

class Encoder {
  readonly #parts: Buffer[] = [];
  raw(bytes: Buffer): this {
    this.#parts.push(bytes);
    return this;
  }
  #number(size: number, write: (buffer: Buffer) => void): this {
    const buffer = Buffer.alloc(size);
    write(buffer);
    return this.raw(buffer);
  }
  int8(value: number): this {
    return this.#number(1, (buffer) => buffer.writeInt8(value));
  }
  int16(value: number): this {
    return this.#number(2, (buffer) => buffer.writeInt16BE(value));
  }
  int32(value: number): this {
    return this.#number(4, (buffer) => buffer.writeInt32BE(value));
  }
  int64(value: number): this {
    return this.#number(8, (buffer) => buffer.writeBigInt64BE(BigInt(value)));
  }
  string(text: string | null): this {
    if (text === null) return this.int16(-1);
    const bytes = Buffer.from(text);
    return this.int16(bytes.length).raw(bytes);
  }
  bytes(): Buffer {
    return Buffer.concat(this.#parts);
  }
}

const CRC32C = Array.from({ length: 256 }, (_, index) => {
  let crc = index;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  return crc >>> 0;
});

/** Castagnoli, as record batches carry it. */
function crc32c(bytes: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (CRC32C[(crc ^ byte) & 0xff] ?? 0) ^ (crc >>> 8);
  return ~crc >>> 0;
}
