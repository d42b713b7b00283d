import { createServer as createHttpServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import grpc from '@grpc/grpc-js';

/** What the collector does with one request. */
export type CollectorAnswer =
  | { readonly kind: 'ok' }
  | { readonly kind: 'partial'; readonly refused: number; readonly said: string }
  /** An HTTP status, or a gRPC code. */
  | { readonly kind: 'refuse'; readonly code: number; readonly said: string }
  | { readonly kind: 'hang' };

/** A collector of OTLP logs in this process, for what a real one does not do on demand. Keeps bodies as they came. */
export interface FakeCollector {
  readonly endpoint: string;
  /** Protobuf of each request, in order, those refused too. */
  readonly bodies: Buffer[];
  readonly headers: Readonly<Record<string, unknown>>[];
  answer: (body: Buffer) => CollectorAnswer;
  close(): Promise<void>;
}

/** `ExportLogsServiceResponse`. */
function response(answer: CollectorAnswer): Buffer {
  if (answer.kind !== 'partial') return Buffer.alloc(0);
  const said = Buffer.from(answer.said);
  const partial = Buffer.concat([Buffer.from([0x08, answer.refused, 0x12, said.length]), said]);
  return Buffer.concat([Buffer.from([0x0a, partial.length]), partial]);
}

export async function startHttpCollector(): Promise<FakeCollector> {
  const server: HttpServer = createHttpServer((request, reply) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const bytes = Buffer.concat(chunks);
      const body = request.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes;
      collector.bodies.push(body);
      collector.headers.push({ ...request.headers, path: request.url });
      const answer = collector.answer(body);
      if (answer.kind === 'hang') return;
      if (answer.kind === 'refuse') {
        reply.writeHead(answer.code).end(answer.said);
        return;
      }
      reply.writeHead(200, { 'content-type': 'application/x-protobuf' }).end(response(answer));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const collector: FakeCollector = {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    bodies: [],
    headers: [],
    answer: () => ({ kind: 'ok' }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
  return collector;
}

export async function startGrpcCollector(): Promise<FakeCollector> {
  const server = new grpc.Server();
  const identity = (bytes: Buffer) => bytes;
  const definition: grpc.ServiceDefinition = {
    Export: {
      path: '/opentelemetry.proto.collector.logs.v1.LogsService/Export',
      requestStream: false,
      responseStream: false,
      requestSerialize: identity,
      requestDeserialize: identity,
      responseSerialize: identity,
      responseDeserialize: identity,
    },
  };
  server.addService(definition, {
    Export: (call: grpc.ServerUnaryCall<Buffer, Buffer>, done: grpc.sendUnaryData<Buffer>) => {
      collector.bodies.push(call.request);
      collector.headers.push(call.metadata.getMap());
      const answer = collector.answer(call.request);
      if (answer.kind === 'hang') return;
      if (answer.kind === 'refuse') done({ code: answer.code, details: answer.said });
      else done(null, response(answer));
    },
  });
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, bound) => {
      if (error) reject(error);
      else resolve(bound);
    });
  });
  const collector: FakeCollector = {
    endpoint: `http://127.0.0.1:${port}`,
    bodies: [],
    headers: [],
    answer: () => ({ kind: 'ok' }),
    close: () =>
      new Promise((resolve) => {
        server.forceShutdown();
        resolve();
      }),
  };
  return collector;
}
