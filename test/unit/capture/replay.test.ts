import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { WallClock } from '../../../sensor/core/index.js';
import { Pipeline } from '../../../sensor/app/sensor/pipeline.js';
import { compileRules } from '../../../sensor/engine/index.js';
import { KIND, writeBatch, type RecordValues } from '../../../sensor/events/index.js';
import { Identity } from '../../../sensor/identity/index.js';
import { EVENT_NAMES } from '../../../sensor/lang/index.js';
import type { NewAlert } from '../../../sensor/spool/index.js';
import { Kernel, OFFSET_NS, startOf } from '../identity/records.js';
import {
  EVERY_EVENT,
  fakeHost,
  freshPath,
  itemsOf,
  logger,
  record,
  recorder,
  replayed,
  rulesOf,
  said,
  session,
} from './support.js';

/** The alerts of the live sensor over the same batches. */
function live(root: string, batches: readonly (readonly RecordValues[])[]): NewAlert[] {
  const identity = new Identity({
    hostRoot: root,
    hostname: 'node-7',
    clock: new WallClock(() => ({ bootNs: 0n, wallNs: OFFSET_NS, widthNs: 0n })),
    capacity: 256,
  });
  const alerts: NewAlert[] = [];
  const pipeline = new Pipeline(
    { identity, append: (alert) => alerts.push(alert), onVerdict: () => undefined },
    logger,
  );
  pipeline.setRules(
    compileRules(
      { rules: EVERY_EVENT },
      {
        fields: identity.fields,
        types: { names: EVENT_NAMES },
        matching: 'all',
      },
    ),
    1,
  );
  for (const batch of batches) {
    const bytes = writeBatch(batch);
    pipeline.batch(bytes, bytes.length);
  }
  return alerts;
}

const texts = (alerts: readonly { message: string }[]): string[] => alerts.map((a) => a.message);

/** As /proc tells of a process, with a start that fits `startOf`. */
function runs(root: string, pid: number, name: string, ppid: number): void {
  const ticks = startOf(pid) / 10_000_000n;
  const folder = join(root, `proc/${pid}`);
  mkdirSync(folder, { recursive: true });
  const rest = `S ${ppid} ${pid} ${pid} 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 ${ticks} 0 0`;
  writeFileSync(join(folder, 'stat'), `${pid} (${name}) ${rest}\n`);
  writeFileSync(join(folder, 'status'), `Gid:\t0\t0\t0\t0\nNStgid:\t${pid}\nNSpgid:\t${pid}\n`);
  writeFileSync(join(folder, 'cmdline'), `${name}\0--flag\0`);
  writeFileSync(join(folder, 'loginuid'), '4294967295');
  writeFileSync(join(folder, 'cgroup'), '0::/system.slice/looked-up.service\n');
}

it('gives the alerts that live did, in order, field by field', async () => {
  const root = fakeHost();
  const kernel = new Kernel();
  const batches = [session(kernel), session(kernel)];
  const path = record(batches, { root });
  const { alerts, summary } = await replayed([path]);
  expect(alerts.map(said)).toEqual(
    live(root, batches).map((alert) => said({ ...alert, hostname: 'node-7' } as never)),
  );
  expect(alerts.length).toBe(16);
  expect(texts(alerts)[6]).toContain('/etc/shadow cat /usr/bin/cat cat /etc/shadow bash');
  expect(summary).toMatchObject({ damage: [], undecodable: 0 });
  expect(summary.alerts).toEqual(
    new Map([
      ['Open', 4],
      ['Other', 12],
    ]),
  );
});

it('knows what was running before, without asking this machine', async () => {
  const root = fakeHost();
  const kernel = new Kernel();
  const path = freshPath();
  const its = recorder({ path, root });
  const scan = writeBatch([
    kernel.exec(100, 0, '/sbin/init', ['init'], {}, {}, KIND.PROCESS_SEEN),
    kernel.exec(200, 100, '/usr/bin/bash', ['bash'], {}, {}, KIND.PROCESS_SEEN),
  ]);
  its.begin(scan);
  const batch = writeBatch([kernel.open(200, { ret: 3 }, { path: '/x' })]);
  its.take(batch, batch.length);
  its.close();
  rmSync(root, { recursive: true });
  const { alerts } = await replayed([path]);
  expect(texts(alerts)).toEqual([expect.stringContaining('/x bash /usr/bin/bash bash init init')]);
});

it('tells again what was found in /proc while it recorded', async () => {
  const root = fakeHost();
  runs(root, 50, 'outside', 1);
  runs(root, 60, 'unseen', 50);
  runs(root, 70, 'unseen', 60);
  const kernel = new Kernel();
  const batches = [
    [
      kernel.fork(70, 60, { 'id.comm': 'unseen', 'id.exec_count': 5 }), // its parent is not in the scope
      kernel.open(70, { ret: 3 }, { path: '/a' }),
      kernel.open(60, { ret: 3 }, { path: '/b' }), // its records were lost
    ],
    [kernel.exec(80, 70, '/bin/ls', ['ls']), kernel.open(80, { ret: 3 }, { path: '/c' })],
  ];
  const expected = live(root, batches);
  const path = record(batches, { root });
  rmSync(root, { recursive: true });
  const { alerts } = await replayed([path]);
  expect(texts(alerts)).toEqual(texts(expected));
  expect(alerts.map((a) => JSON.parse(a.fields) as unknown)).toEqual(
    expected.map((a) => JSON.parse(a.fields) as unknown),
  );
  expect(texts(alerts).at(-1)).toContain(
    '/c ls /bin/ls ls unseen unseen --flag unseen / 0 root 0 host',
  );
});

it('names users and containers as the recorded machine did', async () => {
  const root = fakeHost();
  const id = 'ab12'.repeat(16);
  const kernel = new Kernel();
  const group = { id: 77n, level: 2 };
  const open = kernel.open(9, { ret: 3 }, { path: '/x' });
  const batch = [
    kernel.record(KIND.CGROUP_MKDIR, 1, group, { path: `/docker/${id}` }),
    { ...open, header: { ...open.header, cgroup_id: 77n, uid: 1000 } },
    kernel.record(KIND.CGROUP_MKDIR, 1, { id: 78n, level: 1 }, { path: '/user.slice' }),
    { ...open, header: { ...open.header, cgroup_id: 78n, uid: 1000 } },
  ];
  const path = record([batch], { root });
  rmSync(root, { recursive: true });
  const { alerts } = await replayed([path]);
  expect(texts(alerts)[0]).toContain(' <NA> 1000 ab12ab12ab12 node-7 ');
  expect(alerts[0]?.subject?.containerId).toBe(id);
  expect(texts(alerts)[1]).toContain(' ada 1000 host node-7 ');
});

it('tells what containers were made of, though they were there before', async () => {
  const root = fakeHost();
  const ids = ['ab12'.repeat(16), 'cd34'.repeat(16)];
  const kernel = new Kernel();
  for (const id of ids) {
    const bundle = join(
      root,
      `proc/1/root/run/containerd/io.containerd.runtime.v2.task/k8s.io/${id}`,
    );
    mkdirSync(bundle, { recursive: true });
    const annotations = {
      'io.kubernetes.cri.container-name': `web-${id.slice(0, 2)}`,
      'io.kubernetes.cri.image-name': 'shop/wéb:1',
    };
    const spec = { annotations, linux: { cgroupsPath: `/kubepods/${id}` } };
    writeFileSync(join(bundle, 'config.json'), JSON.stringify(spec));
  }
  const open = kernel.open(9, { ret: 3 }, { path: '/x' });
  const [first, second] = ids.map((id, i) => [
    kernel.record(
      KIND.CGROUP_MKDIR,
      1,
      { id: BigInt(77 + i), level: 2 },
      { path: `/kubepods/${id}` },
    ),
    { ...open, header: { ...open.header, cgroup_id: BigInt(77 + i) } },
  ]);
  const path = freshPath();
  const its = recorder({ path, root });
  its.begin(writeBatch(first!));
  // One more of the container that was known when the capture began, and one of another.
  const batch = writeBatch([first![1]!, ...second!]);
  its.take(batch, batch.length);
  its.close();
  const rules = rulesOf(`
- rule: Made
  desc: Every open.
  condition: evt.type = openat and container.image.tag = 1
  output: "%container.name %container.image.repository %container.type"
  priority: NOTICE
`);
  rmSync(root, { recursive: true });
  expect(texts((await replayed([path], rules)).alerts)).toEqual([
    'web-ab shop/wéb containerd',
    'web-cd shop/wéb containerd',
  ]);
});

it('follows a step of the wall clock', async () => {
  let offsetNs = OFFSET_NS;
  const path = freshPath();
  const kernel = new Kernel();
  const its = recorder({ path, offsetNs: () => offsetNs });
  its.begin(new Uint8Array(0));
  const times: bigint[] = [];
  for (const step of [0n, 3_600_000_000_000n]) {
    offsetNs += step;
    its.tick({ lost: {} });
    const batch = writeBatch([kernel.open(9, { ret: 3 }, { path: '/x' })]);
    times.push(kernel.ns + offsetNs);
    its.take(batch, batch.length);
  }
  its.close();
  const { alerts } = await replayed([path]);
  expect(alerts.map((a) => BigInt(a.timeNs))).toEqual(times);
});

it('says what was lost while it was recorded, the last count of each session', async () => {
  const path = freshPath();
  const its = recorder({ path });
  its.begin(new Uint8Array(0));
  its.tick({ lost: { 'file.open': { ring_full: 3 } } });
  its.tick({ lost: { 'file.open': { ring_full: 5 } } });
  its.close();
  record([session()], { path, existing: 'append' });
  const { summary } = await replayed([path, path]);
  expect(summary.lost).toEqual(new Map([['file.open ring_full', 10]]));
  expect(summary.sessions).toBe(4);
});

it('says in its header what it needs to be read elsewhere', () => {
  const [first] = itemsOf(record([session()]));
  expect(first).toMatchObject({
    kind: 'session',
    header: {
      producer: 'a test',
      scope: null,
      clockOffsetNs: OFFSET_NS,
      machine: {
        arch: process.arch,
        hostname: 'node-7',
        users: [
          [0, 'root', '/root', '/bin/sh'],
          [1000, 'ada', '/h', '/bin/sh'],
        ],
      },
    },
  });
});

it('counts what meets a rule with an action, and gives no alert for it', async () => {
  const path = record([session()]);
  const [open] = EVERY_EVENT;
  const block = { action: 'block', mode: 'audit', reply: 'reject' } as const;
  const { alerts, summary } = await replayed([path], [{ ...open!, action: block }]);
  expect(alerts).toEqual([]);
  expect(summary.actions).toEqual(new Map([['Open', 2]]));
});

it('leaves out names of users that are longer than a header may hold', async () => {
  const root = fakeHost();
  const line = (uid: number) => `${'n'.repeat(900)}${uid}:x:${uid}:0::/:/bin/sh\n`;
  const long = `${'n'.repeat(5000)}:x:7:0::/:/bin/sh\n`;
  writeFileSync(join(root, 'etc/passwd'), long + line(1));
  const [few] = itemsOf(record([session()], { root }));
  expect(few).toMatchObject({
    header: { machine: { users: [[1, `${'n'.repeat(900)}1`, '/', '/bin/sh']] } },
  });
});
