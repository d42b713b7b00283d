import type { Priority } from '../../../sensor/lang/ir.js';
import {
  DeadLetters,
  Delivery,
  type DeliveryResult,
  type Sink,
} from '../../../sensor/sinks/index.js';
import type { Alert, SpoolShared } from '../../../sensor/spool/index.js';
import { join } from 'node:path';
import { quietLogger } from '../spool/support.js';

/** A peer in memory: keeps what it takes, and can be told to fail, hang or refuse. */
export class MemorySink implements Sink {
  readonly type = 'memory';
  readonly got: Alert[] = [];
  readonly batches: number[] = [];
  behave: (
    batch: readonly Alert[],
    signal: AbortSignal,
  ) => DeliveryResult | Promise<DeliveryResult> = () => ({
    kind: 'delivered',
  });
  closed = 0;
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
  async deliver(batch: readonly Alert[], signal: AbortSignal): Promise<DeliveryResult> {
    const result = await this.behave(batch, signal);
    if (result.kind !== 'retry') {
      this.got.push(...batch);
      this.batches.push(batch.length);
    }
    return result;
  }
  async close(): Promise<void> {
    this.closed++;
  }
}

export function deliverTo(
  dir: string,
  shared: SpoolShared,
  sinks: readonly Sink[],
  options: { minPriority?: Priority; wants?: (alert: Alert) => boolean; deadlineMs?: number } = {},
): Delivery {
  const { minPriority = 'Debug', wants = () => true, deadlineMs = 5_000 } = options;
  return new Delivery({
    spoolDir: dir,
    shared,
    sinks: sinks.map((sink) => ({ sink, route: { minPriority, wants }, deadlineMs })),
    deadLetters: new DeadLetters(join(dir, 'dead')),
    logger: quietLogger,
  });
}

/** Waits until `condition` holds; fails after `ms`. */
export async function until(condition: () => boolean, ms = 50_000): Promise<void> {
  const end = Date.now() + ms;
  while (!condition()) {
    if (Date.now() > end) throw new Error(`not within ${ms} ms: ${condition.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
