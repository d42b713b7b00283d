import type { ByteString } from '../core/index.js';
import { MAX_PAYLOAD } from './block.js';
import { LAYOUT, parseLayout, type RecordLayout } from './layout.js';

/** What fields need to know about the machine that made the records; what is read elsewhere would be another's. */
export interface MachineFacts extends MachineNames {
  /** As `process.arch`: which table the numbers of system calls belong to. */
  readonly arch: string;
  /** Release of the kernel. */
  readonly kernel: string;
  /** As alerts name it, and `evt.hostname`. */
  readonly hostname: string;
  /** Of its interfaces. */
  readonly addresses: readonly string[];
}

/** From passwd(5) and group(5). */
export interface MachineNames {
  readonly users: readonly (readonly [
    uid: number,
    name: ByteString,
    home: ByteString,
    shell: ByteString,
  ])[];
  readonly groups: readonly (readonly [gid: number, name: ByteString])[];
}

/** What a session begins with. */
export interface CaptureHeader {
  /** Program and version that wrote it. */
  readonly producer: string;
  readonly machine: MachineFacts;
  /** Nanoseconds since the epoch minus nanoseconds since boot, when the session began. */
  readonly clockOffsetNs: bigint;
  /** Path of the cgroup that was watched; null: the whole host. */
  readonly scope: string | null;
  /** Events that the recording sensor had counted before (`evt.num`), and the boot-clock time of its first; null: none yet. */
  readonly events: { readonly count: number; readonly firstNs: bigint | null };
  /** Values of `static.*`, from the sensor's configuration. Text (UTF-8). */
  readonly staticFields: Readonly<Record<string, string>>;
  readonly layout: RecordLayout;
}

/** Verdicts name their rule by a number: what the numbers of one generation mean. */
export interface CapturedRules {
  readonly generation: number;
  /** Names of the rules with an action, by index in the set. */
  readonly actions: ReadonlyMap<number, string>;
}

/** What never came into the capture, by kind of event and cause, since the session began. */
export interface CaptureLoss {
  readonly lost: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

/** Architectures with tables of system calls. */
const ARCHES = ['x64', 'arm64'];

/** Users and groups beyond this are left out: a header has a bounded size. */
const MAX_NAMES = 20_000;
const MAX_TEXT = 4096;

/** Names that no reader would take are left out, all of them where they would not fit. */
export function headerBytes(header: Omit<CaptureHeader, 'layout'>): Buffer {
  const { machine, events } = header;
  const bytes = Buffer.from(
    JSON.stringify({
      ...header,
      clockOffsetNs: header.clockOffsetNs.toString(),
      machine: { ...machine, ...readableNames(machine) },
      events: { count: events.count, firstNs: events.firstNs?.toString() ?? null },
      layout: LAYOUT,
    }),
  );
  if (bytes.length <= MAX_PAYLOAD) return bytes;
  return headerBytes({ ...header, machine: { ...machine, users: [], groups: [] } });
}

/** Users and groups as a block of their own; null where they would not fit. */
export function namesBytes(names: MachineNames): Buffer | null {
  const bytes = Buffer.from(JSON.stringify(readableNames(names)));
  return bytes.length <= MAX_PAYLOAD ? bytes : null;
}

function readableNames({ users, groups }: MachineNames): MachineNames {
  return {
    users: users.filter(isShort).slice(0, MAX_NAMES),
    groups: groups.filter(isShort).slice(0, MAX_NAMES),
  };
}

/** Rules without a readable name are left out: no reader would take them. */
export function rulesBytes({ generation, actions }: CapturedRules): Buffer {
  return Buffer.from(
    JSON.stringify({ generation, actions: [...actions].filter(isShort).slice(0, MAX_NAMES) }),
  );
}

function isShort(row: readonly (number | string)[]): boolean {
  return row.every((cell) => typeof cell === 'number' || cell.length <= MAX_TEXT);
}

/** @throws Error that says what is wrong. */
export function parseHeader(payload: Buffer): CaptureHeader {
  const header = record(JSON.parse(payload.toString('utf8')));
  const machine = record(header['machine']);
  const arch = text(machine['arch']);
  if (!ARCHES.includes(arch)) throw new Error(`no system calls of ${arch} are known`);
  return {
    producer: text(header['producer']),
    machine: {
      arch,
      kernel: text(machine['kernel']),
      hostname: text(machine['hostname']),
      addresses: rows(machine['addresses']).map(text),
      ...namesOf(machine),
    },
    clockOffsetNs: nanoseconds(text(header['clockOffsetNs'])),
    scope: header['scope'] === null ? null : text(header['scope']),
    events: eventsBefore(header['events']),
    staticFields: Object.fromEntries(
      Object.entries(record(header['staticFields'] ?? {})).map(([name, value]) => [
        name,
        text(value),
      ]),
    ),
    layout: parseLayout(header['layout']),
  };
}

/** Earlier builds did not write them down. */
function eventsBefore(value: unknown): CaptureHeader['events'] {
  if (value === undefined) return { count: 0, firstNs: null };
  const { count, firstNs } = record(value);
  return { count: id(count), firstNs: firstNs === null ? null : nanoseconds(text(firstNs)) };
}

function namesOf(value: Record<string, unknown>): MachineNames {
  return {
    users: rows(value['users']).map((row) => {
      const [uid, name, home, shell] = rows(row);
      return [id(uid), text(name), text(home), text(shell)] as const;
    }),
    groups: rows(value['groups']).map((row) => {
      const [gid, name] = rows(row);
      return [id(gid), text(name)] as const;
    }),
  };
}

/** @throws Error that says what is wrong. */
export function parseNames(payload: Buffer): MachineNames {
  return namesOf(record(JSON.parse(payload.toString('utf8'))));
}

/** @throws Error that says what is wrong. */
export function parseRules(payload: Buffer): CapturedRules {
  const { generation, actions } = record(JSON.parse(payload.toString('utf8')));
  return {
    generation: id(generation),
    actions: new Map(
      rows(actions).map((row) => {
        const [index, name] = rows(row);
        return [id(index), text(name)] as const;
      }),
    ),
  };
}

/** @throws Error when it is something else. */
export function parseLoss(payload: Buffer): CaptureLoss {
  const lost: Record<string, Record<string, number>> = bare();
  for (const [kind, causes] of Object.entries(
    record(record(JSON.parse(payload.toString()))['lost']),
  ))
    for (const [cause, count] of Object.entries(record(causes)))
      if (typeof count === 'number') (lost[kind] ??= bare())[cause] = count;
  return { lost };
}

/** An object without a prototype: a file may name a member `__proto__`. */
function bare<T>(): Record<string, T> {
  return Object.create(null) as Record<string, T>;
}

function record(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Error('an object is missing');
  return value as Record<string, unknown>;
}

function rows(value: unknown): unknown[] {
  if (!Array.isArray(value) || value.length > MAX_NAMES)
    throw new Error('a list is missing or too long');
  return value;
}

function text(value: unknown): string {
  if (typeof value !== 'string' || value.length > MAX_TEXT)
    throw new Error('a text is missing or too long');
  return value;
}

function id(value: unknown): number {
  if (typeof value !== 'number' || !Number.isInteger(value)) throw new Error('an id is missing');
  return value;
}

/** A 64-bit number. */
function nanoseconds(value: string): bigint {
  if (!/^-?\d{1,19}$/.test(value)) throw new Error('a time is missing');
  return BigInt.asIntN(64, BigInt(value));
}
