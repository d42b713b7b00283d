import { LAYOUT, parseLayout, type RecordLayout } from '../../../sensor/capture/layout.js';
import { makeTranslator, type Translator } from '../../../sensor/capture/translate.js';
import {
  AT,
  BatchCursor,
  KIND,
  RECORDS,
  STRING,
  writeBatch,
  writeRecord,
} from '../../../sensor/events/index.js';
import { Kernel } from '../identity/records.js';

/** A layout as another build had it. */
function changed(change: (layout: Mutable) => void): RecordLayout {
  const layout = JSON.parse(JSON.stringify(LAYOUT)) as Mutable;
  change(layout);
  return parseLayout(layout);
}

interface Mutable {
  structs: Record<string, Record<string, [number, number, boolean]>>;
  records: {
    kind: number;
    name: string;
    struct: string;
    fixed: number;
    lengthsAt: number[];
    stringNames: string[];
  }[];
}

function read(bytes: Uint8Array): BatchCursor {
  const cursor = new BatchCursor();
  cursor.use(bytes);
  cursor.move(0);
  return cursor;
}

const whole = (translator: Translator, bytes: Buffer): Buffer =>
  Buffer.concat([...translator.batches(bytes)]);

it('hands records of its own layout on as they are', () => {
  const translator = makeTranslator(parseLayout(JSON.parse(JSON.stringify(LAYOUT))));
  const bytes = Buffer.from(writeRecord({ kind: KIND.FILE_OPEN, strings: { path: '/x' } }));
  const [same] = translator.batches(bytes);
  expect(same).toBe(bytes);
});

describe('a layout whose opens lay elsewhere', () => {
  // 16 bytes more before everything of an open; ret of 4 bytes; no mode; `name` before `path`; kind 30.
  const old = changed(({ structs, records }) => {
    const open = structs['file_open']!;
    for (const [name, place] of Object.entries(open)) if (!name.startsWith('hdr.')) place[0] += 16;
    open['ret']![1] = 4;
    delete open['mode'];
    const shape = records.find(({ name }) => name === 'FILE_OPEN')!;
    shape.kind = 30;
    shape.fixed += 16;
    const [path, name, base] = shape.lengthsAt.map((at) => at + 16) as [number, number, number];
    shape.lengthsAt = [name, path, base];
    shape.stringNames = ['name', 'path', 'base'];
  });

  function oldOpen(ret: number, path: string, name: string): Buffer {
    const bytes = Buffer.alloc(
      (AT.file_open.strings + 16 + path.length + name.length + 2 + 7) & ~7,
    );
    bytes.writeUInt32LE(4711, AT.header.tgid);
    bytes.writeUInt16LE(bytes.length, AT.header.size);
    bytes.writeUInt8(30, AT.header.kind);
    bytes.writeInt32LE(ret, AT.file_open.ret + 16);
    bytes.writeUInt32LE(99, AT.file_open.mode + 16);
    bytes.writeUInt32LE(577, AT.file_open.open_flags + 16);
    bytes.writeUInt16LE(path.length + 1, AT.file_open.path_len + 16);
    bytes.writeUInt16LE(name.length + 1, AT.file_open.name_len + 16);
    bytes.write(`${name}\0${path}\0`, AT.file_open.strings + 16, 'latin1');
    return bytes;
  }

  it('is read by the names of its members', () => {
    const record = read(whole(makeTranslator(old), oldOpen(-2, '/opened', 'asked')));
    expect(record).toMatchObject({ kind: KIND.FILE_OPEN, tgid: 4711 });
    expect(record.i64(AT.file_open.ret)).toBe(-2);
    expect(record.u32(AT.file_open.open_flags)).toBe(577);
    expect(record.u32(AT.file_open.mode)).toBe(0);
    expect(record.string(STRING.file_open.path)).toBe('/opened');
    expect(record.string(STRING.file_open.name)).toBe('asked');
    expect(record.string(STRING.file_open.base)).toBeNull();
  });

  it('leaves out records whose texts pass their end, and counts them', () => {
    const translator = makeTranslator(old);
    const bad = oldOpen(0, '/opened', 'asked');
    bad.writeUInt16LE(5000, AT.file_open.path_len + 16);
    const batch = whole(translator, Buffer.concat([bad, oldOpen(3, '/next', '')]));
    expect(read(batch).string(STRING.file_open.path)).toBe('/next');
    expect(translator.skipped).toBe(1);
  });
});

it('translates every kind to itself when only an unknown kind is new', () => {
  const later = changed(({ structs, records }) => {
    structs['later'] = { ...structs['process_exit'] };
    records.push({
      kind: 99,
      name: 'LATER',
      struct: 'later',
      fixed: 64,
      lengthsAt: [],
      stringNames: [],
    });
  });
  const translator = makeTranslator(later);
  const records = RECORDS.map(({ kind, stringNames }, i) =>
    writeRecord({
      kind,
      header: { ts_ns: BigInt(i), tgid: i, start_ns: 1n << 60n },
      strings: Object.fromEntries(stringNames.map((name) => [name, `the ${name}`])),
    }),
  );
  const batch = Buffer.concat(records);
  const unknown = Buffer.from(records[2]!);
  unknown[AT.header.kind] = 99;
  expect(Buffer.from(whole(translator, Buffer.concat([unknown, batch])))).toEqual(batch);
  expect(translator.skipped).toBe(1);
  const open = writeBatch([new Kernel().open(1, { ret: -13 }, { path: '/x' })]);
  expect(Buffer.from(whole(translator, Buffer.from(open)))).toEqual(Buffer.from(open));
});

it.each([
  [
    'members behind the end of their record',
    ({ structs }: Mutable) => (structs['file_open']!['ret']![0] = 4000),
  ],
  ['negative offsets', ({ structs }: Mutable) => (structs['file_open']!['ret']![0] = -8)],
  ['records without a struct', ({ records }: Mutable) => (records[0]!.struct = 'none')],
  ['lengths without names', ({ records }: Mutable) => records[1]!.lengthsAt.pop()],
  ['lengths behind the end', ({ records }: Mutable) => (records[1]!.lengthsAt[0] = 60_000)],
])('refuses a layout with %s', (_what, change) => {
  expect(() => changed(change)).toThrow();
});
