import { Worker } from 'node:worker_threads';
import { compileRegex } from '../../../../sensor/engine/ops/regex.js';

/** Patterns that take a backtracking matcher exponential time on `a…a`. */
const HOSTILE = ['(a*)*b', '(a|aa)*b', '(a+a+)+b'];
const SUBJECT = 'a'.repeat(65_536);

function expression(source: string): RegExp {
  return compileRegex({ kind: 'regex', source: `^(?:${source})$`, flags: '', text: source });
}

describe('regex', () => {
  it.each(HOSTILE)('%s cannot stall the thread on 64 KiB', (source) => {
    const startedMs = performance.now();
    expect(expression(source).test(SUBJECT)).toBe(false);
    expect(performance.now() - startedMs).toBeLessThan(2000);
  });

  it('is as safe in a worker thread, which compiles expressions of its own', async () => {
    const code = `
      const { parentPort, workerData } = require('node:worker_threads');
      const startedMs = performance.now();
      for (const source of workerData) new RegExp('^(?:' + source + ')$').test('a'.repeat(65536));
      parentPort.postMessage(performance.now() - startedMs);
    `;
    expression('a').test('a');
    const worker = new Worker(code, { eval: true, workerData: HOSTILE });
    const durationMs = await new Promise<number>((resolve, reject) => {
      worker.once('message', resolve);
      worker.once('error', reject);
    });
    await worker.terminate();
    expect(durationMs).toBeLessThan(3000);
  });
});
