import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Logger } from '../../../sensor/core/index.js';
import type { Priority } from '../../../sensor/lang/ir.js';
import {
  SpoolReader,
  SpoolShared,
  SpoolWriter,
  type Alert,
  type NewAlert,
} from '../../../sensor/spool/index.js';

export const quietLogger: Logger = {
  error: () => undefined,
  warn: () => undefined,
  info: () => undefined,
  debug: () => undefined,
};

/** A directory of the test's own, gone when `run` ends. */
export async function withDir<T>(run: (dir: string) => Promise<T> | T): Promise<T> {
  const dir = mkdtempSync(join(tmpdir(), 'saker-spool-'));
  try {
    return await run(dir);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

export function newAlert(message: string, priority: Priority = 'Warning'): NewAlert {
  return {
    timeNs: '1767323045000000006',
    kind: 'rule',
    rule: 'Config edit',
    priority,
    source: 'syscall',
    tags: ['config', 'lab'],
    message,
    fields: '{"fd.name":"/srv/app.conf","proc.name":"vi"}',
    generation: 1,
    subject: null,
  };
}

export function openWriter(
  dir: string,
  capBytes?: number,
): { writer: SpoolWriter; shared: SpoolShared } {
  const shared = new SpoolShared();
  const writer = SpoolWriter.open({
    dir,
    hostname: 'lab1',
    shared,
    logger: quietLogger,
    ...(capBytes === undefined ? {} : { capBytes }),
  });
  return { writer, shared };
}

/** Everything from `from` on, by a fresh reader. */
export function readAll(
  dir: string,
  shared: SpoolShared,
  from = 1,
): { alerts: Alert[]; missed: number } {
  const reader = new SpoolReader(dir, shared, from);
  const alerts: Alert[] = [];
  let missed = 0;
  for (;;) {
    const batch = reader.read({ maxAlerts: 512, maxBytes: 1 << 20 }, 7, () => true);
    alerts.push(...batch.alerts);
    missed += batch.missed;
    if (!batch.more) break;
  }
  reader.close();
  return { alerts, missed };
}
