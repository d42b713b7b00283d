import { parseCgroup2Mount } from '../../../sensor/kernel/mounts.js';
import { checkCapabilities, requireAll } from '../../../sensor/kernel/requirements.js';

const line = (root: string, point: string, type: string) =>
  `38 31 0:38 ${root} ${point} rw,relatime shared:1 - ${type} none rw`;

describe('the cgroup v2 mount', () => {
  it('is found beside version 1 on a hybrid host', () => {
    const text = [
      line('/', '/sys/fs/cgroup/memory', 'cgroup'),
      line('/', '/sys/fs/cgroup/unified', 'cgroup2'),
    ].join('\n');
    expect(parseCgroup2Mount(text)).toEqual({ path: '/sys/fs/cgroup/unified', hybrid: true });
  });

  it('is found alone', () => {
    expect(parseCgroup2Mount(line('/', '/sys/fs/cgroup', 'cgroup2'))).toEqual({
      path: '/sys/fs/cgroup',
      hybrid: false,
    });
  });

  it('is not a part of it that somebody mounted elsewhere', () => {
    const text = [
      line('/pod', '/run/part', 'cgroup2'),
      line('/', '/sys/fs/cgroup', 'cgroup2'),
    ].join('\n');
    expect(parseCgroup2Mount(text)?.path).toBe('/sys/fs/cgroup');
  });

  it('is the real top in a cgroup namespace, not the container’s own group that is called /', () => {
    const text = [
      line('/', '/sys/fs/cgroup', 'cgroup2'),
      line('/../..', '/host/sys/fs/cgroup', 'cgroup2'),
    ].join('\n');
    const whole = (point: string): boolean => point.startsWith('/host');
    expect(parseCgroup2Mount(text, whole)?.path).toBe('/host/sys/fs/cgroup');
    expect(parseCgroup2Mount(text, () => false)).toBeNull();
  });

  it('may have blanks in its name', () => {
    expect(parseCgroup2Mount(line('/', '/mnt/a\\040b', 'cgroup2'))?.path).toBe('/mnt/a b');
  });

  it('is missing on version 1 alone', () => {
    expect(parseCgroup2Mount(line('/', '/sys/fs/cgroup/memory', 'cgroup'))).toBeNull();
    expect(parseCgroup2Mount(line('/user.slice', '/mnt', 'cgroup2'))).toBeNull();
  });
});

describe('capabilities', () => {
  const all = (1n << 41n) - 1n;
  const without = (...bits: bigint[]) => bits.reduce((set, bit) => set & ~(1n << bit), all);

  it('are all there for root', () => {
    expect(checkCapabilities(all).every((c) => c.met)).toBe(true);
  });

  it('CAP_SYS_ADMIN stands for CAP_BPF and CAP_PERFMON, not for the others', () => {
    expect(checkCapabilities(without(39n, 38n)).every((c) => c.met)).toBe(true);
    expect(
      checkCapabilities(without(12n))
        .filter((c) => !c.met)
        .map((c) => c.name),
    ).toEqual(['CAP_NET_ADMIN']);
  });

  it('that are missing are named one by one, in one error', () => {
    const requirements = checkCapabilities(without(21n, 38n, 39n, 19n));
    expect(() => requireAll(requirements)).toThrow(
      expect.objectContaining({
        code: 'MISSING_CAPABILITY',
        message: expect.stringMatching(/CAP_BPF.*CAP_PERFMON.*CAP_SYS_PTRACE/s),
        hint: expect.stringContaining('root'),
      }) as Error,
    );
  });
});
