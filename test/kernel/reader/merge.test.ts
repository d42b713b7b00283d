import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { native, type ProbeSet, readClocks } from '../../../sensor/kernel/index.js';
import { describeWith, program, root } from '../../support/needs.js';
import { projectRoot } from '../../support/place.js';

/** One record for a ring. Times are relative to a moment well before now. */
interface Order {
  readonly ring: number;
  readonly at: number;
  readonly tid: number;
  readonly size?: number;
  readonly discard?: boolean;
}

const HEADER = 48;
const ORDERS_MAX = 64;

describeWith([root, program('bpftool'), program('clang-19')], 'the merge of many rings', () => {
  const folder = mkdtempSync(join(tmpdir(), 'saker-merge-'));
  const object = join(folder, 'rings.bpf.o');
  let open: ReturnType<typeof openRings>;

  beforeAll(() => {
    const include = `/usr/include/${execFileSync('uname', ['-m'], { encoding: 'utf8' }).trim()}-linux-gnu`;
    const source = `${projectRoot}/test/kernel/reader/rings.bpf.c`;
    writeFileSync(join(folder, 'nothing'), Buffer.alloc(64));
    execFileSync('clang-19', [
      '-O2',
      '-g',
      '-target',
      'bpf',
      '-Wall',
      '-Werror',
      `-I${include}`,
      '-c',
      source,
      '-o',
      object,
    ]);
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });
  beforeEach(() => {
    open = openRings();
  });
  afterEach(() => {
    open.reader.close();
    open.set.close();
  });

  function openRings() {
    const set: ProbeSet = new (native().bpf.ProbeSet)(object);
    set.load();
    const rings = [0, 1, 2, 3].map((n) => set.map(`ring_${n}`));
    const reader = new (native().bpf.RingReader)(rings, 2, 250, () => undefined);
    reader.pause();
    return { set, reader, base: Number(readClocks().bootNs) - 1e9 };
  }

  /** Lets the kernel put records into the rings, in this order. */
  function put(orders: readonly Order[]): void {
    for (let from = 0; from < orders.length; from += ORDERS_MAX) {
      const some = orders.slice(from, from + ORDERS_MAX);
      const wanted = Buffer.alloc(8 + 16 * ORDERS_MAX);
      wanted.writeUInt32LE(some.length);
      some.forEach((order, i) => {
        const at = 8 + 16 * i;
        wanted.writeBigUInt64LE(BigInt(Math.round(open.base + order.at)), at);
        wanted.writeUInt32LE(order.tid, at + 8);
        wanted.writeUInt16LE(order.size ?? HEADER, at + 12);
        wanted[at + 14] = order.ring;
        wanted[at + 15] = order.discard === true ? 1 : 0;
      });
      open.set.map('wanted').update(new Uint8Array(4), wanted);
      const { id } = open.set.programInfo('put');
      const said = execFileSync(
        'bpftool',
        ['-j', 'prog', 'run', 'id', String(id), 'data_in', join(folder, 'nothing')],
        {
          encoding: 'utf8',
          env: { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin` },
        },
      );
      expect(JSON.parse(said)).toMatchObject({ retval: 0 });
    }
  }

  /** One drain: the records' tids in order, and what the reader says. */
  function drain(bytes = 1 << 20) {
    const buffer = Buffer.alloc(bytes, 0xff);
    const out = new Float64Array(4);
    open.reader.drain(buffer, out);
    const [length = 0, more, records, malformed] = out;
    const tids: number[] = [];
    for (let at = 0; at < length; at += (buffer.readUInt16LE(at + 40) + 7) & ~7)
      tids.push(buffer.readUInt32LE(at + 28));
    return { tids, more: more === 1, records, malformed, buffer, length };
  }

  it('orders records of all rings by time', () => {
    put([
      { ring: 3, at: 10, tid: 1 },
      { ring: 0, at: 20, tid: 2 },
      { ring: 2, at: 15, tid: 3 },
      { ring: 1, at: 5, tid: 4 },
      { ring: 3, at: 40, tid: 5 },
      { ring: 1, at: 30, tid: 6 },
    ]);
    expect(drain().tids).toEqual([4, 1, 3, 2, 6, 5]);
  });

  it('keeps the order within a ring, which is causal, against the times', () => {
    put([
      { ring: 1, at: 50, tid: 1 },
      { ring: 1, at: 20, tid: 2 },
      { ring: 2, at: 30, tid: 3 },
    ]);
    // 1 came before 2 and must not wait for 3.
    expect(drain().tids).toEqual([1, 2, 3]);
  });

  it('lets the earlier ring go first at equal times: the state ring leads', () => {
    put([
      { ring: 2, at: 7, tid: 1 },
      { ring: 0, at: 7, tid: 2 },
      { ring: 1, at: 7, tid: 3 },
    ]);
    expect(drain().tids).toEqual([2, 3, 1]);
  });

  it('holds back what is younger than the drain, and delivers it later', async () => {
    put([
      { ring: 0, at: 1, tid: 1 },
      { ring: 1, at: 1e9 + 2e9, tid: 2 },
    ]);
    expect(drain().tids).toEqual([1]);
    let later: readonly number[] = [];
    for (const end = Date.now() + 60_000; later.length === 0 && Date.now() < end;) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      later = drain().tids;
    }
    expect(later).toEqual([2]);
  });

  it('copies as many bytes as the record claims, and clears the rest of its eight', () => {
    put([
      { ring: 0, at: 1, tid: 1, size: 61 },
      { ring: 0, at: 2, tid: 2, size: 128 },
    ]);
    const { tids, buffer, length } = drain();
    expect(tids).toEqual([1, 2]);
    expect(length).toBe(64 + 128);
    expect([...buffer.subarray(60, 64)]).toEqual([0xee, 0, 0, 0]);
  });

  it('skips and counts a slot whose record claims an impossible size', () => {
    put([
      { ring: 0, at: 1, tid: 1 },
      { ring: 0, at: 2, tid: 2, size: 129 },
      { ring: 1, at: 3, tid: 3, size: 47 },
      { ring: 1, at: 4, tid: 4 },
    ]);
    expect(drain()).toMatchObject({ tids: [1, 4], malformed: 2, records: 2 });
    expect(drain()).toMatchObject({ tids: [], malformed: 2 });
  });

  it('passes discarded slots, and gives a ring of nothing else back to the kernel', () => {
    // 500 slots of 136 bytes are more than the ring of 64 KiB holds: unless they are given back, putting fails.
    for (let round = 0; round < 8; round++) {
      put(
        Array.from({ length: ORDERS_MAX }, (_, i) => ({ ring: 2, at: i, tid: i, discard: true })),
      );
      expect(drain().tids).toEqual([]);
    }
    put([{ ring: 2, at: 600, tid: 7 }]);
    expect(drain()).toMatchObject({ tids: [7], malformed: 0 });
  });

  it('stops at the end of the buffer and goes on from there, in order', () => {
    const orders = Array.from({ length: 1400 }, (_, i) => ({
      ring: i % 4,
      at: i,
      tid: i,
      size: 128,
    }));
    put(orders);
    const all: number[] = [];
    let drains = 0;
    for (let more = true; more && drains < 20; drains++) {
      const batch = drain(64 << 10);
      expect(batch.length).toBeLessThanOrEqual(64 << 10);
      all.push(...batch.tids);
      more = batch.more;
    }
    expect(drains).toBeGreaterThan(2);
    expect(all).toEqual(orders.map((order) => order.tid));
  });

  it('refuses a buffer that cannot hold the largest record', () => {
    expect(() => drain(4096)).toThrow(expect.objectContaining({ code: 'NATIVE_MISUSE' }) as Error);
  });
});
