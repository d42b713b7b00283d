// A worker thread that does to the spool what the sensor thread does: appends `rate` alerts a second, and measures how late its
// own event loop runs.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { parentPort, workerData } from 'node:worker_threads';
import { PRIORITIES } from '../../sensor/lang/ir.js';
import { SpoolShared } from '../../sensor/spool/shared.js';
import { SpoolWriter } from '../../sensor/spool/writer.js';

const TICK_MS = 10;
const { dir, shared, rate } = workerData as {
  dir: string;
  shared: SharedArrayBuffer;
  rate: number;
};
const quiet = () => undefined;
const writer = SpoolWriter.open({
  dir,
  hostname: 'lab1',
  shared: new SpoolShared(shared),
  logger: { error: quiet, warn: quiet, info: quiet, debug: quiet },
});
const delay = monitorEventLoopDelay({ resolution: 1 });
delay.enable();
const started = Date.now();
let appended = 0;
let dropped = 0;
const timer = setInterval(() => {
  const due = Math.floor(((Date.now() - started) / 1000) * rate);
  for (; appended < due; appended++) {
    const seq = writer.append({
      timeNs: `${Date.now()}000000`,
      kind: 'rule',
      rule: 'Config edit',
      priority: PRIORITIES[appended % PRIORITIES.length] ?? 'Debug',
      source: 'syscall',
      tags: ['lab'],
      message: `alert ${appended}`,
      fields: `{"evt.time":${Date.now()}000000,"proc.cmdline":"vi /etc/${'x'.repeat(appended % 300)}"}`,
      generation: 1,
      subject: null,
    });
    if (seq === 0) dropped++;
  }
}, TICK_MS);
parentPort?.on('message', (message: 'measure' | 'stop') => {
  if (message === 'measure') {
    parentPort?.postMessage({ p99Ms: delay.percentile(99) / 1e6 });
    delay.reset();
    return;
  }
  clearInterval(timer);
  writer.close();
  parentPort?.postMessage({ appended, dropped });
  parentPort?.close();
});
parentPort?.postMessage('ready');
