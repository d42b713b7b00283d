import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readCursors } from '../../../sensor/spool/index.js';
import { newAlert, openWriter, withDir } from '../spool/support.js';
import { MemorySink, deliverTo, until } from './support.js';

describe('delivery', () => {
  it('delivers in order what was there and what comes, and wakes at once', async () => {
    await withDir(async (dir) => {
      const { writer, shared } = openWriter(dir);
      for (let i = 0; i < 1500; i++) writer.append(newAlert(`m${i}`, i % 3 ? 'Debug' : 'Error'));
      const sink = new MemorySink('a');
      const delivery = deliverTo(dir, shared, [sink]);
      await until(() => sink.got.length === 1500);
      expect(Math.max(...sink.batches)).toBe(512);
      const waits: number[] = [];
      for (let i = 0; i < 50; i++) {
        await new Promise((resolve) => setTimeout(resolve, 3));
        const start = performance.now();
        let end = 0;
        sink.behave = () => {
          end = performance.now();
          return { kind: 'delivered' };
        };
        writer.append(newAlert(`late${i}`));
        await until(() => end > 0);
        waits.push(end - start);
      }
      // Others on the machine can only make one later.
      expect(Math.min(...waits)).toBeLessThan(5);
      expect(sink.got.map((a) => a.seq)).toEqual(Array.from({ length: 1550 }, (_, i) => i + 1));
      await delivery.close(1000);
      writer.close();
      expect(sink.closed).toBe(1);
      expect(readCursors(join(dir, 'cursors')).get('a')).toBe(1551);
    });
  });

  it('offers a failed batch again, whole and in order, and counts the attempts', async () => {
    await withDir(async (dir) => {
      const { writer, shared } = openWriter(dir);
      for (let i = 0; i < 20; i++) writer.append(newAlert(`m${i}`));
      const sink = new MemorySink('a');
      const offered: string[][] = [];
      sink.behave = (batch) => {
        offered.push(batch.map((a) => a.id));
        if (offered.length === 1) throw new Error('refused connection');
        if (offered.length === 2) return { kind: 'retry', reason: 'busy', retryAfterMs: 250 };
        return { kind: 'delivered' };
      };
      const started = Date.now();
      const delivery = deliverTo(dir, shared, [sink]);
      await until(() => delivery.status()[0]?.lastError === 'busy');
      expect(delivery.status()[0]).toMatchObject({ state: 'retrying', lag: 20, delivered: 0 });
      await until(() => sink.got.length === 20);
      expect(Date.now() - started).toBeGreaterThanOrEqual(250);
      expect(offered[1]).toEqual(offered[0]);
      expect(offered[2]).toEqual(offered[0]);
      await until(() => delivery.status()[0]?.state === 'idle');
      expect(delivery.status()[0]).toMatchObject({
        retried: 2,
        delivered: 20,
        lag: 0,
        lastError: null,
      });
      await delivery.close(1000);
      writer.close();
    });
  });

  it('lets a dead, a hanging and a refusing sink delay only themselves', async () => {
    await withDir(async (dir) => {
      const { writer, shared } = openWriter(dir);
      const [good, dead, hung, deaf] = ['good', 'dead', 'hung', 'deaf'].map(
        (n) => new MemorySink(n),
      );
      if (!good || !dead || !hung || !deaf) throw new Error('unreachable');
      dead.behave = () => ({ kind: 'retry', reason: 'no route' });
      hung.behave = (_, signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason as Error));
        });
      deaf.behave = () => new Promise(() => undefined);
      const delivery = deliverTo(dir, shared, [good, dead, hung, deaf], { deadlineMs: 100 });
      for (let i = 0; i < 1000; i++) writer.append(newAlert(`m${i}`));
      await until(() => good.got.length === 1000);
      await until(() => delivery.status()[2]?.retried === 2);
      expect(delivery.status()[2]?.lastError).toBe('no answer within 100 ms');
      expect(delivery.status().map((s) => s.lag)).toEqual([0, 1000, 1000, 1000]);
      const start = Date.now();
      await delivery.close(200);
      expect(Date.now() - start).toBeLessThan(4000);
      writer.close();
      expect(shared.floor).toBe(1);
    });
  });

  it('puts what a peer refuses for good into the dead letters and goes on', async () => {
    await withDir(async (dir) => {
      const { writer, shared } = openWriter(dir);
      for (let i = 0; i < 4; i++) writer.append(newAlert(`m${i}`));
      const sink = new MemorySink('siem');
      sink.behave = () => ({ kind: 'partial', rejected: [{ index: 2, reason: 'field too long' }] });
      const delivery = deliverTo(dir, shared, [sink]);
      await until(() => delivery.status()[0]?.lag === 0);
      expect(delivery.status()[0]).toMatchObject({ delivered: 3, rejected: 1 });
      const letters = readFileSync(join(dir, 'dead', 'siem.jsonl'), 'utf8')
        .trim()
        .split('\n');
      expect(letters).toHaveLength(1);
      expect(JSON.parse(letters[0] ?? '')).toMatchObject({
        reason: 'field too long',
        alert: { message: 'm2', seq: 3 },
      });
      await delivery.close(1000);
      writer.close();
    });
  });

  it('goes on after a restart where each sink was, and repeats nothing that was settled', async () => {
    await withDir(async (dir) => {
      const first = openWriter(dir);
      for (let i = 0; i < 10; i++) first.writer.append(newAlert(`m${i}`));
      const a = new MemorySink('a');
      const b = new MemorySink('b');
      b.behave = () => ({ kind: 'retry', reason: 'down' });
      const delivery = deliverTo(dir, first.shared, [a, b]);
      await until(() => a.got.length === 10);
      await delivery.close(100);
      first.writer.close();
      const second = openWriter(dir);
      const late = new MemorySink('late');
      const again = [new MemorySink('a'), new MemorySink('b'), late] as const;
      const resumed = deliverTo(dir, second.shared, again);
      second.writer.append(newAlert('new'));
      await until(() => again[1].got.length === 11);
      expect(again[0].got.map((x) => x.message)).toEqual(['new']);
      expect(again[1].got.map((x) => x.id).slice(0, 10)).toEqual(a.got.map((x) => x.id));
      expect(late.got.map((x) => x.message)).toEqual(['new']);
      await resumed.close(1000);
      second.writer.close();
    });
  });

  it('starts a first ever sink with the oldest alert: a first run that was killed loses nothing', async () => {
    await withDir(async (dir) => {
      const first = openWriter(dir);
      first.writer.append(newAlert('before any sink was up'));
      first.writer.close();
      const second = openWriter(dir);
      const sinks = [new MemorySink('a'), new MemorySink('b')] as const;
      const delivery = deliverTo(dir, second.shared, sinks);
      await until(() => sinks.every((sink) => sink.got.length === 1));
      await delivery.close(1000);
      second.writer.close();
    });
  });

  it('tells each sink what was gone before it came to it', async () => {
    await withDir(async (dir) => {
      const { writer, shared } = openWriter(dir, 1 << 18);
      const sink = new MemorySink('slow');
      let open = false;
      sink.behave = () => (open ? { kind: 'delivered' } : { kind: 'retry', reason: 'down' });
      const delivery = deliverTo(dir, shared, [sink]);
      for (let i = 0; i < 2000; i++) writer.append(newAlert(`m${i}`));
      await until(() => delivery.status()[0]?.state === 'retrying');
      // While it is away already: what it will not get, and what waits for it on disk.
      const away = delivery.status()[0];
      expect(away?.missed).toBeGreaterThan(0);
      expect(away?.missed).toBeLessThanOrEqual(shared.droppedTotal);
      expect((away?.missed ?? 0) + (away?.lag ?? 0)).toBe(shared.appended);
      open = true;
      await until(() => delivery.status()[0]?.lag === 0);
      const status = delivery.status()[0];
      expect(status?.missed).toBe(shared.droppedTotal);
      expect(sink.got.length + (status?.missed ?? 0)).toBe(shared.appended);
      await delivery.close(1000);
      writer.close();
    });
  });
});
