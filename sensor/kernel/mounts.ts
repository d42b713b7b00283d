import { readFileSync, statfsSync, statSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { SakerError } from '../core/index.js';
import { native } from './native.js';
import type { CgroupScope } from './types.js';

/** Where the cgroup v2 hierarchy is mounted. */
export interface Cgroup2Mount {
  /** Mount point, as the sensor sees it. */
  readonly path: string;
  /** Version 1 hierarchies exist beside it. */
  readonly hybrid: boolean;
}

/**
 * Finds the cgroup v2 mount; null on hosts with version 1 only, and where only a part of the hierarchy is to be seen.
 *
 * @param mountinfo - Text of /proc/self/mountinfo (proc_pid_mountinfo(5)).
 * @param isWhole - Whether the top of the hierarchy is mounted there. In a cgroup namespace of its own a container sees its own
 * group as `/` and the real top, bound from the host, as `/../..`: the text alone does not tell.
 */
export function parseCgroup2Mount(
  mountinfo: string,
  isWhole: (point: string) => boolean = () => true,
): Cgroup2Mount | null {
  let path: string | null = null;
  let hybrid = false;
  for (const line of mountinfo.split('\n')) {
    const [before, after] = line.split(' - ', 2);
    const type = after?.split(' ', 1)[0];
    if (type === 'cgroup') hybrid = true;
    const [, , , root, point] = before?.split(' ') ?? [];
    if (type !== 'cgroup2' || point === undefined || !/^\/(?:\.\.(?:\/\.\.)*)?$/.test(root ?? ''))
      continue;
    if (path === null && isWhole(unescape(point))) path = unescape(point);
  }
  return path === null ? null : { path, hybrid };
}

/**
 * The cgroup v2 mount of this machine.
 *
 * @param hostRoot - Prefix of file-system reads (`--host-root`).
 * @throws SakerError `NO_CGROUP2`
 */
export function findCgroup2Mount(hostRoot = '/'): Cgroup2Mount {
  const text = readFileSync(
    hostRoot === '/' ? '/proc/self/mountinfo' : join(hostRoot, 'proc/1/mountinfo'),
    'utf8',
  );
  const mount = parseCgroup2Mount(text, (point) => isTop(join(hostRoot, point)));
  if (mount) return { ...mount, path: join(hostRoot, mount.path) };
  if (parseCgroup2Mount(text)) {
    throw new SakerError(
      'NO_CGROUP2',
      'only a part of the cgroup v2 hierarchy is to be seen here',
      {
        hint: 'in a container, mount the host’s /sys/fs/cgroup there (deploy/kubernetes shows how)',
      },
    );
  }
  throw new SakerError('NO_CGROUP2', 'the cgroup v2 hierarchy is not mounted', {
    hint: 'mount it: mkdir -p /sys/fs/cgroup/unified && mount -t cgroup2 none /sys/fs/cgroup/unified',
  });
}

/**
 * A cgroup given by a person as the scope of observation.
 *
 * @param path - In the file system, or from the root of the hierarchy ("/system.slice/nginx.service").
 * @throws SakerError `NO_CGROUP2`, `NO_SUCH_CGROUP`
 */
export function cgroupScope(path: string, mount: Cgroup2Mount = findCgroup2Mount()): CgroupScope {
  const within = isWithin(path, mount.path) ? resolve(path) : join(mount.path, path);
  if (
    !statSync(within, { throwIfNoEntry: false })?.isDirectory() ||
    !isWithin(within, mount.path)
  ) {
    throw new SakerError('NO_SUCH_CGROUP', `no cgroup ${path} in the hierarchy at ${mount.path}`, {
      hint: `give a folder below ${mount.path}; version 1 groups have no ids that the kernel side could compare`,
    });
  }
  const steps = relative(mount.path, within);
  return {
    path: within,
    id: native().sys.cgroupId(within),
    level: steps === '' ? 0 : steps.split('/').length,
  };
}

/** `CGROUP2_SUPER_MAGIC`, statfs(2). */
const CGROUP2_MAGIC = 0x63677270;

/**
 * The id of a group is its inode number, and that of the hierarchy's top is 1 (kernfs_create_root). Where a host root holds a
 * copy of a host's files, inode numbers tell nothing.
 */
function isTop(path: string): boolean {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat !== undefined && (stat.ino === 1 || statfsSync(path).type !== CGROUP2_MAGIC);
}

function isWithin(path: string, mount: string): boolean {
  return path.startsWith('/') && !relative(mount, resolve(path)).startsWith('..');
}

/** Mount points escape blanks, tabs, newlines and backslashes as octal numbers. */
const unescape = (text: string): string =>
  text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)));
