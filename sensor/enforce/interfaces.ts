import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from '../core/index.js';
import {
  isNativeFault,
  native,
  type CgroupScope,
  type Link,
  type TcFilter,
  type TcxLink,
} from '../kernel/index.js';
import type { Pins } from './pins.js';

/** Which way our program stands on an interface. */
export type Side =
  /** Ingress of the host end of a veth: what the pod sends. */
  | 'pod'
  /** Egress of an interface of this host: what its own processes send. */
  | 'wire';

/** An interface at which packets are judged, or should be. */
export interface InterfaceStatus {
  readonly name: string;
  readonly side: Side;
  readonly means: 'tcx' | 'clsact' | null;
  /** Why packets are not judged there, or not all; null: they are. */
  readonly fault: string | null;
}

export interface InterfaceOptions {
  readonly scope: CgroupScope | null;
  /** Also these, by name. */
  readonly named: readonly string[];
  readonly programs: Readonly<Record<Side, { readonly fd: number; readonly id: number }>>;
  /** Where links are pinned, so that they outlive this process; null: they do not. */
  readonly pins: Pins | null;
  readonly logger: Logger;
}

/** A filter of ours: where it stands. */
export interface OwnFilter {
  readonly index: number;
  readonly ingress: boolean;
  readonly priority: number;
}

interface Attached extends InterfaceStatus {
  readonly index: number;
  readonly link: TcxLink | null;
  readonly filter: {
    readonly ingress: boolean;
    readonly priority: number;
    readonly madeClsact: boolean;
  } | null;
}

/**
 * Names of our filters: a predecessor that was killed is known by them. Those it meant to stay (`on_exit: keep`) have the
 * second. `+`: it made the clsact, too.
 */
const FILTER_NAME = 'saker_enforce';
const KEPT_FILTER_NAME = 'saker_kept';
const FILTER_HANDLE = 0x5a4b;

const EEXIST = 17;
const EINVAL = 22;
const ENODEV = 19;

/**
 * Our programs on network interfaces: tcx links, or clsact filters where the kernel has none. Attaches to veths in our own
 * network namespace whose other end holds a process in scope, and to those named; takes all off again. Foreign programs stay
 * where they are, in their order; ours is the first and lets everything go on that it does not stop.
 */
export class Interfaces {
  readonly #options: InterfaceOptions;
  readonly #attached = new Map<number, Attached>();
  #tcx = true;

  constructor(options: InterfaceOptions) {
    this.#options = options;
  }

  /** Looks at all links and attaches where it should. Cheap when nothing changed. */
  reconcile(): void {
    const links = native().sys.links();
    const present = new Set(links.map(({ index }) => index));
    for (const [index, attached] of this.#attached) {
      if (!present.has(index)) this.#forget(attached);
      else if (attached.fault !== null || !this.#stands(attached)) this.#detach(attached);
    }
    for (const { link, side } of this.#wanted(links)) {
      if (!this.#attached.has(link.index)) this.#attached.set(link.index, this.#attach(link, side));
    }
  }

  status(): InterfaceStatus[] {
    const attached = [...this.#attached.values()];
    const missing = this.#options.named.filter(
      (name) => !attached.some((one) => one.name === name),
    );
    return [
      ...attached.map((one) => {
        const { name, side, means } = one;
        return { name, side, means, fault: one.fault ?? this.#ahead(one) };
      }),
      ...missing.map((name) => ({
        name,
        side: 'wire' as const,
        means: null,
        fault: 'there is no such interface',
      })),
    ];
  }

  ownFilters(): OwnFilter[] {
    return [...this.#attached.values()].flatMap(({ index, filter }) =>
      filter === null ? [] : [{ index, ingress: filter.ingress, priority: filter.priority }],
    );
  }

  /** Takes all off. */
  close(): void {
    for (const attached of this.#attached.values()) this.#detach(attached);
  }

  /** Leaves them where they are: what is pinned, and filters, outlive this process. */
  leave(): void {
    for (const { link } of this.#attached.values()) link?.close();
    this.#attached.clear();
  }

  *#wanted(links: readonly Link[]): Iterable<{ link: Link; side: Side }> {
    const { named, scope } = this.#options;
    const candidates = links.filter(({ kind, peerNsid }) => kind === 'veth' && peerNsid >= 0);
    const open = candidates.filter(({ index }) => !this.#attached.has(index));
    // Walking the scope's processes is only worth it while some veth is not ours.
    const nsids = scope === null || open.length === 0 ? null : scopeNsids(scope);
    for (const link of links) {
      const foreign = candidates.includes(link);
      if (named.includes(link.name)) yield { link, side: foreign ? 'pod' : 'wire' };
      else if (foreign && (scope === null || nsids?.has(link.peerNsid) === true))
        yield { link, side: 'pod' };
    }
  }

  #attach({ index, name }: Link, side: Side): Attached {
    const ingress = side === 'pod';
    const program = this.#options.programs[side].fd;
    try {
      if (this.#tcx) {
        try {
          const link = new (native().bpf.TcxLink)(program, index, ingress);
          this.#options.pins?.add(pinOf(index), link);
          return { index, name, side, means: 'tcx', fault: null, link, filter: null };
        } catch (error) {
          if (!isNativeFault(error) || error.errno !== EINVAL) throw error;
          this.#tcx = false; // before 6.6
        }
      }
      const filter = this.#addFilter(index, ingress, program);
      return { index, name, side, means: 'clsact', fault: null, link: null, filter };
    } catch (error) {
      const fault = error instanceof Error ? error.message : String(error);
      if (!isNativeFault(error) || error.errno !== ENODEV) {
        this.#options.logger.warn('packets of an interface are not judged', {
          interface: name,
          fault,
        });
      }
      return { index, name, side, means: null, fault, link: null, filter: null };
    }
  }

  #addFilter(index: number, ingress: boolean, program: number): Attached['filter'] {
    const { sys } = native();
    // One of ours that made it, and will go, hands the duty to remove it on.
    const madeClsact = sys.addClsact(index) || oursOf(index).some(({ name }) => name.endsWith('+'));
    const foreign = sys.filters(index, ingress).map(({ priority }) => priority);
    // Before all others: what a CNI's program accepts or redirects, nobody after it sees.
    const lowest = Math.min(0xc000, ...foreign);
    const ownName = this.#options.pins === null ? FILTER_NAME : KEPT_FILTER_NAME;
    const priority = lowest > 1 ? lowest - 1 : 1;
    try {
      sys.addFilter(
        index,
        ingress,
        priority,
        FILTER_HANDLE,
        program,
        madeClsact ? `${ownName}+` : ownName,
      );
    } catch (error) {
      if (!isNativeFault(error) || error.errno !== EEXIST) throw error;
      throw new Error(`priority ${priority} is taken by a filter that cannot share it`, {
        cause: error,
      });
    }
    return { ingress, priority, madeClsact };
  }

  /** A clsact filter can be removed by anyone with CAP_NET_ADMIN here, a tcx link be detached by root. */
  #stands({ index, side, filter, name }: Attached): boolean {
    const { bpf, sys } = native();
    const found =
      filter === null
        ? bpf.tcxPrograms(index, side === 'pod').includes(this.#options.programs[side].id)
        : sys
            .filters(index, filter.ingress)
            .some((one) => isOurs(one) && one.priority === filter.priority);
    if (!found)
      this.#options.logger.warn('somebody removed our filter; it is put back', { interface: name });
    return found;
  }

  /** Somebody's program before ours ends a packet's way when it accepts or redirects it: ours does not see it then. */
  #ahead({ index, side, filter }: Attached): string | null {
    const { bpf, sys } = native();
    try {
      if (filter !== null) {
        const first = sys
          .filters(index, filter.ingress)
          .find((one) => !isOurs(one) && one.priority < filter.priority);
        return first === undefined ? null : behind(`a filter of priority ${first.priority}`);
      }
      const [first] = bpf.tcxPrograms(index, side === 'pod');
      if (first === undefined || first === this.#options.programs[side].id) return null;
      return behind(`program ${first}`);
    } catch (error) {
      if (isNativeFault(error)) return null; // the interface has gone meanwhile
      throw error;
    }
  }

  #detach(attached: Attached): void {
    const { index, link, filter, name } = attached;
    try {
      if (link !== null) this.#options.pins?.drop(pinOf(index));
      link?.close();
      if (filter) {
        native().sys.deleteFilter(index, filter.ingress, filter.priority, FILTER_HANDLE);
        if (filter.madeClsact) dropEmptyClsact(index);
      }
    } catch (error) {
      this.#options.logger.warn('a filter could not be removed', {
        interface: name,
        error: String(error),
      });
    }
    this.#attached.delete(index);
  }

  #forget({ index, link }: Attached): void {
    if (link !== null) this.#options.pins?.drop(pinOf(index));
    link?.close();
    this.#attached.delete(index);
  }
}

function behind(who: string): string {
  return `${who} of somebody else runs first, and what it accepts or redirects is not seen`;
}

function pinOf(index: number): string {
  return `interface-${index}`;
}

function isOurs({ kind, name, handle }: TcFilter): boolean {
  return (
    kind === 'bpf' &&
    handle === FILTER_HANDLE &&
    (name.startsWith(FILTER_NAME) || name.startsWith(KEPT_FILTER_NAME))
  );
}

function oursOf(index: number): TcFilter[] {
  const { sys } = native();
  return [...sys.filters(index, true), ...sys.filters(index, false)].filter(isOurs);
}

/** Only ours may go: another's filters make the clsact theirs. */
function dropEmptyClsact(index: number): void {
  const { sys } = native();
  if (sys.filters(index, true).length + sys.filters(index, false).length === 0)
    sys.deleteClsact(index);
}

/**
 * Removes filters that a sensor left: clsact filters outlive a SIGKILL. They are inert by then, their heartbeat has stopped;
 * or they were meant to stay.
 *
 * @param options.kept - Also those that were meant to stay.
 * @param options.except - Filters of a machine of our own.
 * @returns names of the interfaces that had some.
 */
export function removeLeftovers({
  kept,
  except = [],
}: {
  readonly kept: boolean;
  readonly except?: readonly OwnFilter[];
}): string[] {
  const { sys } = native();
  const names = new Set<string>();
  for (const { index, name } of sys.links()) {
    for (const ingress of [true, false]) {
      for (const filter of sys.filters(index, ingress)) {
        if (!isOurs(filter) || (!kept && filter.name.startsWith(KEPT_FILTER_NAME))) continue;
        const isExcepted = (own: OwnFilter): boolean =>
          own.index === index && own.ingress === ingress && own.priority === filter.priority;
        if (except.some(isExcepted)) continue;
        sys.deleteFilter(index, ingress, filter.priority, filter.handle);
        if (filter.name.endsWith('+')) dropEmptyClsact(index);
        names.add(name);
      }
    }
  }
  return [...names];
}

/** Numbers that our network namespace has for those in which the scope's processes live. */
function scopeNsids(scope: CgroupScope): Set<number> {
  const nsids = new Set<number>();
  const seen = new Set<string>([readlinkSync('/proc/self/ns/net')]);
  for (const pid of processesOf(scope.path)) {
    const path = `/proc/${pid}/ns/net`;
    try {
      const name = readlinkSync(path);
      if (seen.has(name)) continue;
      seen.add(name);
      const nsid = native().sys.nsidOf(path);
      if (nsid >= 0) nsids.add(nsid);
    } catch {
      // The process has left meanwhile.
    }
  }
  return nsids;
}

function* processesOf(folder: string): Iterable<string> {
  try {
    yield* readFileSync(join(folder, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean);
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (entry.isDirectory()) yield* processesOf(join(folder, entry.name));
    }
  } catch {
    // The group has gone meanwhile.
  }
}
