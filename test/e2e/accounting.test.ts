import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { makeCgroup, type Cgroup } from '../support/cgroup.js';
import { startDaemon, type Daemon } from '../support/daemon.js';
import { mustExec } from '../support/place.js';
import { describeEverywhere } from '../support/places.js';
import { programs } from '../support/programs.js';
import { growth, skippedSince, statusOf } from '../support/status.js';

// Every open is wanted (no rule's filter may discard it), and none matches: what is counted is the whole way to the engine.
const everyOpen = `
- rule: Nobody opens this
  desc: Wants every open and matches none.
  condition: evt.type in (open, openat, openat2, creat) and fd.name contains "no file is called this"
  output: opened %fd.name
  priority: NOTICE
`;

describeEverywhere('the accounting', (place, kernel) => {
  const millions = kernel === 'this kernel';
  let cgroup: Cgroup;
  let daemon: Daemon;

  beforeAll(async () => {
    cgroup = await makeCgroup(place());
    const rules = `/run/saker-accounting-${process.pid}.yaml`;
    await mustExec(place(), `cat > ${rules} <<'R'\n${everyOpen}\nR`);
    daemon = await startDaemon(place(), { cgroup: cgroup.path, rules: [rules] });
  });
  afterAll(async () => {
    await daemon?.remove();
    await cgroup?.remove();
    await place().exec(`rm -f /run/saker-accounting-${process.pid}.yaml`);
  });

  /** `count` opens from 4 threads between two readings of the counters; what the generator counted. */
  async function openMany(count: number): Promise<void> {
    const before = await statusOf(daemon);
    const out = await mustExec(
      place(),
      cgroup.inside(`exec ${programs.opens} 4 ${count} /dev/null`),
      { timeoutMs: 1_500_000 },
    );
    const made = (JSON.parse(out) as { opens: number }).opens;
    const after = await statusOf(daemon);
    const opens = growth(before, after, 'file.open');
    const skipped = skippedSince(before, after);

    expect(made).toBe(count);
    expect(opens.seen).toBe(opens.filtered + opens.sent + opens.lost);
    expect(opens.received).toBe(opens.sent);
    // bash, which becomes the generator, opens a few files of its own before: counted apart below.
    expect(opens.seen).toBeGreaterThanOrEqual(made + (await shellOpens()) - skipped);
    expect(opens.seen).toBeLessThanOrEqual(made + (await shellOpens()));
  }

  /** What the shell around the generator opens: the same script with a generator of one open, less that one. */
  let known: number | undefined;
  async function shellOpens(): Promise<number> {
    if (known === undefined) {
      const before = await statusOf(daemon);
      await mustExec(place(), cgroup.inside(`exec ${programs.opens} 1 1 /dev/null`));
      known = growth(before, await statusOf(daemon), 'file.open').seen - 1;
    }
    return known;
  }

  it('closes over the generator, the kernel and the reader', async () => {
    await openMany(millions ? 2_000_000 : 20_000);
    const memory = [await daemon.residentBytes()];
    for (let part = 0; part < 2; part++) {
      await openMany(millions ? 4_000_000 : 40_000);
      memory.push(await daemon.residentBytes());
    }
    // What leaks grows with every part; a heap that finds its size grows once.
    const growth = memory.slice(1).map((bytes, part) => bytes / memory[part]!);
    if (millions) expect(Math.min(...growth)).toBeLessThan(1.025);
  }, 1_800_000);

  it('says so of failed opens too', async () => {
    const before = await statusOf(daemon);
    await mustExec(place(), cgroup.inside(`exec ${programs.opens} 2 1000 /no/such/file`));
    const opens = growth(before, await statusOf(daemon), 'file.open');
    expect(opens.seen).toBe(1000 + (await shellOpens()));
  });
});
