import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ByteString } from '../core/bytes.js';

/**
 * Visits every group of a cgroup v2 subtree: on cgroup2 the inode number of a directory is the group's id
 * (kernfs, `cgroup_id()`).
 *
 * @param mount - Where the v2 hierarchy is mounted.
 * @param scope - Subtree from the mount's root, beginning with "/"; "/" for all.
 * @returns number of groups seen. Groups that vanish meanwhile are left out: their removal is no news.
 */
export function walkCgroups(
  mount: string,
  scope: string,
  visit: (id: number, path: ByteString) => void,
): number {
  const pending = [scope === '/' ? '' : scope.replace(/\/+$/, '')];
  let seen = 0;
  for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
    const full = Buffer.from(join(mount, path), 'latin1');
    try {
      visit(Number(lstatSync(full, { bigint: true }).ino), path === '' ? '/' : path);
      seen++;
      for (const entry of readdirSync(full, { withFileTypes: true, encoding: 'latin1' }))
        if (entry.isDirectory()) pending.push(`${path}/${entry.name}`);
    } catch (error) {
      if (!isGone(error)) throw error;
    }
  }
  return seen;
}

/** Path of a process's group in the v2 hierarchy (the line "0::" of /proc/PID/cgroup), or null when it is gone. */
export function cgroupOfProcess(pid: number, proc = '/proc'): ByteString | null {
  try {
    const text = readFileSync(`${proc}/${pid}/cgroup`, 'latin1');
    const path = /^0::(.*)$/m.exec(text)?.[1];
    return path === undefined ? null : path.replace(/ \(deleted\)$/, '');
  } catch {
    return null;
  }
}

function isGone(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code;
  return code === 'ENOENT' || code === 'ENODEV' || code === 'ENOTDIR';
}
