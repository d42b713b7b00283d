import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { program, type Part } from './needs.js';
import { projectRoot } from './place.js';

const cache = process.env['SAKER_PARTS'] ?? join(homedir(), '.cache/saker/parts');

/** A real broker; had already, or to be had with what is here. */
export const kafkaPart: Part = partOf('Kafka', 'kafka-4.4.0', ['java', 'mvn']);

/** A real collector. */
export const collectorPart: Part = partOf('OpenTelemetry collector', 'otelcol-0.161.0', ['go']);

function partOf(name: string, folder: string, tools: readonly string[]): Part {
  const run = tools[0] === 'java' ? ['java'] : [];
  return {
    name: `${name} (${tools.join(', ')})`,
    there: () => {
      const cached = existsSync(join(cache, folder));
      return (cached ? run : tools).every((tool) => program(tool).there());
    },
  };
}

/** Gets a part if it is not there yet (seconds to minutes, said on stderr). @returns its folder. */
export async function getPart(name: 'kafka' | 'otelcol'): Promise<string> {
  const child = spawn(join(projectRoot, 'test/support/parts/get'), [name], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  const status = await new Promise<number | null>((resolve) => child.once('close', resolve));
  if (status !== 0) throw new Error(`cannot get ${name}: status ${status}`);
  return Buffer.concat(chunks).toString().trim().split('\n').at(-1) ?? '';
}
