import { spawn } from 'node:child_process';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { projectRoot } from './place.js';

/** Where real peers are kept, outside the tree. */
export const partsCache = process.env['SAKER_PARTS'] ?? join(homedir(), '.cache/saker/parts');

/** Gets a part if it is not there yet (seconds to minutes, said on stderr). @returns its folder. */
export async function getPart(name: 'kafka' | 'otelcol' | 'prometheus'): Promise<string> {
  const child = spawn(join(projectRoot, 'test/support/parts/get'), [name], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  const status = await new Promise<number | null>((resolve) => child.once('close', resolve));
  if (status !== 0) throw new Error(`cannot get ${name}: status ${status}`);
  return Buffer.concat(chunks).toString().trim().split('\n').at(-1) ?? '';
}
