import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { jest } from '@jest/globals';
import { CommanderError } from 'commander';
import { fail } from '../../../sensor/cli/fail.js';
import { makeProgram } from '../../../sensor/cli/program.js';

/** What a command printed, and its exit status. */
export interface Ran {
  readonly out: string;
  readonly err: string;
  readonly code: number;
}

/** Runs a command of the real command tree in this process. `input`: chunks of standard input. */
export async function saker(
  args: readonly string[],
  input: readonly (string | Buffer)[] = [],
): Promise<Ran> {
  const printed = { out: '', err: '' };
  const catching = (
    stream: NodeJS.WriteStream,
    key: 'out' | 'err',
  ): jest.Spied<typeof stream.write> =>
    jest.spyOn(stream, 'write').mockImplementation((chunk) => {
      printed[key] += String(chunk);
      return true;
    });
  const spies = [catching(process.stdout, 'out'), catching(process.stderr, 'err')];
  const stdin = Object.getOwnPropertyDescriptor(process, 'stdin')!;
  Object.defineProperty(process, 'stdin', { configurable: true, value: Readable.from(input) });
  const before = process.exitCode;
  process.exitCode = undefined;
  try {
    await makeProgram().parseAsync([...args], { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
    else fail(error);
  } finally {
    for (const spy of spies) spy.mockRestore();
    Object.defineProperty(process, 'stdin', stdin);
  }
  const code = Number(process.exitCode ?? 0);
  process.exitCode = before;
  return { ...printed, code };
}

/** The JSON lines that a command printed. */
export const linesOf = ({ out }: Ran): Record<string, never>[] =>
  out
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Record<string, never>);

/** Files of a test in a folder of their own. */
export class Files {
  readonly #folder = mkdtempSync(join(tmpdir(), 'saker-cli-'));

  write(name: string, text: string): string {
    const path = join(this.#folder, name);
    writeFileSync(path, text);
    return path;
  }

  folder(name: string): string {
    const path = join(this.#folder, name);
    mkdirSync(path);
    return path;
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** A rule of a test, as YAML. */
export const rule = (name: string, condition: string, more = 'priority: NOTICE'): string =>
  `- rule: ${name}\n  desc: d\n  condition: ${condition}\n  output: o %proc.name\n  ${more}\n`;
