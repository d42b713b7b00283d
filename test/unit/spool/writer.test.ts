import {
  copyFileSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { PRIORITIES } from '../../../sensor/lang/ir.js';
import { LOSS_RULE, SpoolReader, SpoolShared, SpoolWriter } from '../../../sensor/spool/index.js';
import { newAlert, openWriter, quietLogger, readAll, withDir } from './support.js';

const logsIn = (dir: string) =>
  readdirSync(dir)
    .filter((name) => name.endsWith('.log'))
    .sort();

describe('the spool', () => {
  it('gives back what was appended, in order over all priorities, with rising ids', async () => {
    await withDir((dir) => {
      const { writer, shared } = openWriter(dir);
      for (let i = 0; i < 2000; i++) writer.append(newAlert(`m${i}`, PRIORITIES[(i * 7) % 8]));
      const { alerts, missed } = readAll(dir, shared);
      expect(missed).toBe(0);
      expect(alerts.map((a) => a.message)).toEqual(Array.from({ length: 2000 }, (_, i) => `m${i}`));
      expect(alerts.map((a) => a.seq)).toEqual(Array.from({ length: 2000 }, (_, i) => i + 1));
      const ids = alerts.map((a) => a.id);
      expect([...ids].sort()).toEqual(ids);
      expect(new Set(ids).size).toBe(2000);
      for (const id of ids) {
        expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      }
      expect(alerts[0]).toMatchObject({ v: 1, hostname: 'lab1', tags: ['config', 'lab'] });
      writer.close();
    });
  });

  it('lets a reader follow the head as it moves', async () => {
    await withDir((dir) => {
      const { writer, shared } = openWriter(dir);
      const reader = new SpoolReader(dir, shared, 1);
      const limits = { maxAlerts: 10, maxBytes: 1 << 20 };
      expect(reader.read(limits, 7, () => true)).toMatchObject({ alerts: [], next: 1, missed: 0 });
      for (let i = 0; i < 300; i++) {
        writer.append(newAlert(`m${i}`, PRIORITIES[i % 8]));
        const batch = reader.read(limits, 7, () => true);
        expect(batch.alerts.map((a) => a.message)).toEqual([`m${i}`]);
        expect(batch.missed).toBe(0);
      }
      reader.close();
      writer.close();
    });
  });

  it('passes over what is not wanted and counts none of it as missed', async () => {
    await withDir((dir) => {
      const { writer, shared } = openWriter(dir);
      for (let i = 0; i < 100; i++) writer.append(newAlert(`m${i}`, i % 2 ? 'Debug' : 'Error'));
      const reader = new SpoolReader(dir, shared, 1);
      const severe = reader.read(
        { maxAlerts: 512, maxBytes: 1 << 20 },
        3,
        (a) => a.message !== 'm4',
      );
      expect(severe.alerts).toHaveLength(49);
      expect(severe).toMatchObject({ next: 101, missed: 0, more: false });
      writer.close();
    });
  });

  it('continues its sequence over restarts, also when every alert was delivered and removed', async () => {
    await withDir((dir) => {
      const first = openWriter(dir);
      for (let i = 0; i < 5; i++) first.writer.append(newAlert('a'));
      first.writer.close();
      const second = openWriter(dir);
      expect(second.shared.appended).toBe(5);
      expect(second.shared.openedAt).toBe(6);
      second.shared.floor = 6;
      second.writer.tick();
      expect(logsIn(dir)).toEqual([]);
      second.writer.close();
      const third = openWriter(dir);
      expect(third.writer.append(newAlert('b'))).toBe(6);
      third.writer.close();
    });
  });

  it('comes back from a torn tail at every byte offset with the whole records before it', async () => {
    await withDir((dir) => {
      const whole = join(dir, 'whole');
      const { writer } = openWriter(whole);
      const ends: number[] = [];
      for (let i = 0; i < 4; i++) {
        writer.append(newAlert(`m${i}`));
        ends.push(statSync(join(whole, logsIn(whole)[0] ?? '')).size);
      }
      writer.close();
      const name = logsIn(whole)[0] ?? '';
      for (let cut = 0; cut <= (ends[3] ?? 0); cut++) {
        const torn = join(dir, `cut${cut}`);
        mkdirSync(torn);
        copyFileSync(join(whole, name), join(torn, name));
        truncateSync(join(torn, name), cut);
        const kept = ends.filter((end) => end <= cut).length;
        const reopened = openWriter(torn);
        reopened.writer.append(newAlert('after'));
        const { alerts, missed } = readAll(torn, reopened.shared);
        const expected = [...['m0', 'm1', 'm2', 'm3'].slice(0, kept), 'after'];
        expect(alerts.map((a) => a.message)).toEqual(expected);
        expect(missed).toBe(0);
        expect(reopened.shared.damagedBytes).toBe(0);
        expect(reopened.shared.tornBytes).toBe(cut - (ends[kept - 1] ?? 0));
        reopened.writer.close();
      }
    });
  });

  it('steps over damage anywhere: loses at most the records hit, delivers nothing that was not appended', async () => {
    await withDir(async (dir) => {
      let run = 0;
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.string({ maxLength: 400 }), { minLength: 1, maxLength: 30 }),
          fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })), {
            minLength: 1,
            maxLength: 4,
          }),
          async (messages, hits) => {
            const sub = join(dir, String(run++));
            const { writer } = openWriter(sub);
            const ends: number[] = [];
            for (const message of messages) {
              writer.append(newAlert(message));
              ends.push(statSync(join(sub, logsIn(sub)[0] ?? '')).size);
            }
            writer.close();
            const path = join(sub, logsIn(sub)[0] ?? '');
            const bytes = readFileSync(path);
            const hit = new Set<number>();
            for (const [at, flip] of hits) {
              const offset = at % bytes.length;
              bytes[offset] = (bytes[offset] ?? 0) ^ flip;
              hit.add(ends.findIndex((end) => offset < end));
            }
            writeFileSync(path, bytes);
            const reopened = openWriter(sub);
            const got = readAll(sub, reopened.shared).alerts.map((a) => a.message);
            const untouched = messages.filter((_, i) => !hit.has(i));
            // Two hits on one byte can undo each other, so a record that was hit may still be whole.
            expect(got.filter((m) => untouched.includes(m)).length).toBeGreaterThanOrEqual(
              untouched.length,
            );
            for (const message of got) expect(messages).toContain(message);
            reopened.writer.close();
          },
        ),
        { numRuns: 150 },
      );
    });
  });

  it('delivers what is readable around damage found at start, and tells where it is', async () => {
    await withDir(async (dir) => {
      const first = openWriter(dir);
      for (let i = 0; i < 20; i++) first.writer.append(newAlert(`m${i}`));
      first.writer.close();
      const path = join(dir, logsIn(dir)[0]!);
      const bytes = readFileSync(path);
      const record = bytes.length / 20;
      const at = Math.floor(record * 7);
      bytes[at + 40]! ^= 0xff;
      writeFileSync(path, bytes);
      const said: { message: string; fields?: unknown }[] = [];
      const error = (message: string, fields?: unknown) => said.push({ message, fields });
      const shared = new SpoolShared();
      const writer = SpoolWriter.open({
        dir,
        hostname: 'h',
        shared,
        logger: { ...quietLogger, error },
      });
      const { alerts, missed } = readAll(dir, shared);
      expect([alerts.length, missed]).toEqual([19, 1]);
      const [{ message, fields }] = said as [{ message: string; fields: { offset: number } }];
      expect(message).toContain('the disk damaged part of the spool');
      expect(fields).toMatchObject({ segment: path, bytes: shared.damagedBytes });
      // The start of the one record that is gone.
      expect(Math.abs(fields.offset - at)).toBeLessThan(record);
      writer.close();
    });
  });

  it('counts as missed what the disk damaged while a reader had it before it', async () => {
    await withDir((dir) => {
      const { writer, shared } = openWriter(dir);
      for (let i = 0; i < 10; i++) writer.append(newAlert(`m${i}`));
      const path = join(dir, logsIn(dir)[0] ?? '');
      const bytes = readFileSync(path);
      const at = bytes.indexOf('"m4"');
      bytes[at + 1] = 0x58;
      writeFileSync(path, bytes);
      const { alerts, missed } = readAll(dir, shared);
      expect(alerts.map((a) => a.message)).toEqual([
        'm0',
        'm1',
        'm2',
        'm3',
        'm5',
        'm6',
        'm7',
        'm8',
        'm9',
      ]);
      expect(missed).toBe(1);
      writer.close();
    });
  });

  it('at the cap drops the oldest of the lowest severity, counts it, and tells', async () => {
    await withDir((dir) => {
      const cap = 1 << 20;
      const { writer, shared } = openWriter(dir, cap);
      for (let i = 0; i < 300; i++) writer.append(newAlert(`critical ${i}`, 'Critical'));
      for (let i = 0; i < 5000; i++) writer.append(newAlert(`debug ${i}`, 'Debug'));
      expect(shared.bytes).toBeLessThanOrEqual(cap);
      expect(shared.bytes).toBeGreaterThan(cap * 0.9);
      const onDisk = logsIn(dir).reduce((sum, name) => sum + statSync(join(dir, name)).size, 0);
      expect(onDisk).toBe(shared.bytes);
      const { alerts, missed } = readAll(dir, shared);
      expect(alerts.filter((a) => a.priority === 'Critical' && a.kind === 'rule')).toHaveLength(
        300,
      );
      const debug = alerts
        .filter((a) => a.priority === 'Debug')
        .map((a) => Number(a.message.slice(6)));
      expect(debug.at(-1)).toBe(4999);
      expect(debug).toEqual(
        Array.from({ length: debug.length }, (_, i) => 5000 - debug.length + i),
      );
      const dropped = 5000 - debug.length;
      expect(shared.dropped('cap', 7)).toBe(dropped);
      expect(shared.droppedTotal).toBe(dropped);
      expect(missed).toBe(dropped);
      const tells = alerts.filter((a) => a.rule === LOSS_RULE);
      expect(tells.length).toBeGreaterThan(0);
      writer.close();
      const after = openWriter(dir, cap);
      const told = readAll(dir, after.shared)
        .alerts.filter((a) => a.rule === LOSS_RULE)
        .map((a) => (JSON.parse(a.fields) as Record<string, number>)['saker.dropped'] ?? 0);
      expect(told.reduce((sum, count) => sum + count, 0)).toBe(shared.droppedTotal);
      after.writer.close();
    });
  });

  it('drops the newcomer where everything kept is more severe', async () => {
    await withDir((dir) => {
      const { writer, shared } = openWriter(dir, 256 * 1024);
      let seq = 1;
      while (shared.droppedTotal === 0) seq = writer.append(newAlert('x'.repeat(1000), 'Error'));
      expect(seq).toBeGreaterThan(0);
      const before = shared.dropped('cap', 3);
      while (shared.bytes + 1400 < 256 * 1024) writer.append(newAlert('x'.repeat(1000), 'Error'));
      expect(writer.append(newAlert('y'.repeat(3000), 'Notice'))).toBe(0);
      expect(shared.dropped('cap', 5)).toBe(1);
      expect(shared.dropped('cap', 3)).toBeLessThanOrEqual(before + 50);
      writer.close();
    });
  });

  it('keeps what a sink has not got and removes what all have, under a small cap', async () => {
    await withDir((dir) => {
      const { writer, shared } = openWriter(dir, 1 << 20);
      for (let i = 0; i < 10_000; i++) {
        writer.append(newAlert(`m${i}`, 'Warning'));
        shared.floor = shared.appended - 100;
      }
      expect(shared.droppedTotal).toBe(0);
      const { alerts } = readAll(dir, shared, shared.appended - 99);
      expect(alerts).toHaveLength(100);
      writer.close();
    });
  });

  it('refuses an alert of more than 1 MiB, counts and tells it', async () => {
    await withDir((dir) => {
      const { writer, shared } = openWriter(dir);
      expect(writer.append(newAlert('z'.repeat(2 << 20), 'Error'))).toBe(0);
      expect(shared.dropped('too_large', 3)).toBe(1);
      writer.append(newAlert('small'));
      expect(readAll(dir, shared).alerts.map((a) => a.rule)).toEqual(['Config edit', LOSS_RULE]);
      writer.close();
    });
  });
});
