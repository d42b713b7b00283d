import { BatchCursor, writeRecord, type RecordValues } from '../../../sensor/events/index.js';
import { ThreadCredentials } from '../../../sensor/identity/thread-credentials.js';
import { Kernel } from './records.js';

const at = (values: RecordValues): BatchCursor => {
  const cursor = new BatchCursor();
  cursor.use(writeRecord(values));
  cursor.move(0);
  return cursor;
};

describe('what single threads are allowed', () => {
  const kernel = new Kernel();
  const change = (pid: number, tid: number, egid: number, header: RecordValues['header'] = {}) =>
    at(kernel.change(pid, { 'id.egid': egid }, {}, { tid, ...header }));

  it('is told of that thread of that process only', () => {
    const threads = new ThreadCredentials();
    threads.note(change(10, 12, 7));
    expect(threads.of(change(10, 12, 0))?.egid).toBe(7);
    expect(threads.of(change(10, 10, 0))).toBeNull();
    expect(threads.of(change(10, 13, 0))).toBeNull();
    expect(threads.of(change(10, 12, 0, { start_ns: 5n }))).toBeNull(); // another one of that number
  });

  it('is forgotten from the oldest change on when there are too many', () => {
    const threads = new ThreadCredentials(2);
    for (const tid of [11, 12, 11, 13]) threads.note(change(10, tid, tid));
    expect([11, 12, 13].map((tid) => threads.of(change(10, tid, 0))?.egid)).toEqual([
      11,
      undefined,
      13,
    ]);
  });
});
