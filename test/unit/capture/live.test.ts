import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { KIND, type RecordValues } from '../../../sensor/events/index.js';
import { allFields } from '../../../sensor/lang/fields/index.js';
import type { Rule } from '../../../sensor/lang/index.js';
import type { NewAlert } from '../../../sensor/spool/index.js';
import { Kernel, v4 } from '../identity/records.js';
import { Live } from './live.js';
import { fakeHost, freshPath, itemsOf, replayed, rulesOf, session } from './support.js';

/** These say what the rule saw before, not what is: of that a capture knows nothing. */
const OF_THE_RULE = /^(evt\.deltatime|util\.cnt)/;

/** Every field that has a value without an argument, and some with one. */
const FIELDS = [
  ...allFields()
    .filter(
      ({ availability, argKind, filterOnly }) =>
        availability === 'live' && argKind === null && !filterOnly,
    )
    .map(({ name }) => name)
    .filter((name) => !OF_THE_RULE.test(name)),
  ...[1, 2, 3, 4].flatMap((n) => [`proc.aname[${n}]`, `proc.aexepath[${n}]`, `proc.apid[${n}]`]),
];

const shown = (fields: readonly string[]): string =>
  fields.map((field) => `${field}=%${field}`).join(' ');

const EVERYTHING: readonly Rule[] = rulesOf(
  [
    `
- rule: Block
  desc: Verdicts are its alerts.
  condition: evt.type = connect and fd.sport = 80 and proc.exepath = /bin/nc
  output: ${shown(['evt.num', 'proc.exepath', 'proc.pname', 'proc.aname[2]', 'user.name', 'container.id', 'fd.name'])}
  priority: WARNING
  action: block
- rule: Marked
  desc: Begins a capture.
  condition: evt.type in (open, openat, procexit, sendto, clone, execve) and proc.pid = 19
  output: marked %evt.num
  priority: NOTICE
  capture: true
`,
    ...[0, 1, 2, 3].map(
      (part) => `
- rule: Fields ${part}
  desc: Everything that is known.
  condition: evt.type in (open, openat, execve, clone, procexit, connect, bind, sendto)
  output: ${shown(FIELDS.filter((_, i) => i % 4 === part))}
  priority: NOTICE
`,
    ),
  ].join('\n'),
);

/** Equal but for what is given at append; the first difference field by field. */
function expectSame(replayed: readonly NewAlert[], live: readonly NewAlert[]): void {
  replayed.forEach((alert, i) => {
    const { timeNs, kind, rule, message, subject } = live[i]!;
    if (alert.fields !== live[i]!.fields)
      expect(JSON.parse(alert.fields)).toEqual(JSON.parse(live[i]!.fields));
    expect(alert).toMatchObject({ timeNs, kind, rule, message, subject });
  });
  expect(replayed).toHaveLength(live.length);
}

/** Something done on the machine, in numbers that are small enough to meet each other. */
const deed = fc.record({
  what: fc.constantFrom(
    'fork',
    'fork',
    'exec',
    'exec',
    'exit',
    'open',
    'open',
    'connect',
    'bind',
    'send',
    'send',
    'verdict',
    'mkdir',
    'rmdir',
    'sleep',
  ),
  pid: fc.integer({ min: 10, max: 19 }),
  child: fc.integer({ min: 10, max: 29 }),
  group: fc.integer({ min: 50, max: 53 }),
  uid: fc.constantFrom(0, 1000, 4711),
  socket: fc.integer({ min: 1, max: 3 }),
  port: fc.constantFrom(53, 80, 40_000),
});
type Deed = typeof deed extends fc.Arbitrary<infer T> ? T : never;

function recordsOf(live: Live, kernel: Kernel, deeds: readonly Deed[]): RecordValues[] {
  return deeds.flatMap(({ what, pid, child, group, uid, socket, port }): RecordValues[] => {
    const header = { cgroup_id: group, uid };
    const net = {
      fd: 4,
      family: 2,
      addr_family: 2,
      type: socket === 1 ? 1 : 2,
      protocol: socket === 1 ? 6 : 17,
      local_addr: v4('10.0.0.5'),
      local_port: 40_001,
      remote_addr: v4('192.0.2.7'),
      remote_port: port,
      sock_cookie: socket,
    };
    const id = { 'id.sid': 12, 'id.euid': uid, 'id.exec_count': child };
    switch (what) {
      case 'fork':
        return [kernel.fork(pid + 1 + (child % 10), pid, { ...id, 'id.comm': `was${pid}` })];
      case 'exec':
        return [kernel.exec(pid, pid - 1, `/bin/p${child}`, [`p${child}`, 'x'], id)];
      case 'exit':
        if (live.identity.processes.newest(pid) < 0) return [];
        return [kernel.exit(pid, child % 2 === 0 ? pid - 1 : 10)];
      case 'open':
        return [
          kernel.record(
            KIND.FILE_OPEN,
            pid,
            { ret: 3, dirfd: -100 },
            { path: '/x' },
            { ...header, arg: 257 },
          ),
        ];
      case 'connect':
        return [kernel.record(KIND.NET_CONNECT, pid, net, {}, { ...header, arg: 42 })];
      case 'bind':
        return [kernel.record(KIND.NET_BIND, pid, net, {}, { ...header, arg: 49 })];
      case 'send':
        return [kernel.record(KIND.NET_SEND, pid, { ...net, ret: 5 }, {}, { ...header, arg: 44 })];
      case 'verdict':
        return [
          kernel.record(
            KIND.NET_VERDICT,
            pid,
            {
              set: live.set,
              rule: 0,
              count: socket,
              layer: socket,
              remote_addr: v4('192.0.2.7'),
              protocol: 6,
            },
            {},
            header,
          ),
        ];
      case 'mkdir':
        return [
          kernel.record(
            KIND.CGROUP_MKDIR,
            1,
            { id: BigInt(group), level: 2 },
            { path: `/docker/${String(group).repeat(32)}` },
          ),
        ];
      case 'rmdir':
        return [kernel.record(KIND.CGROUP_RMDIR, 1, { id: BigInt(group) })];
      case 'sleep':
        kernel.sleep(3_000_000_000n);
        return [];
    }
  });
}

const batches = fc.array(fc.array(deed, { maxLength: 12 }), { minLength: 2, maxLength: 8 });

it('begun anywhere on demand, a capture gives what live gave from there on', async () => {
  await fc.assert(
    fc.asyncProperty(batches, fc.nat(7), async (all, at) => {
      const live = new Live({ rules: EVERYTHING });
      const kernel = new Kernel();
      const begin = at % all.length;
      all.slice(0, begin).forEach((deeds) => live.batch(recordsOf(live, kernel, deeds)));
      const before = live.alerts.length;
      const { path, end } = live.record();
      all.slice(begin).forEach((deeds) => live.batch(recordsOf(live, kernel, deeds)));
      end();
      const { alerts } = await replayed([path], EVERYTHING);
      expectSame(alerts, live.alerts.slice(before));
    }),
    { numRuns: 60 },
  );
});

it('begun by a rule within a batch, a capture gives what live gave from that event on', async () => {
  let begun = 0;
  await fc.assert(
    fc.asyncProperty(batches, async (all) => {
      const live = new Live({ rules: EVERYTHING, onRules: {} });
      const kernel = new Kernel();
      all.forEach((deeds) => live.batch(recordsOf(live, kernel, deeds)));
      const [capture] = live.captures.status().active;
      live.captures.close();
      const first = live.alerts.findIndex(({ rule }) => rule === 'Marked');
      expect(capture === undefined).toBe(first < 0);
      if (capture === undefined) return;
      begun++;
      const { alerts } = await replayed([capture.path], EVERYTHING);
      expectSame(alerts, live.alerts.slice(first));
    }),
    { numRuns: 60 },
  );
  expect(begun).toBeGreaterThan(10);
});

const OPEN = rulesOf(`
- rule: Open
  desc: Every open.
  condition: evt.type = openat
  output: "%fd.name user=%user.name"
  priority: NOTICE
  capture: true
- rule: Exec
  desc: Every exec.
  condition: evt.type = execve
  output: "%proc.name"
  priority: NOTICE
`);

const open = (kernel: Kernel, path = '/x'): RecordValues =>
  kernel.record(KIND.FILE_OPEN, 10, { ret: 3, dirfd: -100 }, { path }, { arg: 257, uid: 1000 });

describe('captures begun by rules', () => {
  const files = (live: Live): string[] => {
    const { path } = live.captures.status().active[0]!;
    const start = basename(path).split('_')[0]!;
    return readdirSync(dirname(path)).filter((name) => name.startsWith(`${start}_`));
  };

  it('are none where the configuration has none', () => {
    const live = new Live({ rules: OPEN });
    live.batch([open(new Kernel())]);
    expect(live.alerts).toHaveLength(1);
    expect(live.captures.status()).toMatchObject({ active: [], started: 0 });
    expect(live.everything).toBe(false);
  });

  it('begin with rules that ask for one, or with every rule', () => {
    const kernel = new Kernel();
    const exec = kernel.exec(10, 1, '/bin/ls', ['ls']);
    const some = new Live({ rules: OPEN, onRules: {} });
    some.batch([exec]);
    expect(some.captures.active).toBe(false);
    const all = new Live({ rules: OPEN, onRules: { mode: 'all_rules' } });
    all.batch([exec]);
    expect(all.captures.status().active).toMatchObject([{ rule: 'Exec', records: 1 }]);
    expect(all.everything).toBe(true);
    all.captures.close();
    expect(all.everything).toBe(false);
  });

  it('last as long as the configuration or the rule says, longer with further alerts', async () => {
    const [asking, other] = OPEN as [Rule, Rule];
    const kernel = new Kernel();
    const brief = new Live({ rules: OPEN, onRules: { defaultDurationMs: 40 } });
    brief.batch([open(kernel)]);
    await sleep(80);
    expect(brief.captures.status()).toMatchObject({ active: [], ended: { time: 1 } });
    const long = { ...asking, capture: { durationMs: 60_000 } };
    const live = new Live({
      rules: [long, other],
      onRules: { defaultDurationMs: 40, mode: 'all_rules' },
    });
    live.batch([kernel.exec(10, 1, '/bin/ls', ['ls']), open(kernel)]);
    await sleep(80);
    expect(live.captures.status()).toMatchObject({ active: [{ rule: 'Exec' }], started: 1 });
    live.captures.close();
  });

  it('keep no more files than allowed, the newest; files of other names stay', () => {
    const kernel = new Kernel();
    const prefix = freshPath().replace(/\.skr$/, '');
    const foreign = `${prefix}_notes.skr`;
    writeFileSync(foreign, 'mine');
    const live = new Live({ rules: OPEN, onRules: { maxFiles: 2, pathPrefix: prefix } });
    const paths: string[] = [];
    for (let i = 0; i < 4; i++) {
      live.batch([open(kernel)]);
      paths.push(live.captures.status().active[0]!.path);
      if (i < 3) live.captures.close();
    }
    expect(files(live).sort()).toEqual(
      [...paths.slice(2).map((path) => basename(path)), basename(foreign)].sort(),
    );
    live.captures.close();
  });

  it('end when their file is full, and an alert says so', () => {
    const kernel = new Kernel();
    const live = new Live({ rules: OPEN, onRules: { maxFileBytes: 4 << 20 } });
    const noise = (): string =>
      `/${Array.from({ length: 300 }, () => Math.random().toString(36).slice(2)).join('')}`;
    live.batch([open(kernel)]);
    const { path } = live.captures.status().active[0]!;
    for (let i = 0; live.captures.active && i < 2000; i++)
      live.batch(Array.from({ length: 20 }, () => open(kernel, noise())));
    expect(live.internal[0]).toMatchObject({
      kind: 'internal',
      rule: 'saker: capture size limit reached',
      priority: 'Informational',
      fields: JSON.stringify({ 'saker.capture.file': path, 'saker.capture.rule': 'Open' }),
    });
    expect(live.captures.status().ended.full).toBeGreaterThan(0);
    live.captures.close();
  });

  it('that cannot begin are counted and said, and nothing else suffers', () => {
    const live = new Live({ rules: OPEN, onRules: { pathPrefix: '/proc/nowhere/x' } });
    live.batch([open(new Kernel())]);
    expect(live.alerts).toHaveLength(1);
    expect(live.captures.status()).toMatchObject({
      started: 0,
      ended: { failed: 1 },
      lastError: expect.stringContaining('/proc/nowhere') as string,
    });
    expect(live.everything).toBe(false);
  });
});

describe('captures on demand', () => {
  it('tell what they came to', () => {
    let lost = 2;
    const live = new Live({
      rules: OPEN,
      loss: () => ({ lost: { 'file.open': { ring_full: lost } } }),
    });
    const { path, end } = live.record();
    live.batch(session());
    lost = 5;
    live.captures.tick();
    end();
    end();
    expect(live.ended).toMatchObject([
      { path, records: 8, ended: 'told', error: null, lost: { 'file.open': { ring_full: 3 } } },
    ]);
    expect(itemsOf(path).findLast(({ kind }) => kind === 'loss')).toMatchObject({
      loss: { lost: { 'file.open': { ring_full: 3 } } },
    });
  });

  it('go on side by side, four at most', () => {
    const live = new Live({ rules: OPEN });
    const kernel = new Kernel();
    const all = [1, 2, 3, 4].map(() => {
      live.batch([open(kernel)]);
      return live.record();
    });
    expect(() => live.record()).toThrow(expect.objectContaining({ code: 'CAPTURE_BUSY' }) as Error);
    live.batch([open(kernel)]);
    for (const { end } of all) end();
    expect(live.ended.map(({ records }) => records)).toEqual([4, 3, 2, 1]);
    expect(all.every(({ path }) => existsSync(path))).toBe(true);
  });

  it('end of a fault of their own, and of nobody else’s', () => {
    const live = new Live({ rules: OPEN });
    expect(() => {
      live.captures.start(
        { path: '/proc/nowhere/x.skr', maxBytes: 32 << 20, files: 1, existing: 'refuse' },
        null,
        () => undefined,
      );
    }).toThrow(expect.objectContaining({ code: 'CAPTURE_WRITE' }) as Error);
    expect(live.everything).toBe(false);
    const { end } = live.record();
    live.batch([open(new Kernel())]);
    end();
    expect(live.ended).toMatchObject([{ ended: 'told', records: 1 }]);
  });

  it('know users that were added while they went on', async () => {
    const root = fakeHost();
    const live = new Live({ rules: OPEN, root });
    const kernel = new Kernel();
    const { path, end } = live.record();
    live.batch([open(kernel)]);
    live.identity.users.replace({
      users: new Map([[1000, { name: 'eve', home: '/', shell: '/bin/sh' }]]),
      groups: new Map(),
    });
    live.captures.tick();
    live.batch([open(kernel)]);
    end();
    const { alerts } = await replayed([path], OPEN);
    expect(alerts.map(({ message }) => message)).toEqual(['/x user=ada', '/x user=eve']);
    expect(alerts.map(({ message }) => message)).toEqual(live.alerts.map(({ message }) => message));
  });
});

it('a verdict of a rule that is not there now is counted, and gives no alert', async () => {
  const live = new Live({ rules: EVERYTHING });
  const kernel = new Kernel();
  const { path, end } = live.record();
  live.batch([
    kernel.record(KIND.NET_VERDICT, 10, { set: live.set, rule: 0 }),
    kernel.record(KIND.NET_VERDICT, 10, { set: live.set, rule: 3 }),
  ]);
  end();
  const { alerts, summary } = await replayed([path], OPEN);
  expect(alerts).toEqual([]);
  expect(summary.verdicts).toEqual(
    new Map([
      ['Block', 1],
      ['a rule the capture does not name', 1],
    ]),
  );
});

it('reads captures of earlier builds', async () => {
  const old = join(import.meta.dirname, '../../fixtures/capture-format-1.skr');
  const { alerts, summary } = await replayed([old], OPEN);
  expect(alerts.map(({ message }) => message)).toEqual([
    'init',
    'bash',
    '/etc/passwd user=root',
    'cat',
    '/etc/shadow user=root',
  ]);
  expect(summary).toMatchObject({
    damage: [],
    records: 9,
    lost: new Map([['file.open ring_full', 2]]),
  });
});
