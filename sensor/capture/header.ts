import type { ByteString } from '../core/index.js';
import { MAX_PAYLOAD } from './block.js';
import { LAYOUT, parseLayout, type RecordLayout } from './layout.js';

/** What fields need to know about the machine that made the records; what is read elsewhere would be another's. */
export interface MachineFacts {
  /** As `process.arch`: which table the numbers of system calls belong to. */
  readonly arch: string;
  /** Release of the kernel. */
  readonly kernel: string;
  readonly hostname: string;
  /** Of its interfaces. */
  readonly addresses: readonly string[];
  /** From passwd(5) and group(5) when the session began. */
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
  readonly layout: RecordLayout;
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
  const { machine } = header;
  const bytes = Buffer.from(
    JSON.stringify({
      ...header,
      clockOffsetNs: header.clockOffsetNs.toString(),
      machine: {
        ...machine,
        users: machine.users.filter(isShort).slice(0, MAX_NAMES),
        groups: machine.groups.filter(isShort).slice(0, MAX_NAMES),
      },
      layout: LAYOUT,
    }),
  );
  if (bytes.length <= MAX_PAYLOAD) return bytes;
  return headerBytes({ ...header, machine: { ...machine, users: [], groups: [] } });
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
      users: rows(machine['users']).map((row) => {
        const [uid, name, home, shell] = rows(row);
        return [id(uid), text(name), text(home), text(shell)] as const;
      }),
      groups: rows(machine['groups']).map((row) => {
        const [gid, name] = rows(row);
        return [id(gid), text(name)] as const;
      }),
    },
    clockOffsetNs: nanoseconds(text(header['clockOffsetNs'])),
    scope: header['scope'] === null ? null : text(header['scope']),
    layout: parseLayout(header['layout']),
  };
}

/** @throws Error when it is something else. */
export function parseLoss(payload: Buffer): CaptureLoss {
  const lost: Record<string, Record<string, number>> = {};
  for (const [kind, causes] of Object.entries(
    record(record(JSON.parse(payload.toString()))['lost']),
  ))
    for (const [cause, count] of Object.entries(record(causes)))
      if (typeof count === 'number') (lost[kind] ??= {})[cause] = count;
  return { lost };
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
