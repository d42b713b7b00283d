import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeFolder } from '../../../sensor/core/index.js';

const folder = mkdtempSync(join(tmpdir(), 'saker-folder-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe('making a folder', () => {
  it('makes those above it, all with the mode, and leaves what is there', () => {
    const path = join(folder, 'a', 'b', 'c');
    makeFolder(path, 0o700);
    makeFolder(path, 0o755);
    for (const made of [path, join(folder, 'a')]) expect(statSync(made).mode & 0o777).toBe(0o700);
  });

  it('fails where the kernel makes none, and does not try for ever', () => {
    expect(() => {
      makeFolder('/proc/saker/spool', 0o700);
    }).toThrow(/ENOENT/);
  });

  it('says that a file is in the way', () => {
    writeFileSync(join(folder, 'file'), '');
    for (const path of ['file', 'file/below'])
      expect(() => {
        makeFolder(join(folder, path), 0o700);
      }).toThrow(/ENOTDIR/);
  });
});
