import {
  AT,
  BatchCursor,
  KIND,
  RECORDS,
  RecordWalk,
  STRING,
  writeBatch,
  writeRecord,
} from '../../../sensor/events/index.js';
import { FIELDS, SIZE } from '../../../sensor/events/layout.generated.js';

const cursorOn = (bytes: Uint8Array): BatchCursor => {
  const cursor = new BatchCursor();
  cursor.use(bytes);
  cursor.move(0);
  return cursor;
};

/** A value that differs from member to member, so that a swapped offset shows. */
const distinct = (offset: number, size: number, signed: boolean): bigint => {
  const value = BigInt(offset) * 0x0101_0101_0101n + 0x11n;
  return signed ? -BigInt.asUintN(size * 8 - 2, value) : BigInt.asUintN(size * 8, value);
};

describe.each(RECORDS)('a record of kind $name', (shape) => {
  const members = Object.entries(FIELDS[shape.struct]!).filter(
    ([name, [, size]]) =>
      size > 0 && size <= 8 && !/^hdr\.|__pad|_len$/.test(name) && name !== 'strings',
  );
  const strings = Object.fromEntries(shape.stringNames.map((name, i) => [name, `${name}\xff${i}`]));
  const bytes = writeRecord({
    kind: shape.kind,
    header: {
      ts_ns: 1n << 55n,
      start_ns: 7,
      cgroup_id: 8,
      tgid: 9,
      tid: 10,
      uid: 11,
      arg: 12,
      generation: 13,
      cpu: 14,
      flags: 15,
    },
    members: Object.fromEntries(
      members.map(([name, [offset, size, signed]]) => [name, distinct(offset, size, signed)]),
    ),
    strings,
  });
  const cursor = cursorOn(bytes);

  it('gives the header', () => {
    expect(cursor).toMatchObject({
      kind: shape.kind,
      tgid: 9,
      tid: 10,
      uid: 11,
      arg: 12,
      generation: 13,
      cpu: 14,
      flags: 15,
    });
    expect(cursor.big(AT.header.ts_ns)).toBe(1n << 55n);
    expect(cursor.u64(AT.header.cgroup_id)).toBe(8);
    expect(cursor.size).toBe(
      shape.fixed + Object.values(strings).reduce((n, s) => n + s.length + 1, 0),
    );
  });

  it('gives every member at its width and sign', () => {
    expect(members.length + shape.stringNames.length > 0).toBe(shape.fixed > SIZE.header);
    for (const [name, [offset, size, signed]] of members) {
      const want = distinct(offset, size, signed);
      const got =
        size === 8
          ? signed
            ? cursor.i64(offset)
            : cursor.u64(offset)
          : size === 4
            ? signed
              ? cursor.i32(offset)
              : cursor.u32(offset)
            : size === 2
              ? cursor.u16(offset)
              : cursor.u8(offset);
      expect([name, got]).toEqual([name, Number(want)]);
      if (size === 8) expect(cursor.big(offset)).toBe(BigInt.asUintN(64, want));
    }
  });

  it('gives every string, byte for byte', () => {
    shape.stringNames.forEach((name, i) => {
      expect(cursor.string(i)).toBe(strings[name]);
      expect(cursor.string(i)).toBe(strings[name]);
    });
    expect(cursor.string(shape.stringNames.length)).toBeNull();
  });

  it('copies the record and nothing behind it', () => {
    expect(Buffer.from(cursor.copy()).equals(Buffer.from(bytes.subarray(0, cursor.size)))).toBe(
      true,
    );
  });
});

describe('strings', () => {
  it('tells an absent string from an empty one, and finds those behind it', () => {
    const cursor = cursorOn(
      writeRecord({ kind: KIND.FILE_OPEN, strings: { name: '', base: '/tmp' } }),
    );
    expect(cursor.string(STRING.file_open.path)).toBeNull();
    expect(cursor.string(STRING.file_open.name)).toBe('');
    expect(cursor.string(STRING.file_open.base)).toBe('/tmp');
  });

  it('keeps the NULs between arguments', () => {
    const cursor = cursorOn(
      writeRecord({ kind: KIND.PROCESS_EXEC, strings: { args: 'sh\0-c\0' } }),
    );
    expect(cursor.string(STRING.process_exec.args)).toBe('sh\0-c\0');
  });

  it('cuts a fixed member at its NUL or at its end', () => {
    const cursor = cursorOn(
      writeRecord({ kind: KIND.PROCESS_FORK, members: { 'id.comm': 'bash' } }),
    );
    expect(cursor.chars(AT.process_fork.id.comm, 16)).toBe('bash');
    expect(cursor.chars(AT.process_fork.id.comm, 2)).toBe('ba');
  });

  it('forgets them when it moves', () => {
    const batch = writeBatch([
      { kind: KIND.FILE_OPEN, strings: { path: '/a' } },
      { kind: KIND.FILE_OPEN, strings: { path: '/b' } },
    ]);
    const paths: (string | null)[] = [];
    new RecordWalk().each(batch, batch.length, (r) => paths.push(r.string(STRING.file_open.path)));
    expect(paths).toEqual(['/a', '/b']);
  });
});

it('keeps 64-bit order and equality in doubles below 2^53, and the sign', () => {
  const at = AT.file_open.ret;
  const ret = (value: bigint) =>
    cursorOn(writeRecord({ kind: KIND.FILE_OPEN, members: { ret: value } })).i64(at);
  expect(ret(-2n)).toBe(-2);
  expect(ret(-(1n << 40n))).toBe(-(2 ** 40));
  expect(ret((1n << 53n) - 1n)).toBe(2 ** 53 - 1);
});

it('reads a batch that starts at an odd place in memory', () => {
  const record = writeRecord({
    kind: KIND.FILE_OPEN,
    header: { tgid: 77 },
    strings: { path: '/x' },
  });
  const shifted = new Uint8Array(record.length + 3);
  shifted.set(record, 3);
  const cursor = cursorOn(shifted.subarray(3));
  expect([cursor.tgid, cursor.string(0)]).toEqual([77, '/x']);
});
