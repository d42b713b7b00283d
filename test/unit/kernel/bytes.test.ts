import { KIND, LOSS, writeBatch, writeRecord } from '../../../sensor/events/index.js';
import { AT, SIZE } from '../../../sensor/kernel/layout.generated.js';
import { controlBytes } from '../../../sensor/kernel/control.js';
import { sumCounters } from '../../../sensor/kernel/counters.js';
import { batchOf } from '../../../sensor/kernel/scan.js';

describe('control', () => {
  const bytes = Buffer.from(
    controlBytes({ classes: new Map([[KIND.FILE_OPEN, 5n]]), generation: 0x1_02, wantEnv: true }),
  );

  it('holds the classes of a kind at its place, and wants all of the others', () => {
    expect(bytes.readBigUInt64LE(AT.control.classes + 8 * KIND.FILE_OPEN)).toBe(5n);
    expect(bytes.readBigUInt64LE(AT.control.classes + 8 * KIND.NET_SEND)).toBe(
      0xffff_ffff_ffff_ffffn,
    );
  });

  it('holds generation and environment', () => {
    expect(bytes.readUInt32LE(AT.control.generation)).toBe(258);
    expect(bytes.readUInt32LE(AT.control.want_env)).toBe(1);
    expect(bytes.length).toBe(SIZE.control);
  });
});

it('sums counters over CPUs', () => {
  const slots = Buffer.alloc(3 * SIZE.counters);
  for (let cpu = 0; cpu < 3; cpu++) {
    const at = cpu * SIZE.counters;
    slots.writeBigUInt64LE(10n, at + AT.counters.seen);
    slots.writeBigUInt64LE(BigInt(cpu), at + AT.counters.sent);
    slots.writeBigUInt64LE(2n, at + AT.counters.lost + 8 * LOSS.IN_FLIGHT);
  }
  const counters = sumCounters(KIND.FILE_OPEN, slots);
  expect(counters).toMatchObject({ kind: KIND.FILE_OPEN, seen: 30, filtered: 0, sent: 3 });
  expect(counters.lost[LOSS.IN_FLIGHT]).toBe(6);
  expect(counters.lost[LOSS.RING_FULL]).toBe(0);
});

describe('what an iterator wrote', () => {
  const records = ['/a', '/bc', '/defg'].map((path) =>
    writeRecord({ kind: KIND.PROCESS_SEEN, strings: { exe_path: path } }),
  );
  const sizeOf = (record: Uint8Array) => Buffer.from(record).readUInt16LE(40);
  const tight = Buffer.concat(records.map((record) => record.subarray(0, sizeOf(record))));

  it('becomes a batch with each record at a multiple of 8', () => {
    expect(Buffer.from(batchOf(tight)).equals(Buffer.concat(records))).toBe(true);
  });

  it('ends where a size is impossible', () => {
    const broken = Buffer.from(tight);
    broken.writeUInt16LE(7, sizeOf(records[0]!) + 40);
    expect(batchOf(broken).length).toBe(records[0]!.length);
  });

  it('is nothing when nothing was written', () => {
    expect(batchOf(new Uint8Array(0)).length).toBe(0);
    expect(writeBatch([]).length).toBe(0);
  });
});
