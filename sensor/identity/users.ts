import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import type { ByteString } from '../core/bytes.js';

export interface User {
  readonly name: ByteString;
  readonly home: ByteString;
  readonly shell: ByteString;
}

export interface UserTableOptions {
  /** Directory under which `etc/passwd` and `etc/group` lie. Default `/`. */
  readonly root?: string;
  /** How often the files are looked at for changes at most, milliseconds. Default 5,000. */
  readonly checkMs?: number;
  readonly nowMs?: () => number;
  /** Of another machine: no file is read. */
  readonly fixed?: UserLists;
}

/** Users and groups by their ids. */
export interface UserLists {
  readonly users: ReadonlyMap<number, User>;
  readonly groups: ReadonlyMap<number, ByteString>;
}

/** Files larger than this are read up to here. */
const FILE_MAX = 4 << 20;

/**
 * Users and groups of the host, from its passwd and group files. Read anew when a file changes; users of containers have lists
 * of their own and are not looked up here.
 */
export class UserTable {
  readonly #passwd: WatchedFile;
  readonly #group: WatchedFile;
  readonly #checkMs: number;
  readonly #nowMs: () => number;
  #checkedMs = -Infinity;
  #users: ReadonlyMap<number, User> = new Map();
  #groups: ReadonlyMap<number, ByteString> = new Map();

  constructor(options: UserTableOptions = {}) {
    const root = (options.root ?? '/').replace(/\/+$/, '');
    this.#passwd = new WatchedFile(`${root}/etc/passwd`);
    this.#group = new WatchedFile(`${root}/etc/group`);
    this.#checkMs = options.checkMs ?? 5000;
    this.#nowMs = options.nowMs ?? (() => performance.now());
    if (options.fixed) {
      this.#users = options.fixed.users;
      this.#groups = options.fixed.groups;
      this.#checkedMs = Infinity;
    }
  }

  /** These from now on; for a machine whose files are not read. */
  replace({ users, groups }: UserLists): void {
    this.#users = users;
    this.#groups = groups;
  }

  /** All of them as they are now; the same maps as long as nothing changed. */
  lists(): UserLists {
    this.#refresh();
    return { users: this.#users, groups: this.#groups };
  }

  /** User of an id, or null if not listed. */
  user(uid: number): User | null {
    this.#refresh();
    return this.#users.get(uid) ?? null;
  }

  /** Name of a group, or null if not listed. */
  group(gid: number): ByteString | null {
    this.#refresh();
    return this.#groups.get(gid) ?? null;
  }

  #refresh(): void {
    const now = this.#nowMs();
    if (now - this.#checkedMs < this.#checkMs) return;
    this.#checkedMs = now;
    const users = this.#passwd.readIfChanged();
    if (users !== null) this.#users = parsePasswd(users);
    const groups = this.#group.readIfChanged();
    if (groups !== null) this.#groups = parseGroup(groups);
  }
}

/** passwd(5); the first line of an id counts. */
export function parsePasswd(text: ByteString): Map<number, User> {
  const users = new Map<number, User>();
  for (const line of text.split('\n')) {
    const [name, , uid, , , home, shell] = line.split(':');
    if (name === undefined || uid === undefined || !/^\d+$/.test(uid)) continue;
    if (!users.has(Number(uid)))
      users.set(Number(uid), { name, home: home ?? '', shell: shell ?? '' });
  }
  return users;
}

/** group(5); the first line of an id counts. */
export function parseGroup(text: ByteString): Map<number, ByteString> {
  const groups = new Map<number, ByteString>();
  for (const line of text.split('\n')) {
    const [name, , gid] = line.split(':');
    if (name === undefined || gid === undefined || !/^\d+$/.test(gid)) continue;
    if (!groups.has(Number(gid))) groups.set(Number(gid), name);
  }
  return groups;
}

class WatchedFile {
  readonly #path: string;
  #stamp = '';

  constructor(path: string) {
    this.#path = path;
  }

  /** Content if it changed since the last call, else null; a file that is gone is an empty one. */
  readIfChanged(): ByteString | null {
    const stamp = this.#statStamp();
    if (stamp === this.#stamp) return null;
    this.#stamp = stamp;
    return stamp === 'gone' ? '' : readBounded(this.#path);
  }

  #statStamp(): string {
    try {
      const stat = statSync(this.#path, { bigint: true });
      return `${stat.dev}:${stat.ino}:${stat.mtimeNs}:${stat.size}`;
    } catch {
      return 'gone';
    }
  }
}

function readBounded(path: string): ByteString {
  try {
    const fd = openSync(path, 'r');
    try {
      const stat = fstatSync(fd);
      if (!stat.isFile()) return '';
      const buffer = Buffer.allocUnsafe(Math.min(stat.size, FILE_MAX));
      let used = 0;
      while (used < buffer.length) {
        const got = readSync(fd, buffer, used, buffer.length - used, used);
        if (got === 0) break;
        used += got;
      }
      return buffer.toString('latin1', 0, used);
    } finally {
      closeSync(fd);
    }
  } catch {
    return '';
  }
}
