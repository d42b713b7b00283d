import { setTimeout as sleep } from 'node:timers/promises';
import { LiveEvents } from '../../../sensor/app/sensor/live-events.js';
import type { EventFilter, LiveEventItem } from '../../../sensor/app/messages.js';
import { Pipeline, type Stages } from '../../../sensor/app/sensor/pipeline.js';
import { WallClock } from '../../../sensor/core/index.js';
import { Evaluator } from '../../../sensor/engine/index.js';
import { compileCondition, type Condition } from '../../../sensor/lang/index.js';
import { KIND, writeBatch, type RecordValues } from '../../../sensor/events/index.js';
import { Identity } from '../../../sensor/identity/index.js';
import { Kernel, OFFSET_NS } from '../identity/records.js';
import { fakeHost, logger } from '../capture/support.js';

function conditionOf(text: string): Condition {
  const compiled = compileCondition(text);
  if (!compiled.ok) throw new Error(compiled.diagnostics[0]?.message);
  return compiled.condition;
}

/** Runs records through the real stages, with these watchers; what each was sent. */
async function watched(
  records: readonly RecordValues[],
  filters: readonly EventFilter[],
  perSecond?: number,
): Promise<{ items: LiveEventItem[]; dropped: number; packets: number }[]> {
  const identity = new Identity({
    hostRoot: fakeHost(),
    hostname: 'node-7',
    clock: new WallClock(() => ({ bootNs: 0n, wallNs: OFFSET_NS, widthNs: 0n })),
    capacity: 64,
  });
  const sent = filters.map(() => ({ items: [] as LiveEventItem[], dropped: 0, packets: 0 }));
  const live = filters.map(
    (filter, at) =>
      new LiveEvents(
        identity.fields,
        filter,
        (items, dropped) => {
          sent[at]!.items.push(...items);
          sent[at]!.dropped += dropped;
          sent[at]!.packets++;
        },
        perSecond,
      ),
  );
  const stages: Stages = {
    identity,
    append: () => undefined,
    onEvent: (event) => {
      for (const one of live) one.take(event);
    },
    onVerdict: () => undefined,
  };
  const pipeline = new Pipeline(stages, logger);
  const batch = writeBatch(records);
  pipeline.batch(batch, batch.length);
  await sleep(80); // a packet that is not full goes after a moment
  return sent;
}

const kernel = new Kernel();
const open = (pid: number, path: string): RecordValues =>
  kernel.record(KIND.FILE_OPEN, pid, { ret: 3, dev: 0xfe00, ino: 7n }, { path });

const start = (): RecordValues[] => [
  kernel.exec(10, 1, '/bin/cat', ['cat', '/etc/x']),
  kernel.exec(11, 1, '/usr/bin/vi', ['vi']),
];

describe('live events', () => {
  it('go to each watcher by its own filter, as a line and as JSON', async () => {
    const records = [...start(), open(10, '/etc/x'), open(11, '/etc/y')];
    const [all, opens, vi, ten] = await watched(records, [
      {},
      { types: ['open', 'openat'] },
      { exe: '/usr/bin/vi' },
      { pid: 10, types: ['execve'] },
    ]);
    expect([all, opens, vi, ten].map((one) => one?.items.length)).toEqual([4, 2, 2, 1]);
    const shown = opens!.items[0]!;
    expect(shown.line).toMatch(/^\d\d:\d\d:\d\d\.\d{3} open\w* +cat\(10\) .*\/etc\/x/);
    const fields = JSON.parse(shown.json) as Record<string, unknown>;
    expect(fields).toMatchObject({
      'fd.name': '/etc/x',
      'proc.pid': 10,
      'proc.exepath': '/bin/cat',
    });
  });

  it('are counted, not shown, beyond what a terminal can read in a second', async () => {
    const records = [...start(), ...Array.from({ length: 98 }, (_, i) => open(10, `/f/${i}`))];
    const [limited] = await watched(records, [{}], 30);
    expect((limited?.items.length ?? 0) + (limited?.dropped ?? 0)).toBe(100);
    // A second may end in between.
    expect(limited?.items.length).toBeLessThanOrEqual(60);
    expect(limited?.dropped).toBeGreaterThan(0);
  });

  it('go by a condition, too', async () => {
    const records = [...start(), open(10, '/etc/x'), open(11, '/etc/y'), open(11, '/etc/x')];
    const condition = conditionOf('fd.name = /etc/x and not proc.name = cat');
    const [some] = await watched(records, [{ condition }]);
    expect(some?.items.map(({ line }) => line)).toEqual([
      expect.stringMatching(/vi\(11\).*\/etc\/x/),
    ]);
  });

  it('are whole as JSON: read back, every condition says the same of them', async () => {
    const records = [...start(), open(10, '/etc/x'), open(11, '/etc/y')];
    const conditions = [
      'evt.is_open_read = true',
      'evt.is_open_write = true',
      'fd.dev = 65024 and fd.ino = 7',
      'fd.directory = /etc and fd.filename = x',
      'proc.aname in (cat, vi)',
      'proc.apid exists',
      'evt.arg.flags contains O_RDONLY',
      'proc.cmdnargs = 1 and proc.exeline startswith /bin',
      'evt.type = execve and proc.is_exe_writable = true',
    ];
    const [all] = await watched(records, [{ whole: true }]);
    const events = all!.items.map(({ json }) => JSON.parse(json) as Record<string, unknown>);
    expect(events).toHaveLength(4);
    const evaluator = new Evaluator<string>((text) => ({ ok: true, condition: conditionOf(text) }));
    for (const text of conditions) {
      const [live] = await watched(records, [{ condition: conditionOf(text) }]);
      const read = events.filter((event) => {
        const said = evaluator.evaluate(text, event);
        expect(said).toMatchObject({ ok: true });
        return said.ok && said.result;
      });
      const numbers = live!.items.map(
        ({ json }) => (JSON.parse(json) as Record<string, unknown>)['evt.num'],
      );
      expect([text, read.map((event) => event['evt.num'])]).toEqual([text, numbers]);
    }
    // Environments hold secrets: they are asked for by rules only.
    expect(Object.keys(events[0]!).filter((name) => name.includes('env'))).toEqual([]);
  });

  it('come in packets', async () => {
    const records = [...start(), ...Array.from({ length: 700 }, (_, i) => open(10, `/f/${i}`))];
    const [one] = await watched(records, [{}]);
    expect([one?.items.length, one?.packets]).toEqual([702, 3]);
  });
});
