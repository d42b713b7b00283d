import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WallClock } from '../../../sensor/core/index.js';
import {
  cgroupId,
  cgroupScope,
  findCgroup2Mount,
  isNativeFault,
  kernelName,
  native,
  openPidfd,
  readClocks,
  readInRoot,
  requireAll,
} from '../../../sensor/kernel/index.js';
import { makeCgroup } from '../../support/cgroup.js';
import { describeHere } from '../../support/places.js';

const ENOENT = 2;
const ELOOP = 40;

/** The addon's fault that a call throws. */
function faultOf(call: () => unknown): { code: string; errno: number } {
  try {
    call();
  } catch (error) {
    if (isNativeFault(error)) return { code: error.code, errno: error.errno };
    throw error;
  }
  throw new Error('it did not throw');
}

describe('reading inside another root', () => {
  const folder = mkdtempSync(join(tmpdir(), 'saker-root-'));
  const root = join(folder, 'root');
  const text = (path: string, max = 100) => {
    const { bytes, truncated } = readInRoot(root, path, max);
    return [Buffer.from(bytes).toString(), truncated];
  };

  beforeAll(() => {
    mkdirSync(join(root, 'etc'), { recursive: true });
    writeFileSync(join(folder, 'secret'), 'of the host');
    writeFileSync(join(root, 'etc/passwd'), 'of the container');
    symlinkSync('/etc/passwd', join(root, 'absolute'));
    symlinkSync('../../../../../etc/passwd', join(root, 'upward'));
    symlinkSync('../secret', join(root, 'leak'));
    symlinkSync('/proc/self/root/etc/passwd', join(root, 'magic'));
    execFileSync('mkfifo', [join(root, 'fifo')]);
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  it('resolves every link inside that root', () => {
    expect(text('/etc/passwd')).toEqual(['of the container', false]);
    expect(text('absolute')).toEqual(['of the container', false]);
    expect(text('upward')).toEqual(['of the container', false]);
    expect(faultOf(() => text('leak'))).toEqual({ code: 'READ_IN_ROOT', errno: ENOENT });
    expect(faultOf(() => text('magic'))).toEqual({ code: 'READ_IN_ROOT', errno: ENOENT });
  });

  it('cuts a long file and says so', () => {
    expect(text('etc/passwd', 6)).toEqual(['of the', true]);
    expect(text('etc/passwd', 16)).toEqual(['of the container', false]);
  });

  it('opens nothing but a regular file: a FIFO would wait for ever', () => {
    expect(faultOf(() => text('fifo')).code).toBe('NOT_A_REGULAR_FILE');
    expect(faultOf(() => text('etc')).code).toBe('NOT_A_REGULAR_FILE');
    expect(faultOf(() => readInRoot('/', 'dev/zero', 10)).code).toBe('NOT_A_REGULAR_FILE');
  });

  it('follows no link out of /proc, which leads past any root', () => {
    expect(faultOf(() => readInRoot('/proc/self', 'cwd/package.json', 10))).toEqual({
      code: 'READ_IN_ROOT',
      errno: ELOOP,
    });
  });
});

describe('clocks and names', () => {
  it('turns boot time into the wall clock within a millisecond', () => {
    const clock = new WallClock(readClocks);
    const before = Date.now();
    const now = Number(clock.toEpochNs(readClocks().bootNs)) / 1e6;
    expect(now).toBeGreaterThanOrEqual(before - 1);
    expect(now).toBeLessThanOrEqual(Date.now() + 1);
  });

  it('knows the kernel', () => {
    expect(kernelName().release).toBe(execFileSync('uname', ['-r'], { encoding: 'utf8' }).trim());
  });
});

describe('a handle on a process', () => {
  it('tells whether it lives, and signals it', async () => {
    const child = spawn('sleep', ['60'], { stdio: 'ignore' });
    const handle = openPidfd(child.pid!);
    expect(handle.signal(0)).toBe(true);
    expect(handle.signal(15)).toBe(true);
    const [, signal] = (await once(child, 'exit')) as [number | null, string];
    expect(signal).toBe('SIGTERM');
    expect(handle.signal(0)).toBe(false);
    handle.close();
    handle.close();
    expect(faultOf(() => handle.signal(0)).code).toBe('NATIVE_MISUSE');
  });
});

describeHere('control groups', (place) => {
  it('have the id and the depth that the kernel side compares', async () => {
    const cgroup = await makeCgroup(place(), 'a/b');
    try {
      const { path } = findCgroup2Mount();
      const id = BigInt(statSync(cgroup.path, { bigint: true }).ino);
      expect(cgroupId(cgroup.path)).toBe(id);
      expect(cgroupScope(cgroup.path)).toEqual({ path: cgroup.path, id, level: 3 });
      expect(cgroupScope(cgroup.path.slice(path.length))).toEqual({
        path: cgroup.path,
        id,
        level: 3,
      });
      expect(cgroupScope(path).level).toBe(0);
    } finally {
      await cgroup.remove();
    }
  });

  it('that are not there, or of no version 2 hierarchy, are refused with a sentence', () => {
    for (const path of ['/no/such/group', '/etc', '/../..'])
      expect(() => cgroupScope(path)).toThrow(
        expect.objectContaining({ code: 'NO_SUCH_CGROUP' }) as Error,
      );
  });

  it('and all else that the sensor requires is here', () => {
    expect(requireAll().path).toBe(findCgroup2Mount().path);
  });
});

describeHere('maps', () => {
  const BPF_MAP_TYPE_HASH = 1;
  const u32 = (...values: number[]) => new Uint8Array(Uint32Array.from(values).buffer);
  const make = () =>
    new (native().bpf.BpfMap)({
      type: BPF_MAP_TYPE_HASH,
      name: 'saker_test',
      keySize: 4,
      valueSize: 8,
      maxEntries: 4,
    });

  it('take, give, list and lose elements', () => {
    const map = make();
    const value = new Uint8Array(8);
    map.update(u32(1), u32(10, 11));
    map.updateBatch(u32(2, 3), u32(20, 21, 30, 31), 2);
    expect(map.lookup(u32(2), value)).toBe(true);
    expect(value).toEqual(u32(20, 21));
    expect(map.lookup(u32(9), value)).toBe(false);
    const { keys, values, count } = map.entries();
    const read = (bytes: Uint8Array, i: number) => Buffer.from(bytes).readUInt32LE(i);
    const pairs = Array.from({ length: count }, (_, i) => [read(keys, 4 * i), read(values, 8 * i)]);
    expect(pairs.sort(([a = 0], [b = 0]) => a - b)).toEqual([
      [1, 10],
      [2, 20],
      [3, 30],
    ]);
    expect(map.take(u32(1), value)).toBe(true);
    expect(map.delete(u32(1))).toBe(false);
    expect(map.deleteBatch(u32(2, 7, 3), 3)).toBe(2);
    expect(map.nextKey(null, new Uint8Array(4))).toBe(false);
    map.close();
  });

  it('say with errno what the kernel refuses', () => {
    const map = make();
    map.updateBatch(u32(1, 2, 3, 4), new Uint8Array(32), 4);
    expect(
      faultOf(() => {
        map.update(u32(5), new Uint8Array(8));
      }),
    ).toEqual({ code: 'BPF_MAP_UPDATE', errno: 7 });
    expect(
      faultOf(() => {
        map.update(u32(1), new Uint8Array(8), 1);
      }),
    ).toEqual({ code: 'BPF_MAP_UPDATE', errno: 17 });
    map.close();
  });

  it('do not hand the kernel a key or a value of another size', () => {
    const map = make();
    expect(faultOf(() => map.lookup(new Uint8Array(3), new Uint8Array(8))).code).toBe(
      'NATIVE_MISUSE',
    );
    expect(faultOf(() => map.lookup(u32(1), new Uint8Array(7))).code).toBe('NATIVE_MISUSE');
    expect(
      faultOf(() => {
        map.updateBatch(u32(1), new Uint8Array(8), 2);
      }).code,
    ).toBe('NATIVE_MISUSE');
    map.close();
    map.close();
    expect(faultOf(() => map.lookup(u32(1), new Uint8Array(8))).code).toBe('NATIVE_MISUSE');
  });
});
