import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { randomFillSync } from 'node:crypto';
import { RecordWalk, writeBatch, writeRecord } from '../../../sensor/events/index.js';
import { Kernel } from '../identity/records.js';
import { freshPath, itemsOf, record, recorder, session } from './support.js';

const code = (name: string): unknown => expect.objectContaining({ code: name });

/** Names of opened files, in the order of the captures. */
function opened(paths: readonly string[]): string[] {
  const names: string[] = [];
  const walk = new RecordWalk();
  for (const path of paths)
    for (const item of itemsOf(path))
      if (item.kind === 'records')
        walk.each(item.bytes, item.bytes.length, (r) => {
          const name = r.kind === 17 ? r.string(0) : null;
          if (name !== null) names.push(name);
        });
  expect(walk.stats().failures).toEqual({
    DECODE_TRUNCATED: 0,
    DECODE_UNKNOWN_KIND: 0,
    DECODE_BAD_LENGTH: 0,
  });
  return names;
}

/** A path that does not compress. */
const noise = (n: number): string => `/${n}/${randomFillSync(Buffer.alloc(1500)).toString('hex')}`;

describe('a capture that rotates', () => {
  const path = freshPath();
  const kernel = new Kernel();
  const maxBytes = 4 << 20;
  const names = Array.from({ length: 6000 }, (_, n) => noise(n));
  let size = 0;

  beforeAll(() => {
    const its = recorder({ path, maxBytes, files: 3 });
    its.begin(new Uint8Array(0));
    for (let i = 0; i < names.length; i += 100) {
      const batch = names
        .slice(i, i + 100)
        .map((name) => kernel.open(9, { ret: 3 }, { path: name }));
      const bytes = writeBatch(batch);
      its.take(bytes, bytes.length);
    }
    its.close();
    size = its.stats().bytes;
  });

  it('keeps the newest files, none longer than allowed', () => {
    const files = [`${path}.2`, `${path}.1`, path];
    for (const file of files) expect(statSync(file).size).toBeLessThanOrEqual(maxBytes);
    expect(existsSync(`${path}.3`)).toBe(false);
    expect(size).toBeGreaterThan(files.reduce((sum, file) => sum + statSync(file).size, 0));
  });

  it('leaves no gap between them, and says nothing twice', () => {
    const kept = opened([`${path}.2`, `${path}.1`, path]);
    expect(kept).toEqual(names.slice(-kept.length));
    expect(kept.length).toBeGreaterThan(500);
  });
});

it('ends when its one file is full', () => {
  const path = freshPath();
  const its = recorder({ path, maxBytes: 4 << 20 });
  its.begin(new Uint8Array(0));
  const kernel = new Kernel();
  let taken = 0;
  for (; !its.full && taken < 5000; taken++) {
    const bytes = writeRecord(kernel.open(9, { ret: 3 }, { path: noise(taken) }));
    its.take(bytes, bytes.length);
  }
  its.close();
  expect(taken).toBeLessThan(5000);
  expect(statSync(path).size).toBeLessThanOrEqual(4 << 20);
  expect(opened([path])).toHaveLength(taken);
});

it('takes batches larger than a block apart between records', () => {
  const kernel = new Kernel();
  const names = Array.from({ length: 3000 }, (_, n) => `/${n}/${'x'.repeat(1000)}`);
  const path = record([names.map((name) => kernel.open(9, { ret: 3 }, { path: name }))]);
  expect(itemsOf(path).filter(({ kind }) => kind === 'records').length).toBeGreaterThan(3);
  expect(opened([path])).toEqual(names);
});

it('is readable by its owner only', () => {
  expect(statSync(record([session()])).mode & 0o777).toBe(0o600);
});

describe('when there is a file already', () => {
  it('refuses', () => {
    const path = record([session()]);
    expect(() => recorder({ path })).toThrow(code('CAPTURE_EXISTS') as Error);
    expect(opened([path])).toEqual(['/etc/passwd', '/etc/shadow']);
  });

  it('begins anew where told', () => {
    const path = record([session()]);
    record([[]], { path, existing: 'overwrite' });
    expect(opened([path])).toEqual([]);
  });

  it('goes on behind the last whole block where told', () => {
    const path = record([session()]);
    const whole = statSync(path).size;
    appendFileSync(path, readFileSync(path).subarray(0, 100)); // what a crash left of a block
    record([session()], { path, existing: 'append' });
    expect(opened([path])).toEqual(['/etc/passwd', '/etc/shadow', '/etc/passwd', '/etc/shadow']);
    expect(itemsOf(path).filter(({ kind }) => kind === 'damage')).toEqual([]);
    truncateSync(path, whole - 1); // the last block of the first session
    record([session()], { path, existing: 'append' });
    expect(opened([path])).toEqual(['/etc/passwd', '/etc/shadow']);
    expect(itemsOf(path).filter(({ kind }) => kind === 'damage')).toEqual([]);
  });

  it('appends to nothing that is no capture', () => {
    const path = freshPath();
    writeFileSync(path, 'a diary');
    expect(() => recorder({ path, existing: 'append' })).toThrow(code('CAPTURE_FORMAT') as Error);
    expect(readFileSync(path, 'utf8')).toBe('a diary');
  });

  it('says that a folder is none', () => {
    const path = freshPath();
    mkdirSync(path);
    expect(() => recorder({ path, existing: 'overwrite' })).toThrow(code('CAPTURE_WRITE') as Error);
  });
});
