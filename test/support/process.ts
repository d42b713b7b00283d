import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';

/** A server of a test: what it prints goes to a file, and it is waited for by a line there. */
export class ServerProcess {
  readonly #child: ChildProcess;
  readonly log: string;

  private constructor(child: ChildProcess, log: string) {
    this.#child = child;
    this.log = log;
  }

  /** Starts it, and waits until `ready` stands in its log. */
  static async start(
    command: readonly string[],
    log: string,
    ready: string,
    timeoutMs = 240_000,
  ): Promise<ServerProcess> {
    const out = openSync(log, 'w');
    const child = spawn(command[0] ?? '', command.slice(1), { stdio: ['ignore', out, out] });
    closeSync(out);
    const server = new ServerProcess(child, log);
    const end = Date.now() + timeoutMs;
    for (;;) {
      const text = readFileSync(log, 'utf8');
      if (text.includes(ready)) return server;
      if (child.exitCode !== null || Date.now() > end) {
        await server.stop();
        throw new Error(`${command[0]} did not become ready:\n${text.slice(-2000)}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  signal(name: 'SIGSTOP' | 'SIGCONT'): void {
    this.#child.kill(name);
  }

  /** SIGKILL, and waits for its end. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended();
  }

  /** SIGTERM with a deadline, then SIGKILL. Fine to call twice. */
  async stop(deadlineMs = 60_000): Promise<void> {
    this.#child.kill('SIGCONT');
    this.#child.kill('SIGTERM');
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), deadlineMs);
    await this.#ended();
    clearTimeout(timer);
  }

  async #ended(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    await new Promise((resolve) => this.#child.once('exit', resolve));
  }
}

/** Ports of 127.0.0.1 that are free just now. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise<ReturnType<typeof createServer>>((resolve) => {
          const server = createServer();
          server.listen(0, '127.0.0.1', () => {
            resolve(server);
          });
        }),
    ),
  );
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
