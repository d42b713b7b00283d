import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ByteString } from '../core/bytes.js';
import { findCgroup2Mount } from '../kernel/index.js';
import { identifyCgroup } from './cgroup-path.js';

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

/**
 * Groups of containers that exist now: cgroup v2 id, first 12 characters of the container's id.
 *
 * @param cgroup - Folder to stay below; null: the whole host.
 * @throws SakerError `NO_CGROUP2`
 */
export function containerGroups(
  hostRoot: string,
  cgroup: string | null,
): readonly (readonly [id: bigint, containerId: string])[] {
  const { mount, scope } = walkRoot(hostRoot, cgroup);
  const groups: (readonly [bigint, string])[] = [];
  walkCgroups(mount, scope, (id, path) => {
    const container = identifyCgroup(path);
    if (container) groups.push([BigInt(id), container.id.slice(0, 12)]);
  });
  return groups;
}

/** Where a walk of the hierarchy, or of one folder of it, begins. @throws SakerError `NO_CGROUP2` */
export function walkRoot(
  hostRoot: string,
  cgroup: string | null,
): { readonly mount: string; readonly scope: string } {
  const mount = findCgroup2Mount(hostRoot).path;
  const scope =
    cgroup === null ? '' : cgroup.startsWith(mount) ? cgroup.slice(mount.length) : cgroup;
  return { mount, scope: scope === '' ? '/' : scope };
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
