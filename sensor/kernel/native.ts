import { createRequire } from 'node:module';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot, type ByteString, SakerError } from '../core/index.js';

/** What the addon throws: facts, not words. */
export interface NativeFault extends Error {
  /** E.g. `BPF_LOAD`. */
  readonly code: string;
  /** Positive; 0 when it is not the kernel's. */
  readonly errno: number;
  /** Only of programs: the one it is about; may be empty. */
  readonly program?: string;
  /** Only of programs: last lines of libbpf and the verifier. */
  readonly log?: readonly string[];
}

export interface MapInfo {
  readonly name: string;
  /** `enum bpf_map_type`. */
  readonly type: number;
  readonly id: number;
  readonly keySize: number;
  readonly valueSize: number;
  /** Bytes a value takes in user space: per-CPU maps have a slot for each possible CPU. */
  readonly valueBytes: number;
  readonly maxEntries: number;
  readonly flags: number;
  /** Descriptor, valid in every thread of the process while this map is open. */
  readonly fd: number;
}

/** One BPF map, by a descriptor of its own. Keys and values are raw bytes of exactly the map's sizes. */
export interface BpfMap {
  /** Fills `value`; false when there is no such key. */
  lookup(key: Uint8Array, value: Uint8Array): boolean;
  /** As `lookup`, and removes it in the same step. */
  take(key: Uint8Array, value: Uint8Array): boolean;
  /** `flags` as in bpf(2): 0 any, 1 the key must be new, 2 it must exist. */
  update(key: Uint8Array, value: Uint8Array, flags?: number | bigint): void;
  updateBatch(keys: Uint8Array, values: Uint8Array, count: number): void;
  /** False when there was none. */
  delete(key: Uint8Array): boolean;
  /** How many there were. */
  deleteBatch(keys: Uint8Array, count: number): number;
  /** Fills `next`; null starts over; false after the last. */
  nextKey(key: Uint8Array | null, next: Uint8Array): boolean;
  /** All of it, packed. While others write, elements may be missed or come twice. */
  entries(): { readonly keys: Uint8Array; readonly values: Uint8Array; readonly count: number };
  /** Puts a map into this map of maps. */
  setInner(key: Uint8Array, inner: BpfMap): void;
  /** On the BPF file system: the map lives as long as the pin. */
  pin(path: string): void;
  info(): MapInfo;
  close(): void;
}

export interface MapOptions {
  readonly type: number;
  readonly name: string;
  readonly keySize: number;
  readonly valueSize: number;
  readonly maxEntries: number;
  readonly flags?: number;
  /** What the elements of a map of maps look like. */
  readonly inner?: BpfMap;
}

export interface ProgramInfo {
  readonly id: number;
  readonly runCount: number;
  readonly runTimeNs: number;
  readonly recursionMisses: number;
  /** Of kprobes and kretprobes; null where the kernel does not tell (before 6.7). */
  readonly missed: number | null;
}

/** One object file. Until `load` it is adjusted; closing it detaches all it attached. */
export interface ProbeSet {
  programs(): readonly { readonly name: string; readonly section: string }[];
  maps(): readonly Omit<MapInfo, 'id' | 'valueBytes' | 'flags' | 'fd'>[];
  setAutoload(program: string, wanted: boolean): void;
  /** For a ring buffer: bytes. */
  setMapSize(map: string, maxEntries: number): void;
  setAutocreate(map: string, wanted: boolean): void;
  setInnerMap(map: string, prototype: BpfMap): void;
  reuseMap(map: string, existing: BpfMap): void;
  /** A `const volatile` global, by name. */
  setConstant(name: string, value: number | bigint | Uint8Array): void;
  load(): void;
  map(name: string): BpfMap;
  /** Where its section says. */
  attach(program: string): void;
  attachCgroup(program: string, path: string): void;
  detach(program: string, cgroup?: string): void;
  /** Pins every link in a folder of the BPF file system, by its program's name. */
  pinLinks(folder: string): void;
  /** Everything an iterator program writes; `map`: of programs over a map's elements. */
  iterate(program: string, map?: string): Uint8Array;
  programInfo(program: string): ProgramInfo;
  /** Valid while the set is open. */
  programFd(program: string): number;
  close(): void;
}

/** Merges ring buffers; see sensor/native/ring_reader.cc. */
export interface RingReader {
  /** `out` becomes: bytes written, 1 when more waits, records and malformed slots since it was opened. */
  drain(buffer: Uint8Array, out: Float64Array): void;
  pause(): void;
  resume(): void;
  close(): void;
}

export interface Pidfd {
  /** False when the process is gone; 0 asks only that. */
  signal(number: number): boolean;
  close(): void;
}

/** A link of our network namespace. */
export interface Link {
  readonly index: number;
  readonly name: string;
  /** `veth`, `bridge` …; empty for hardware. */
  readonly kind: string;
  readonly up: boolean;
  readonly peerIndex: number;
  /** Our number for the namespace the peer lies in; -1: ours, or there is no peer. */
  readonly peerNsid: number;
}

/** A filter on a device's clsact. */
export interface TcFilter {
  readonly priority: number;
  readonly handle: number;
  readonly kind: string;
  /** Of bpf filters only, as their maker named them. */
  readonly name: string;
  readonly programId: number;
}

/** Whole words of a mappable array map. */
export interface SharedWords {
  load(index: number): bigint;
  store(index: number, value: bigint): void;
  close(): void;
}

/** A program on a device. It stays until this is closed, or its pin removed, whichever comes last. */
export interface TcxLink extends Closeable {
  pin(path: string): void;
}

export interface Closeable {
  close(): void;
}

/** The addon's two doors. */
export interface Addon {
  readonly bpf: {
    readonly BpfMap: new (
      options:
        | MapOptions
        | { readonly fd: number }
        | { readonly pinned: string }
        | { readonly id: number },
    ) => BpfMap;
    readonly ProbeSet: new (path: string) => ProbeSet;
    readonly RingReader: new (
      rings: readonly BpfMap[],
      quietMs: number,
      safetyMs: number,
      onReady: () => void,
    ) => RingReader;
    readonly SharedWords: new (map: BpfMap) => SharedWords;
    /** A program first on a device until it is closed (6.6). */
    readonly TcxLink: new (programFd: number, ifindex: number, ingress: boolean) => TcxLink;
    /** Ids of the tcx programs on a device, in the order in which they run. */
    tcxPrograms(ifindex: number, ingress: boolean): readonly number[];
  };
  readonly sys: {
    /** Boot clock, wall clock, distance of the readings; nanoseconds. */
    clocks(out: BigInt64Array): void;
    cgroupId(path: string): bigint;
    readInRoot(
      root: string,
      path: string,
      maxBytes: number,
    ): { readonly bytes: Uint8Array; readonly truncated: boolean };
    /** Effective capabilities, bit n = number n. */
    capabilities(): bigint;
    uname(): {
      readonly release: string;
      readonly version: string;
      readonly machine: string;
      readonly nodename: string;
    };
    possibleCpus(): number;
    setThreadName(name: ByteString): void;
    readonly Pidfd: new (pid: number) => Pidfd;
    links(): readonly Link[];
    /** Our number for a network namespace (`/proc/PID/ns/net`); -1: it has none. */
    nsidOf(path: string): number;
    /** Tells when links of our namespace change; keeps no process alive. */
    readonly LinkWatch: new (onChange: () => void) => Closeable;
    /** True when it was made, false when there was one. */
    addClsact(ifindex: number): boolean;
    deleteClsact(ifindex: number): boolean;
    filters(ifindex: number, ingress: boolean): readonly TcFilter[];
    addFilter(
      ifindex: number,
      ingress: boolean,
      priority: number,
      handle: number,
      programFd: number,
      name: string,
    ): void;
    deleteFilter(ifindex: number, ingress: boolean, priority: number, handle: number): boolean;
  };
}

let addon: Addon | undefined;

/** The addon; loaded when first asked for, so that what needs no kernel (checking rules) needs no addon. */
export function native(): Addon {
  addon ??= load();
  return addon;
}

/** Tells the addon's faults from other errors. */
export function isNativeFault(error: unknown): error is NativeFault {
  return (
    typeof error === 'object' &&
    error !== null &&
    typeof (error as NativeFault).code === 'string' &&
    typeof (error as NativeFault).errno === 'number' &&
    typeof (error as NativeFault).message === 'string'
  );
}

function load(): Addon {
  const path = join(packageRoot(), 'build/native/saker.node');
  try {
    return createRequire(import.meta.url)(path) as Addon;
  } catch (cause) {
    const built = existsSync(path);
    throw new SakerError(
      'NO_ADDON',
      built ? `the native addon does not load: ${String(cause)}` : 'the native addon is not built',
      { hint: 'run "npm run build"; it needs g++ and libbpf-dev', cause },
    );
  }
}
