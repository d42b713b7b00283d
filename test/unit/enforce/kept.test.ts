import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findKept } from '../../../sensor/enforce/index.js';
import { startTicks } from '../../../sensor/enforce/pins.js';

describe('pinned blocks', () => {
  it('are held by the process that pinned them, not by a later one with its number', () => {
    const dir = mkdtempSync(join(tmpdir(), 'saker-kept-'));
    try {
      const own = startTicks(process.pid)!;
      expect(own).toBeGreaterThan(0);
      // 2^22 is above every number that Linux gives.
      const names = [
        `${process.pid}-${own}-1`,
        `${process.pid}-${own - 1}-1`,
        `${2 ** 22 + 1}-0-1`,
      ];
      for (const name of names) mkdirSync(join(dir, name));
      const held = new Map(
        findKept(dir).map((one) => [one.folder.slice(dir.length + 1), one.held]),
      );
      expect(names.map((name) => held.get(name))).toEqual([true, false, false]);
    } finally {
      rmSync(dir, { recursive: true });
    }
  });

  it('are none where nobody ever pinned any', () => {
    expect(findKept('/nowhere')).toEqual([]);
  });
});
