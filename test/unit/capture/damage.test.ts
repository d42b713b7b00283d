import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { deflateRawSync, gzipSync, zstdCompressSync, constants, crc32 } from 'node:zlib';
import fc from 'fast-check';
import { BLOCK, BLOCK_HEADER, MAX_PAYLOAD, sealBlock } from '../../../sensor/capture/block.js';
import { SakerError } from '../../../sensor/core/index.js';
import { AT, RECORDS } from '../../../sensor/events/index.js';
import { Kernel } from '../identity/records.js';
import { freshPath, itemsOf, record, recorder, replayed, said, session } from './support.js';
import { writeBatch } from '../../../sensor/events/index.js';

const path = freshPath();
/** A small capture: header, snapshot, three times a block of records and a count of losses. */
const whole = ((): Buffer => {
  const its = recorder({ path });
  const kernel = new Kernel();
  its.begin(new Uint8Array(0));
  for (let i = 0; i < 3; i++) {
    const batch = writeBatch(session(kernel));
    its.take(batch, batch.length);
    its.tick({ lost: { 'file.open': { ring_full: i } } });
  }
  its.close();
  return readFileSync(path);
})();
const good = itemsOf(path);

/** Where blocks begin, and the end. */
const borders: number[] = [];
for (let at = 0; at < whole.length; at += BLOCK_HEADER + whole.readUInt32LE(at + 8))
  borders.push(at);
borders.push(whole.length);

const CUT = 'the file ends in the middle of a block';

const scratch = freshPath();
function read(bytes: Uint8Array): ReturnType<typeof itemsOf> | string {
  writeFileSync(scratch, bytes);
  try {
    return itemsOf(scratch);
  } catch (error) {
    expect(error).toBeInstanceOf(SakerError);
    return (error as SakerError).code;
  }
}

it('has what the tests below damage', () => {
  expect(good.map(({ kind }) => kind)).toEqual([
    'session',
    'records',
    'records',
    'loss',
    'records',
    'loss',
    'records',
    'loss',
  ]);
  expect(borders).toHaveLength(good.length + 1);
});

/** Enough to tell items apart: contents are compared where nothing is damaged. */
const brief = (items: ReturnType<typeof read>): unknown =>
  typeof items === 'string'
    ? items
    : items.map((item) => {
        if (item.kind === 'damage') return `${item.at}: ${item.why}`;
        return item.kind === 'records' ? item.bytes.length : item.kind;
      });

it('cut at any byte gives what came before, and the place of the cut block', () => {
  const all = brief(good) as unknown[];
  for (let length = 1; length < whole.length; length++) {
    const blocks = borders.filter((border) => border <= length).length - 1;
    const cut = borders[blocks] === length ? [] : [`${borders[blocks]}: ${CUT}`];
    expect(brief(read(whole.subarray(0, length)))).toEqual([...all.slice(0, blocks), ...cut]);
  }
});

it('with any one byte changed loses that block and no other', () => {
  for (let at = 0; at < whole.length; at++) {
    const bytes = Buffer.from(whole);
    bytes[at]! ^= 1 << (at % 8);
    const items = read(bytes);
    if (at < 4) {
      expect(items).toBe('CAPTURE_FORMAT');
      continue;
    }
    if (typeof items === 'string') throw new Error(`byte ${at}: ${items}`);
    const block = borders.findLastIndex((border) => border <= at);
    expect(items.find(({ kind }) => kind === 'damage')).toMatchObject({ at: borders[block] });
    if (block === 0) continue; // nothing can be read without the header
    const rest = items.filter(({ kind }) => kind !== 'damage');
    expect(rest).toHaveLength(good.length - 1);
  }
});

it('finds its footing behind bytes that are no block', async () => {
  const junk = Buffer.concat([Buffer.alloc(100_000, 'SKRC'), Buffer.from('SK')]);
  writeFileSync(
    scratch,
    Buffer.concat([whole.subarray(0, borders[2]), junk, whole.subarray(borders[2])]),
  );
  const { alerts, summary } = await replayed([scratch]);
  expect(alerts.map(said)).toEqual((await replayed([path])).alerts.map(said));
  expect(summary.damage).toEqual([
    { path: scratch, at: borders[2], why: 'the head of the block is damaged' },
  ]);
});

it('is told from files that are something else', () => {
  for (const text of ['', 'SKR1', '\x7fELF', '#!/bin/sh\n'])
    expect(read(Buffer.from(text))).toBe('CAPTURE_FORMAT');
  const said = (bytes: Uint8Array): string => {
    writeFileSync(scratch, bytes);
    try {
      itemsOf(scratch);
    } catch (error) {
      return (error as Error).message.slice(scratch.length + 1);
    }
    return 'read';
  };
  expect(said(Buffer.alloc(0))).toBe('is no capture of saker: it is empty');
  expect(said(Buffer.from('a diary'))).toBe('is no capture of saker');
  expect(said(gzipSync(whole))).toBe('is no capture of saker: it is packed by gzip');
  expect(said(zstdCompressSync(whole))).toBe('is no capture of saker: it is packed by zstd');
  expect(said(Buffer.from('0a0d0d0a00000000', 'hex'))).toMatch(/Falco or sysdig/);
  const pipe = freshPath();
  execFileSync('mkfifo', [pipe]);
  expect(() => itemsOf(pipe)).toThrow(/it is a pipe$/);
  expect(() => itemsOf('-')).toThrow(/standard input is not read$/);
  expect(() => itemsOf('/nonexistent')).toThrow(
    expect.objectContaining({ code: 'CAPTURE_UNREADABLE' }) as Error,
  );
  expect(() => itemsOf('/dev')).toThrow(
    expect.objectContaining({ code: 'CAPTURE_UNREADABLE' }) as Error,
  );
  expect(() => itemsOf('/dev/zero')).toThrow(
    expect.objectContaining({ code: 'CAPTURE_UNREADABLE' }) as Error,
  );
});

describe('made to harm', () => {
  const [header] = [whole.subarray(0, borders[1])];

  /** A block that says of itself what it likes. */
  function forged(kind: number, stored: Buffer, payloadBytes: number, packing = 1): Buffer {
    const block = Buffer.alloc(BLOCK_HEADER);
    block.write('SKRC');
    block.writeUInt16LE(1, 4);
    block.writeUInt8(kind, 6);
    block.writeUInt8(packing, 7);
    block.writeUInt32LE(stored.length, 8);
    block.writeUInt32LE(payloadBytes, 12);
    block.writeUInt32LE(crc32(stored), 16);
    block.writeUInt32LE(crc32(block.subarray(0, 20)), 20);
    return Buffer.concat([block, stored]);
  }

  const why = (block: Buffer): unknown => {
    const items = read(Buffer.concat([header, block, whole.subarray(borders[1])]));
    if (typeof items === 'string') return items;
    expect(items.filter(({ kind }) => kind !== 'damage')).toHaveLength(good.length);
    return items.flatMap((item) => (item.kind === 'damage' ? [item.why] : []));
  };

  it('is refused where it would grow beyond what it says', () => {
    const bomb = zstdCompressSync(Buffer.alloc(256 << 20), {
      params: { [constants.ZSTD_c_compressionLevel]: 19 },
    });
    const before = process.memoryUsage().arrayBuffers;
    expect(why(forged(BLOCK.records, bomb, 1 << 20))).toEqual([
      expect.stringContaining('cannot be decompressed'),
    ]);
    expect(why(forged(BLOCK.records, bomb, MAX_PAYLOAD + 1))).toEqual([
      'the lengths of the block are impossible',
    ]);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 << 20);
  });

  it('is refused where it is shorter, unpacked otherwise, or of another format', () => {
    const small = zstdCompressSync(Buffer.alloc(100));
    expect(why(forged(BLOCK.records, small, 200))).toEqual(['the lengths of the block differ']);
    expect(why(forged(BLOCK.records, Buffer.alloc(8), 16, 0))).toEqual([
      'the lengths of the block differ',
    ]);
    expect(why(forged(BLOCK.records, small, 100, 7))).toEqual(['compression 7 is not known']);
    expect(why(forged(BLOCK.records, deflateRawSync(Buffer.alloc(100)), 100))).toEqual([
      expect.stringContaining('cannot be decompressed'),
    ]);
    const later = sealBlock(BLOCK.records, Buffer.alloc(8));
    later.writeUInt16LE(2, 4);
    later.writeUInt32LE(crc32(later.subarray(0, 20)), 20);
    expect(why(later)).toEqual(['format 2 is not known to this build']);
  });

  it('passes over kinds of a later build', () => {
    expect(why(sealBlock(200, Buffer.from('news')))).toEqual([]);
  });

  it('survives headers and other blocks with any content', () => {
    const content = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.json().map((text) => Buffer.from(text)),
      fc.json().map((text) => Buffer.from(`{"machine":${text},"layout":${text},"lost":${text}}`)),
    );
    const kinds = fc.constantFrom(...Object.values(BLOCK));
    fc.assert(
      fc.property(kinds, content, (kind, payload) => {
        const items = read(Buffer.concat([header, sealBlock(kind, payload), whole]));
        expect(typeof items).not.toBe('string');
        expect(brief(items.slice(-good.length) as typeof good)).toEqual(brief(good));
      }),
      { numRuns: 500 },
    );
  });

  it('survives bytes changed, cut out and put in anywhere', async () => {
    const edit = fc.tuple(fc.nat(whole.length), fc.nat(40), fc.uint8Array({ maxLength: 40 }));
    await fc.assert(
      fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 8 }), async (edits) => {
        let bytes = whole;
        for (const [at, cut, put] of edits)
          bytes = Buffer.concat([bytes.subarray(0, at), put, bytes.subarray(at + cut)]);
        writeFileSync(scratch, bytes);
        await replayed([scratch]).catch((error: unknown) => {
          expect(error).toMatchObject({ code: 'CAPTURE_FORMAT' });
        });
      }),
      { numRuns: 200 },
    );
  });

  it('survives sealed records with any content, and shows them', async () => {
    const kinds = fc.constantFrom(...RECORDS.map(({ kind }) => kind));
    const bytes = fc.uint8Array({ minLength: 256, maxLength: 400 });
    const pids = fc.constantFrom(0, 1, 2, 100, 200, 300);
    const one = fc
      .tuple(kinds, bytes, fc.nat(70_000), pids, pids)
      .map(([kind, content, size, tgid, parent]) => {
        const record = Buffer.alloc((content.length + 7) & ~7);
        record.set(content);
        record.writeUInt16LE(size > 65_000 ? size - 65_000 : record.length, AT.header.size);
        record.writeUInt8(kind, AT.header.kind);
        record.writeUInt32LE(tgid, AT.header.tgid);
        record.writeBigUInt64LE(0n, AT.header.start_ns);
        if (content[0]! % 2 === 0) {
          record.writeUInt32LE(parent, AT.process_exec.id.parent_tgid); // chains and circles of parents
          record.writeBigUInt64LE(0n, AT.process_exec.id.parent_start_ns);
          for (const at of RECORDS.find((shape) => shape.kind === kind)!.lengthsAt)
            record.writeUInt16LE(content[1]! % 20, at);
        }
        return record;
      });
    let alerts = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(one, { minLength: 1, maxLength: 30 }), async (records) => {
        writeFileSync(
          scratch,
          Buffer.concat([header, sealBlock(BLOCK.records, Buffer.concat(records))]),
        );
        const { summary } = await replayed([scratch]);
        for (const count of summary.alerts.values()) alerts += count;
        expect(summary.damage).toEqual([]);
      }),
      { numRuns: 200 },
    );
    expect(alerts).toBeGreaterThan(200);
  });
});

it('uses what was readable', async () => {
  const cut = record([session(), session()]);
  const bytes = readFileSync(cut);
  writeFileSync(scratch, bytes.subarray(0, bytes.length - 1));
  const { summary } = await replayed([path, scratch]);
  expect(summary.alerts.get('Open')).toBe(6);
  expect(summary.damage).toEqual([{ path: scratch, at: expect.any(Number), why: CUT }]);
});
