import type { ByteString } from '../core/bytes.js';

import { identifyCgroup, podOfCgroup } from './cgroup-path.js';
import { factsFromText, type ContainerFacts } from './container-facts.js';
import { AT, KIND, STRING, type RecordCursor } from '../events/index.js';

/** A control group and the container it belongs to. */
export interface CgroupInfo {
  /** From the root of the v2 hierarchy. */
  readonly path: ByteString;
  /** Null: a group of the host. */
  readonly container: Container | null;
  /** Pod the group lies in, also where it is no container's; null outside Kubernetes. */
  readonly podUid: string | null;
}

/** What is known of a container from its control group: known before its first process runs. */
export interface Container {
  /** 12 characters, as Falco shows it. */
  readonly id: string;
  /** 64 hexadecimal characters, or a name for runtimes that use names. */
  readonly fullId: string;
  readonly runtime: string;
  readonly podUid: string | null;
  /** Null until they are asked for and found. */
  facts: ContainerFacts | null;
}

/** The kernel makes no longer ones. */
const PATH_MAX = 4096;

/** A container that was looked for in vain is looked for again after 1 s, 2 s, 4 s …: its runtime may be one we cannot read. */
const ASK_AGAIN_MAX_MS = 600_000;

export interface ContainerTableOptions {
  /** Most groups that exist at once to be remembered. Default 65,536. */
  readonly capacity?: number;
  /** Most removed groups to be remembered, for alerts that come after. Default 4,096. */
  readonly deadCapacity?: number;
  /** Finds the path of a group nobody told of; null when it is gone. Bounded by the table. */
  readonly lookUp?: (pid: number) => ByteString | null;
  /** Told of each group that was looked up and found. */
  readonly onFound?: (id: number, path: ByteString) => void;
  /** Finds out what a container was made of, by processes from one of it upwards. Bounded by the table. */
  readonly describe?: (pids: readonly number[], id: string) => ContainerFacts | null;
  /** Told of what was found. */
  readonly onDescribed?: (id: string, facts: ContainerFacts) => void;
  /** Look-ups per second at most, of groups and of containers. Default 50. */
  readonly lookUpsPerSecond?: number;
  /** Milliseconds, any origin; for tests. */
  readonly nowMs?: () => number;
}

export interface ContainerTableStats {
  readonly groups: number;
  readonly dead: number;
  readonly containers: number;
  /** Groups forgotten because the table was full. */
  readonly evicted: number;
  /** Groups that had to be looked up, and those of them that could not be found. */
  readonly lookedUp: number;
  readonly notFound: number;
  readonly throttled: number;
  /** Containers of which is known what they were made of. */
  readonly described: number;
}

/**
 * Control groups by cgroup v2 id. Filled from mkdir records, the start-up walk and records of the scan; a group that none of
 * them named is looked up through a process in it.
 */
export class ContainerTable {
  readonly #groups = new Map<number, CgroupInfo>();
  /** Removed groups, oldest first. */
  readonly #dead = new Map<number, CgroupInfo>();
  /** One object for all groups of a container. */
  readonly #containers = new Map<
    string,
    { container: Container; groups: number; asked: number; askAgainMs: number }
  >();
  /** Told of containers that have no group yet. */
  readonly #ahead = new Map<string, ContainerFacts>();
  readonly #capacity: number;
  readonly #deadCapacity: number;
  readonly #lookUp: ((pid: number) => ByteString | null) | null;
  readonly #onFound: ((id: number, path: ByteString) => void) | null;
  readonly #describe: ContainerTableOptions['describe'];
  readonly #onDescribed: ContainerTableOptions['onDescribed'];
  readonly #lookUpsPerSecond: number;
  readonly #nowMs: () => number;
  #version = 0;
  #second = -1;
  #used = 0;
  #evicted = 0;
  #lookedUp = 0;
  #notFound = 0;
  #throttled = 0;

  constructor(options: ContainerTableOptions = {}) {
    this.#capacity = options.capacity ?? 65_536;
    this.#deadCapacity = options.deadCapacity ?? 4_096;
    this.#lookUp = options.lookUp ?? null;
    this.#onFound = options.onFound ?? null;
    this.#describe = options.describe;
    this.#onDescribed = options.onDescribed;
    this.#lookUpsPerSecond = options.lookUpsPerSecond ?? 50;
    this.#nowMs = options.nowMs ?? (() => performance.now());
  }

  /** Takes one record into account; those of other kinds are none of its business. */
  apply(record: RecordCursor): void {
    if (record.kind === KIND.CGROUP_MKDIR) {
      const path = record.string(STRING.cgroup_change.path);
      if (path !== null) this.told(record.u64(AT.cgroup_change.id), path);
    } else if (record.kind === KIND.CGROUP_RMDIR) {
      this.remove(record.u64(AT.cgroup_change.id));
    } else if (record.kind === KIND.CONTAINER_FACTS) {
      const id = record.string(STRING.container_facts.id);
      const text = record.string(STRING.container_facts.facts);
      if (id !== null && text !== null) this.#told(id, factsFromText(text));
    }
  }

  /** Of a container whose group is made by a later record of a capture, too: what was learnt goes before the batch. */
  #told(id: string, facts: ContainerFacts | null): void {
    const known = this.#containers.get(id);
    if (known !== undefined) known.container.facts = facts;
    else if (facts !== null && this.#ahead.size < this.#deadCapacity) this.#ahead.set(id, facts);
  }

  /** A record says that a group exists under this path. */
  told(id: number, path: ByteString): void {
    if (path.length < PATH_MAX) this.note(id, path);
  }

  /** A group exists under this path. */
  note(id: number, path: ByteString): CgroupInfo {
    const known = this.#groups.get(id);
    if (known?.path === path) return known;
    if (known) this.#forget(known);
    else if (this.#groups.size >= this.#capacity) this.#evictOldest();
    const identity = identifyCgroup(path);
    const info: CgroupInfo = {
      path,
      container: identity === null ? null : this.#container(identity),
      podUid: identity?.podUid ?? podOfCgroup(path),
    };
    this.#groups.set(id, info);
    this.#dead.delete(id);
    if (info.container) this.#version++;
    return info;
  }

  /** The group was removed; it is remembered for a while. */
  remove(id: number): void {
    const info = this.#groups.get(id);
    if (!info) return;
    this.#groups.delete(id);
    this.#forget(info);
    this.#dead.set(id, info);
    if (this.#dead.size > this.#deadCapacity) {
      const oldest = this.#dead.keys().next();
      if (!oldest.done) this.#dead.delete(oldest.value);
    }
  }

  /**
   * The group of an event, or null when it cannot be found.
   *
   * @param pid - A process in it, to look an unknown group up.
   */
  find(id: number, pid: number): CgroupInfo | null {
    return this.#groups.get(id) ?? this.#dead.get(id) ?? this.#search(id, pid);
  }

  /**
   * Finds out what a container was made of; null when that cannot be found, or not yet.
   *
   * @param pids - Processes from one of the container upwards.
   */
  learn(container: Container, pids: () => readonly number[]): ContainerFacts | null {
    const known = this.#containers.get(container.fullId);
    if (this.#describe === undefined || known === undefined || this.#nowMs() < known.askAgainMs)
      return null;
    if (!this.#mayLook()) return null;
    known.askAgainMs = this.#nowMs() + Math.min(1000 * 2 ** known.asked++, ASK_AGAIN_MAX_MS);
    const facts = this.#describe(pids(), container.fullId);
    if (facts === null) return null;
    container.facts = facts;
    this.#onDescribed?.(container.fullId, facts);
    return facts;
  }

  /** What is known of containers that exist now. */
  *facts(): Generator<readonly [id: string, facts: ContainerFacts]> {
    for (const [id, { container }] of this.#containers)
      if (container.facts !== null) yield [id, container.facts];
  }

  /** Rises whenever a group of a container comes or goes. */
  get version(): number {
    return this.#version;
  }

  /** Groups that exist now: cgroup v2 id, path from the root of the hierarchy. */
  *groups(): Generator<readonly [id: number, path: ByteString]> {
    for (const [id, { path }] of this.#groups) yield [id, path];
  }

  /** Groups that were removed and are still remembered. */
  *removedGroups(): Generator<readonly [id: number, path: ByteString]> {
    for (const [id, { path }] of this.#dead) yield [id, path];
  }

  /** Groups of containers that exist now: cgroup v2 id, first 12 characters of the container's id. */
  *containerGroups(): Generator<readonly [id: number, containerId: string]> {
    for (const [id, { container }] of this.#groups) if (container) yield [id, container.id];
  }

  stats(): ContainerTableStats {
    return {
      groups: this.#groups.size,
      dead: this.#dead.size,
      containers: this.#containers.size,
      evicted: this.#evicted,
      lookedUp: this.#lookedUp,
      notFound: this.#notFound,
      throttled: this.#throttled,
      described: [...this.facts()].length,
    };
  }

  #search(id: number, pid: number): CgroupInfo | null {
    if (this.#lookUp === null || !this.#mayLook()) return null;
    this.#lookedUp++;
    const path = this.#lookUp(pid);
    if (path === null) {
      this.#notFound++;
      return null;
    }
    this.#onFound?.(id, path);
    return this.note(id, path);
  }

  /** Within this second's allowance? */
  #mayLook(): boolean {
    const second = Math.floor(this.#nowMs() / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#used = 0;
    }
    if (this.#used < this.#lookUpsPerSecond) {
      this.#used++;
      return true;
    }
    this.#throttled++;
    return false;
  }

  #container(identity: { id: string; runtime: string; podUid: string | null }): Container {
    const known = this.#containers.get(identity.id);
    if (known) {
      known.groups++;
      return known.container;
    }
    const container: Container = {
      id: identity.id.slice(0, 12),
      fullId: identity.id,
      runtime: identity.runtime,
      podUid: identity.podUid,
      facts: this.#ahead.get(identity.id) ?? null,
    };
    this.#ahead.delete(identity.id);
    this.#containers.set(identity.id, { container, groups: 1, asked: 0, askAgainMs: 0 });
    return container;
  }

  #forget(info: CgroupInfo): void {
    if (info.container === null) return;
    this.#version++;
    const entry = this.#containers.get(info.container.fullId);
    if (entry && --entry.groups === 0) this.#containers.delete(info.container.fullId);
  }

  #evictOldest(): void {
    const oldest = this.#groups.entries().next();
    if (oldest.done) return;
    const [id, info] = oldest.value;
    this.#groups.delete(id);
    this.#forget(info);
    this.#evicted++;
  }
}
