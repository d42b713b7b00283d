import { connect, type Socket } from 'node:net';
import { SakerError } from '../../core/index.js';
import { LineParser, type ErrorBody, type Response } from './protocol.js';

/** Longer than the sensor's threads wait for each other, checking large rule files included. */
const ANSWER_MS = 60_000;

/** An error the sensor answered with. */
export class RemoteError extends SakerError {
  override readonly name = 'RemoteError';
  /** Faults of rule files, as the sensor sent them. */
  readonly details: unknown;

  constructor(body: ErrorBody) {
    super(body.code, body.message, body.hint === undefined ? {} : { hint: body.hint });
    this.details = body.details;
  }
}

/** Talks to a running sensor. */
export class ControlClient {
  readonly #socket: Socket;
  #id = 0;
  readonly #waiting = new Map<number, (response: Response | null) => void>();

  private constructor(socket: Socket) {
    this.#socket = socket;
    const parser = new LineParser(
      (value) => {
        const response = value as Response;
        this.#waiting.get(response.id)?.(response);
      },
      () => socket.destroy(),
    );
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => {
      parser.push(chunk);
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      for (const done of this.#waiting.values()) done(null);
      this.#waiting.clear();
    });
  }

  /** @throws SakerError `NO_DAEMON` when nobody listens at `path`; `SOCKET_PERMISSION` when we may not connect. */
  static async open(path: string): Promise<ControlClient> {
    const socket = connect(path);
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', (cause: NodeJS.ErrnoException) => {
        const stale = cause.code === 'ECONNREFUSED';
        const denied = cause.code === 'EACCES' || cause.code === 'EPERM';
        reject(
          denied
            ? new SakerError('SOCKET_PERMISSION', `may not connect to ${path}`, {
                hint: 'run as root or as a member of the socket’s group',
                cause,
              })
            : new SakerError(
                'NO_DAEMON',
                stale ? `the sensor that made ${path} has ended` : `no sensor listens at ${path}`,
                {
                  hint: 'start one with `saker run`, or name its folder with --run-dir',
                  cause,
                },
              ),
        );
      });
    });
    return new ControlClient(socket);
  }

  /**
   * @param timeoutMs - A process that is stopped still lets its kernel accept connections: without a bound we would wait for ever.
   * @throws RemoteError with the sensor's code; SakerError `CONNECTION_LOST`, `NO_ANSWER`.
   */
  async call(
    method: string,
    params: Record<string, unknown> = {},
    timeoutMs = ANSWER_MS,
  ): Promise<unknown> {
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      reject(noAnswer(timeoutMs));
    }, timeoutMs);
    try {
      return await Promise.race([this.#first(method, params), late]);
    } finally {
      clearTimeout(timer);
    }
  }

  async #first(method: string, params: Record<string, unknown>): Promise<unknown> {
    for await (const item of this.#request(method, params)) return item;
    throw lost();
  }

  /** Items of a stream until it ends. */
  stream(method: string, params: Record<string, unknown> = {}): AsyncGenerator<unknown> {
    return this.#request(method, params);
  }

  close(): void {
    this.#socket.destroy();
  }

  async *#request(method: string, params: Record<string, unknown>): AsyncGenerator<unknown> {
    const id = ++this.#id;
    const arrived: (Response | null)[] = [];
    let wake: () => void = () => undefined;
    this.#waiting.set(id, (response) => {
      arrived.push(response);
      wake();
    });
    this.#socket.write(`${JSON.stringify({ id, method, params })}\n`);
    try {
      for (;;) {
        const next = arrived.shift();
        if (next === undefined) {
          await new Promise<void>((resolve) => {
            wake = resolve;
            if (arrived.length > 0) resolve();
          });
          continue;
        }
        if (next === null) throw lost();
        if ('error' in next) throw new RemoteError(next.error);
        if ('end' in next) return;
        if ('item' in next) yield next.item;
        else {
          yield next.result;
          return;
        }
      }
    } finally {
      this.#waiting.delete(id);
    }
  }
}

function noAnswer(timeoutMs: number): SakerError {
  return new SakerError('NO_ANSWER', `the sensor does not answer within ${timeoutMs / 1000} s`, {
    hint: 'it may be stopped or hang, or the machine is overloaded: look at its process and its log',
  });
}

function lost(): SakerError {
  return new SakerError('CONNECTION_LOST', 'the sensor closed the connection', {
    hint: 'it may have been stopped: look at its log',
  });
}
