import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statfsSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NewAlert } from '../../sensor/spool/index.js';
import { LOSS_RULE, SpoolShared, SpoolWriter } from '../../sensor/spool/index.js';
import { describeWith, root } from '../support/needs.js';
import { readAll } from '../unit/spool/support.js';

const quiet = () => undefined;
const logger = { error: quiet, warn: quiet, info: quiet, debug: quiet };

function alert(priority: NewAlert['priority'], message: string): NewAlert {
  const rest = {
    rule: 'r',
    source: 'syscall',
    tags: [],
    fields: '{}',
    generation: 1,
    subject: null,
  };
  return { timeNs: '1', kind: 'rule', priority, message, ...rest };
}

describeWith([root], 'a full disk under the spool', () => {
  let mount: string;

  beforeEach(() => {
    mount = mkdtempSync(join(tmpdir(), 'saker-full-'));
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m,mode=700', 'saker-test', mount]);
  });

  afterEach(() => {
    execFileSync('umount', [mount]);
    rmSync(mount, { recursive: true });
  });

  const open = (shared: SpoolShared) =>
    SpoolWriter.open({ dir: join(mount, 'spool'), hostname: 'lab1', shared, logger });

  it('gives way from the least severe and oldest on, tells how many, and never throws', () => {
    const shared = new SpoolShared();
    const writer = open(shared);
    for (let i = 0; i < 300; i++)
      expect(writer.append(alert('Critical', `critical ${i}`))).toBeGreaterThan(0);
    for (let i = 0; i < 3000; i++) writer.append(alert('Debug', `debug ${i} ${'x'.repeat(500)}`));
    for (let i = 300; i < 600; i++)
      expect(writer.append(alert('Critical', `critical ${i}`))).toBeGreaterThan(0);
    const dropped = shared.dropped('disk_full', 7);
    expect(dropped).toBeGreaterThan(0);
    expect(shared.droppedTotal).toBe(dropped);
    writer.close();

    const after = new SpoolShared();
    const again = open(after);
    const { alerts } = readAll(join(mount, 'spool'), after);
    expect(alerts.filter((a) => a.message.startsWith('critical'))).toHaveLength(600);
    const debug = alerts.filter((a) => a.message.startsWith('debug'));
    expect(debug.length + dropped).toBe(3000);
    const told = alerts
      .filter((a) => a.rule === LOSS_RULE)
      .map(
        (a) =>
          (JSON.parse(a.fields) as Record<string, number>)['saker.dropped.cause.disk_full'] ?? 0,
      );
    expect(told.reduce((sum, count) => sum + count, 0)).toBe(dropped);
    again.close();
  });

  it('drops what comes while others fill the disk, and goes on when there is room again', () => {
    const shared = new SpoolShared();
    const writer = open(shared);
    writer.append(alert('Error', 'before'));
    const { bavail, bsize } = statfsSync(mount);
    const others = join(mount, 'others');
    writeFileSync(others, Buffer.alloc(bavail * bsize));
    let lost = 0;
    for (let i = 0; i < 200; i++)
      if (writer.append(alert('Notice', `n${i} ${'y'.repeat(300)}`)) === 0) lost++;
    expect(lost).toBeGreaterThan(0);
    unlinkSync(others);
    expect(writer.append(alert('Notice', 'after'))).toBe(202);
    writer.tick();
    const { alerts, missed } = readAll(join(mount, 'spool'), shared);
    expect(alerts[0]?.message).toBe('before');
    expect(alerts.map((a) => a.message)).toContain('after');
    expect(alerts.map((a) => a.rule)).toContain(LOSS_RULE);
    expect(missed).toBe(shared.droppedTotal);
    writer.close();
  });
});
