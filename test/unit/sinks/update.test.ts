import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DeadLetters, Delivery, type SinkSpec } from '../../../sensor/sinks/index.js';
import { readCursors, type SpoolShared } from '../../../sensor/spool/index.js';
import { newAlert, openWriter, quietLogger, withDir } from '../spool/support.js';
import { MemorySink, until } from './support.js';

const spec = (sink: MemorySink, deadlineMs = 5_000): SinkSpec => ({
  sink,
  route: { minPriority: 'Debug', wants: () => true },
  deadlineMs,
});

const serve = (dir: string, shared: SpoolShared, sinks: readonly SinkSpec[]): Delivery =>
  new Delivery({
    spoolDir: dir,
    shared,
    sinks,
    deadLetters: new DeadLetters(join(dir, 'dead')),
    logger: quietLogger,
  });

const seqs = (sink: MemorySink): number[] => sink.got.map(({ seq }) => seq);
const upTo = (last: number, from = 1): number[] =>
  Array.from({ length: last + 1 - from }, (_, i) => from + i);

describe('sinks that change while alerts come', () => {
  it('lose nothing: unchanged ones never stop, changed ones go on where they were, added ones begin now', async () => {
    await withDir(async (dir) => {
      const { writer, shared } = openWriter(dir);
      const [stays, old, anew, leaves, joins] = ['stays', 'x', 'x', 'leaves', 'joins'].map(
        (name) => new MemorySink(name),
      ) as [MemorySink, MemorySink, MemorySink, MemorySink, MemorySink];
      const staying = spec(stays);
      const delivery = serve(dir, shared, [staying, spec(old), spec(leaves)]);
      let sent = 0;
      const load = setInterval(() => {
        for (let i = 0; i < 7; i++) writer.append(newAlert(`m${++sent}`));
      }, 1);
      await until(() => stays.got.length > 500);

      const update = await delivery.update([spec(joins), staying, spec(anew)]);
      expect(update).toMatchObject({ added: ['joins'], changed: ['x'], removed: ['leaves'] });
      const startOfJoins = shared.appended + 1;
      await update.commit();
      expect(stays.closed).toBe(0);
      expect([old.closed, leaves.closed]).toEqual([1, 1]);
      expect(delivery.status().map(({ name }) => name)).toEqual(['joins', 'stays', 'x']);

      const before = sent;
      await until(() => stays.got.length > before + 500);
      clearInterval(load);
      await until(() => delivery.status().every(({ lag }) => lag === 0));
      expect(seqs(stays)).toEqual(upTo(sent));
      expect([...seqs(old), ...seqs(anew)]).toEqual(upTo(sent)); // nothing twice either: the old one had answered
      expect(seqs(leaves)).toEqual(upTo(leaves.got.length));
      expect(seqs(joins).at(-1)).toBe(sent);
      expect(seqs(joins)[0]).toBeLessThanOrEqual(startOfJoins);
      await delivery.close(1000);
      writer.close();
      expect(readCursors(join(dir, 'cursors')).get('leaves')).toBe(leaves.got.length + 1);
    });
  });

  it('are replaced at once though they wait or hang, and what they had in hand comes again', async () => {
    await withDir(async (dir) => {
      const { writer, shared } = openWriter(dir);
      for (let i = 0; i < 10; i++) writer.append(newAlert(`m${i}`));
      const waits = new MemorySink('waits');
      waits.behave = () => ({ kind: 'retry', reason: 'wrong password', retryAfterMs: 60_000 });
      const hangs = new MemorySink('hangs');
      hangs.behave = () => new Promise(() => undefined);
      const delivery = serve(dir, shared, [spec(waits), spec(hangs, 60_000)]);
      await until(() => delivery.status()[0]?.state === 'retrying');
      const mended = [new MemorySink('waits'), new MemorySink('hangs')] as const;
      const begun = Date.now();
      await (await delivery.update(mended.map((sink) => spec(sink)))).commit();
      expect(Date.now() - begun).toBeLessThan(30_000); // half of what they wait for
      await until(() => mended.every(({ got }) => got.length === 10));
      await delivery.close(1000);
      writer.close();
    });
  });

  it('keep nothing for one that left: what the others have got is removed', async () => {
    await withDir(async (dir) => {
      const { writer, shared } = openWriter(dir);
      const good = spec(new MemorySink('good'));
      const dead = new MemorySink('dead');
      dead.behave = () => ({ kind: 'retry', reason: 'no route' });
      const delivery = serve(dir, shared, [good, spec(dead)]);
      for (let i = 0; i < 100; i++) writer.append(newAlert(`m${i}`));
      await until(() => delivery.status()[0]?.lag === 0);
      expect(shared.floor).toBe(1);
      await (await delivery.update([good])).commit();
      await until(() => shared.floor === 101);
      await delivery.close(1000);
      writer.close();
    });
  });

  it('stay as they were when the change is given up or cannot be made', async () => {
    await withDir(async (dir) => {
      const { writer, shared } = openWriter(dir);
      const sink = new MemorySink('a');
      const serving = spec(sink);
      const delivery = serve(dir, shared, [serving]);
      await (await delivery.update([spec(new MemorySink('b'))])).abort();
      mkdirSync(join(dir, 'cursors', 'c.cursor.tmp')); // in the way of the new cursor
      await expect(delivery.update([serving, spec(new MemorySink('c'))])).rejects.toThrow('EISDIR');
      for (let i = 0; i < 5; i++) writer.append(newAlert(`m${i}`));
      await until(() => sink.got.length === 5);
      expect(delivery.status().map(({ name }) => name)).toEqual(['a']);
      await until(() => shared.floor === 6); // neither b nor c holds anything back
      await delivery.close(1000);
      writer.close();
    });
  });
});
