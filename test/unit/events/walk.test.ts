import { AT, KIND, RecordWalk, writeRecord } from '../../../sensor/events/index.js';

const open = (tgid: number): Buffer =>
  Buffer.from(
    writeRecord({ kind: KIND.FILE_OPEN, header: { tgid }, strings: { path: '/etc/hostname' } }),
  );

function walked(batch: Buffer, length = batch.length) {
  const walk = new RecordWalk();
  const tgids: number[] = [];
  walk.each(batch, length, (record) => tgids.push(record.tgid));
  return { tgids, ...walk.stats() };
}

it('hands on every record of a batch in order and counts it by kind', () => {
  const { tgids, delivered, failures } = walked(Buffer.concat([open(1), open(2), open(3)]));
  expect(tgids).toEqual([1, 2, 3]);
  expect(delivered[KIND.FILE_OPEN]).toBe(3);
  expect(failures).toEqual({ DECODE_TRUNCATED: 0, DECODE_UNKNOWN_KIND: 0, DECODE_BAD_LENGTH: 0 });
});

it('looks at no more than the length it is given', () => {
  expect(walked(Buffer.concat([open(1), open(2)]), open(1).length).tgids).toEqual([1]);
});

it('skips and counts a record of an unknown kind', () => {
  const strange = open(2);
  strange[AT.header.kind] = 31;
  const { tgids, failures } = walked(Buffer.concat([open(1), strange, open(3)]));
  expect(tgids).toEqual([1, 3]);
  expect(failures.DECODE_UNKNOWN_KIND).toBe(1);
});

it('skips and counts a record whose strings pass its end', () => {
  const long = open(2);
  long.writeUInt16LE(4000, AT.file_open.name_len);
  const { tgids, failures } = walked(Buffer.concat([open(1), long, open(3)]));
  expect(tgids).toEqual([1, 3]);
  expect(failures.DECODE_BAD_LENGTH).toBe(1);
});

it('skips and counts a record smaller than its kind', () => {
  const short = open(2).subarray(0, 56);
  short.writeUInt16LE(56, AT.header.size);
  const { tgids, failures } = walked(Buffer.concat([open(1), short, open(3)]));
  expect(tgids).toEqual([1, 3]);
  expect(failures.DECODE_BAD_LENGTH).toBe(1);
});

it.each([
  ['a size below the header', 0],
  ['a size past the end of the batch', 60000],
])('gives up a batch at %s, counted, without throwing', (_, size) => {
  const bad = open(2);
  bad.writeUInt16LE(size, AT.header.size);
  const { tgids, failures } = walked(Buffer.concat([open(1), bad, open(3)]));
  expect(tgids).toEqual([1]);
  expect(failures.DECODE_TRUNCATED).toBe(1);
});

it('survives noise: never throws, never reads past the batch', () => {
  let seed = 42;
  const random = () => (seed = (Math.imul(seed, 1103515245) + 12345) >>> 0) >>> 16;
  for (let round = 0; round < 500; round++) {
    const batch = Buffer.concat([open(1), open(2), open(3)]);
    for (let i = 0; i < 8; i++) batch[random() % batch.length] = random() & 0xff;
    const walk = new RecordWalk();
    let handedOn = 0;
    walk.each(batch, batch.length, (record) => {
      handedOn++;
      for (let n = 0; n < 6; n++) record.string(n);
      expect(record.copy().length).toBe(record.size);
    });
    const { delivered } = walk.stats();
    expect(delivered.reduce((a, b) => a + b)).toBe(handedOn);
  }
});
