import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WallClock } from '../../../sensor/core/index.js';
import { BatchCursor, KIND, writeRecord, type RecordValues } from '../../../sensor/events/index.js';
import {
  cgroupOfProcess,
  Identity,
  LocalAddresses,
  UserTable,
  walkCgroups,
} from '../../../sensor/identity/index.js';
import { Kernel, OFFSET_NS, startOf } from './records.js';

const ID = 'ab12'.repeat(16);
const clock = new WallClock(() => ({ bootNs: 0n, wallNs: OFFSET_NS, widthNs: 0n }));

/** A host's file system as far as identity reads it. */
function fakeHost(): { root: string; groups: string } {
  const root = mkdtempSync(join(tmpdir(), 'saker-host-'));
  const groups = join(root, 'sys/fs/cgroup');
  mkdirSync(join(groups, `docker/${ID}/init.scope`), { recursive: true });
  mkdirSync(join(groups, 'system.slice/ssh.service'), { recursive: true });
  mkdirSync(join(root, 'proc/1'), { recursive: true });
  mkdirSync(join(root, 'etc'));
  writeFileSync(
    join(root, 'proc/1/mountinfo'),
    '30 25 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n',
  );
  return { root, groups };
}

function at(values: RecordValues): BatchCursor {
  const cursor = new BatchCursor();
  cursor.use(writeRecord(values));
  cursor.move(0);
  return cursor;
}

describe('the start-up walk of control groups', () => {
  const { root, groups } = fakeHost();
  afterAll(() => {
    rmSync(root, { recursive: true });
  });

  it('visits a subtree with the ids of its groups', () => {
    const seen = new Map<string, number>();
    const count = walkCgroups(groups, '/docker', (id, path) => seen.set(path, id));
    expect([...seen.keys()]).toEqual(['/docker', `/docker/${ID}`, `/docker/${ID}/init.scope`]);
    expect(count).toBe(3);
    expect(seen.get('/docker')).toBe(statSync(join(groups, 'docker')).ino);
  });

  it('leaves out what is gone', () => {
    expect(walkCgroups(groups, '/no-such-group', () => undefined)).toBe(0);
  });

  it('knows containers older than the sensor', () => {
    const identity = new Identity({ hostRoot: root, clock, hostname: 'h' });
    const inode = statSync(join(groups, `docker/${ID}/init.scope`)).ino;
    const kernel = new Kernel();
    const record = kernel.exec(7, 0, '/bin/sh', ['sh']);
    const event = identity.take(at({ ...record, header: { ...record.header, cgroup_id: inode } }));
    expect(event).not.toBeNull();
    expect(identity.subject(event!)).toEqual({
      pid: 7,
      startNs: String(startOf(7)),
      exe: '/bin/sh',
      containerId: ID,
      podUid: null,
    });
  });

  it('looks at the scope only', () => {
    const identity = new Identity({ hostRoot: root, clock, cgroup: join(groups, 'system.slice') });
    expect(identity.stats().containers).toMatchObject({ groups: 2, containers: 0 });
  });

  it('does without where there is no version 2 hierarchy, and says so', () => {
    const said: string[] = [];
    const say = (message: string): number => said.push(message);
    const bare = mkdtempSync(join(tmpdir(), 'saker-bare-'));
    const identity = new Identity({
      hostRoot: bare,
      clock,
      logger: { error: say, warn: say, info: say, debug: say },
    });
    expect(identity.stats().containers).toMatchObject({ groups: 0 });
    expect(said).toHaveLength(1);
    rmSync(bare, { recursive: true });
  });
});

describe('the identity stage', () => {
  const { root } = fakeHost();
  afterAll(() => {
    rmSync(root, { recursive: true });
  });

  it('judges no records of control groups and of the scan', () => {
    const identity = new Identity({ hostRoot: root, clock });
    const kernel = new Kernel();
    const seen = kernel.exec(7, 0, '/bin/sh', ['sh'], {}, {}, KIND.PROCESS_SEEN);
    expect(identity.take(at(seen))).toBeNull();
    expect(
      identity.take(at(kernel.record(KIND.CGROUP_MKDIR, 1, { id: 5 }, { path: '/a' }))),
    ).toBeNull();
    expect(identity.take(at(kernel.open(7, { ret: 3 }, { path: '/x' })))).not.toBeNull();
    expect(identity.stats().processes).toMatchObject({ live: 1 });
  });

  it('converts the subject of an alert to text', () => {
    const identity = new Identity({ hostRoot: root, clock });
    const event = identity.take(at(new Kernel().exec(7, 0, '/bin/\xc3\xa9', ['x'])));
    expect(identity.subject(event!).exe).toBe('/bin/é');
  });
});

it('reads the version 2 group of a process', () => {
  const { root } = fakeHost();
  mkdirSync(join(root, 'proc/5'));
  writeFileSync(join(root, 'proc/5/cgroup'), '4:memory:/x\n0::/docker/a b (deleted)\n');
  expect(cgroupOfProcess(5, join(root, 'proc'))).toBe('/docker/a b');
  expect(cgroupOfProcess(6, join(root, 'proc'))).toBeNull();
  rmSync(root, { recursive: true });
});

it('reads users anew when the file changes, but does not look at it each time', () => {
  const { root } = fakeHost();
  let now = 0;
  const users = new UserTable({ root, checkMs: 1000, nowMs: () => now });
  expect(users.user(5)).toBeNull();
  writeFileSync(join(root, 'etc/passwd'), 'games:x:5:60::/usr/games:/bin/false\n');
  expect(users.user(5)).toBeNull();
  now = 1000;
  expect(users.user(5)).toEqual({ name: 'games', home: '/usr/games', shell: '/bin/false' });
  rmSync(join(root, 'etc/passwd'));
  now = 2000;
  expect(users.user(5)).toBeNull();
  rmSync(root, { recursive: true });
});

it('takes loopback and its interfaces for this machine', () => {
  const local = new LocalAddresses({ list: () => ['192.0.2.7', 'fe80::1%eth0', 'nonsense'] });
  expect(local.has(0x7f000035)).toBe(true);
  expect(local.has(0xc0000207)).toBe(true);
  expect(local.has(0xc0000208)).toBe(false);
  expect(local.has(`\xfe\x80${'\0'.repeat(13)}\x01`)).toBe(true);
});
