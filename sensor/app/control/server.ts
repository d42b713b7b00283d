import { chmodSync, chownSync, unlinkSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { SakerError } from '../../core/index.js';
import { asRequest, LineParser, type ErrorBody, type Request, type Response } from './protocol.js';

/** Answers one request. */
export type Method = (params: Request['params']) => unknown;

/**
 * Opens a stream: sends items until it ends or the client goes.
 *
 * @param send - Returns false when the client is slow: the item was dropped, and the stream should count that.
 * @returns what to call when the client went away.
 */
export type Stream = (
  params: Request['params'],
  send: (item: unknown) => boolean,
  end: (error?: unknown) => void,
) => () => void;

/** Bytes waiting for one client before its items are dropped. */
const MAX_PENDING = 4 << 20;

/** Serves the control socket. One line in, one or more lines out; a client that misbehaves loses its connection only. */
export class ControlServer {
  readonly #server: Server;
  readonly #path: string;
  readonly #connections = new Set<Socket>();
  readonly #methods: Readonly<Record<string, Method>>;
  readonly #streams: Readonly<Record<string, Stream>>;

  private constructor(
    path: string,
    methods: Readonly<Record<string, Method>>,
    streams: Readonly<Record<string, Stream>>,
  ) {
    this.#path = path;
    this.#methods = methods;
    this.#streams = streams;
    this.#server = createServer((socket) => {
      this.#serve(socket);
    });
  }

  /**
   * @param path - Where the socket goes; a stale one (of a killed sensor: the run dir's lock is ours) is replaced.
   * @param group - Group id that may connect, or null: root only.
   * @throws SakerError `CONTROL_SOCKET`.
   */
  static async listen(
    path: string,
    group: number | null,
    methods: Readonly<Record<string, Method>>,
    streams: Readonly<Record<string, Stream>>,
  ): Promise<ControlServer> {
    const control = new ControlServer(path, methods, streams);
    try {
      unlinkSync(path);
    } catch {
      // No stale socket.
    }
    const umask = process.umask(0o117);
    try {
      await new Promise<void>((resolve, reject) => {
        control.#server.once('error', reject);
        control.#server.listen(path, resolve);
      });
      chmodSync(path, 0o660);
      if (group !== null) chownSync(path, 0, group);
    } catch (cause) {
      throw new SakerError(
        'CONTROL_SOCKET',
        `cannot listen on ${path}: ${(cause as Error).message}`,
        {
          hint: 'choose another folder with --run-dir',
          cause,
        },
      );
    } finally {
      process.umask(umask);
    }
    return control;
  }

  async close(): Promise<void> {
    for (const socket of this.#connections) socket.destroy();
    if (!this.#server.listening) return;
    await new Promise<void>((resolve) => {
      this.#server.close(() => {
        resolve();
      });
    });
    try {
      unlinkSync(this.#path);
    } catch {
      // Node removed it.
    }
  }

  #serve(socket: Socket): void {
    const open = new Map<number, () => void>();
    this.#connections.add(socket);
    const write = (response: Response): boolean => {
      if (socket.destroyed) return false;
      if ('item' in response && socket.writableLength > MAX_PENDING) return false;
      socket.write(`${JSON.stringify(response)}\n`);
      return true;
    };
    const parser = new LineParser(
      (value) => {
        const request = asRequest(value);
        if (!request) {
          write({
            id: 0,
            error: { code: 'BAD_REQUEST', message: 'expected {"id", "method", "params"}' },
          });
          socket.end();
          return;
        }
        void this.#answer(request, write, open);
      },
      (why) => {
        write({ id: 0, error: { code: 'BAD_REQUEST', message: why } });
        socket.end();
      },
    );
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => {
      parser.push(chunk);
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#connections.delete(socket);
      for (const stop of open.values()) stop();
      open.clear();
    });
  }

  async #answer(
    { id, method, params }: Request,
    write: (response: Response) => boolean,
    open: Map<number, () => void>,
  ): Promise<void> {
    try {
      const call = this.#methods[method];
      if (call) {
        write({ id, result: await call(params) });
        return;
      }
      const stream = this.#streams[method];
      if (!stream) {
        throw new SakerError('UNKNOWN_METHOD', `the sensor knows no method "${method}"`, {
          hint: 'sensor and command line may be of different versions',
        });
      }
      const stop = stream(
        params,
        (item) => write({ id, item }),
        (error) => {
          open.delete(id);
          write(error === undefined ? { id, end: true } : { id, error: errorBody(error) });
        },
      );
      open.set(id, stop);
    } catch (error) {
      write({ id, error: errorBody(error) });
    }
  }
}

/** An error as the other side sees it. */
export function errorBody(error: unknown): ErrorBody {
  if (error instanceof SakerError) {
    const details = (error as { details?: unknown }).details;
    return {
      code: error.code,
      message: error.message,
      ...(error.hint === undefined ? {} : { hint: error.hint }),
      ...(details === undefined ? {} : { details }),
    };
  }
  return { code: 'INTERNAL', message: error instanceof Error ? error.message : String(error) };
}
