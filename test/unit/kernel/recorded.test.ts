import { mkdtempSync, rmSync, truncateSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KIND, RecordWalk, writeBatch } from '../../../sensor/events/index.js';
import { BatchRecorder, RecordedSource } from '../../../sensor/kernel/index.js';

const batch = (...tgids: number[]) =>
  writeBatch(
    tgids.map((tgid) => ({ kind: KIND.FILE_OPEN, header: { tgid }, strings: { path: '/x' } })),
  );

/** Collects the tgids a source delivers. */
function listen(source: RecordedSource): number[] {
  const tgids: number[] = [];
  const walk = new RecordWalk();
  source.start((bytes, length) => {
    walk.each(bytes, length, (record) => tgids.push(record.tgid));
  });
  return tgids;
}

it('delivers batches in order and says when it is done', async () => {
  const source = new RecordedSource([batch(1, 2), batch(3)]);
  const tgids = listen(source);
  await source.ended();
  expect(tgids).toEqual([1, 2, 3]);
  expect(source.stats()).toMatchObject({ batches: 2, records: 3, malformed: 0 });
});

it('delivers nothing while paused, and the rest after', async () => {
  const source = new RecordedSource([batch(1), batch(2)]);
  const tgids = listen(source);
  source.pause();
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(tgids).toEqual([]);
  source.resume();
  await source.ended();
  expect(tgids).toEqual([1, 2]);
});

it('delivers nothing once closed; closing twice is fine', async () => {
  const source = new RecordedSource([batch(1)]);
  const tgids = listen(source);
  source.close();
  source.close();
  await source.ended();
  source.drain();
  expect(tgids).toEqual([]);
});

describe('a recording on disk', () => {
  const folder = mkdtempSync(join(tmpdir(), 'saker-recorded-'));
  const path = join(folder, 'batches');
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  it('comes back as it was, and only as much of each buffer as was a batch', async () => {
    const recorder = new BatchRecorder(path);
    const buffer = Buffer.concat([batch(7, 8), batch(99)]);
    recorder.write(buffer, batch(7, 8).length);
    recorder.write(batch(9), batch(9).length);
    recorder.close();
    recorder.close();
    const source = RecordedSource.fromFile(path);
    const tgids = listen(source);
    await source.ended();
    expect(tgids).toEqual([7, 8, 9]);
  });

  it('that is cut short is refused', () => {
    truncateSync(path, statSync(path).size - 1);
    expect(() => RecordedSource.fromFile(path)).toThrow(
      expect.objectContaining({ code: 'RECORDING_DAMAGED' }) as Error,
    );
  });
});
