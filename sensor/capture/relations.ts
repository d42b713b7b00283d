import { KIND } from '../events/index.js';
import type { Identity, Relations, SocketEntry } from '../identity/index.js';

/**
 * What no record says and identity knows all the same; little endian. A relation:
 *
 *     0  u32  pid        4  u32  pid of whom it was born, 0: not known     8  u32  pid of the reaper, 0: none
 *    12  u32  flags     16  u64  start                                    24  u64  start of whom it was born
 *    32  u64  start of the reaper                                         40  u64  when it ended, 0: it runs
 *
 * Times count boot-clock nanoseconds. The one flag, 1: its program is not known.
 */
const RELATION = 48;

/** A socket: u64 cookie, u32 hash of its peer, u32 role. */
const SOCKET = 16;

const ROLE_MAX = 2;

/** In blocks of at most this many, so that none passes the limit of a block. */
const PER_BLOCK = 65_536;

export function* relationsBytes({ processes }: Identity): Generator<Buffer> {
  const all: Relations[] = [];
  processes.forEach((row) => {
    const relations = processes.relations(row);
    if (relations !== null) all.push(relations);
  });
  for (let from = 0; from < all.length; from += PER_BLOCK) {
    const some = all.slice(from, from + PER_BLOCK);
    const bytes = Buffer.alloc(some.length * RELATION);
    some.forEach((of, i) => {
      const at = i * RELATION;
      bytes.writeUInt32LE(of.pid, at);
      bytes.writeUInt32LE(of.birthPid, at + 4);
      bytes.writeUInt32LE(of.reaperPid, at + 8);
      bytes.writeUInt32LE(of.bare ? 1 : 0, at + 12);
      bytes.writeUInt32LE(of.startLow, at + 16);
      bytes.writeUInt32LE(of.startHigh, at + 20);
      bytes.writeUInt32LE(of.birthLow, at + 24);
      bytes.writeUInt32LE(of.birthHigh, at + 28);
      bytes.writeUInt32LE(of.reaperLow, at + 32);
      bytes.writeUInt32LE(of.reaperHigh, at + 36);
      bytes.writeBigUInt64LE(BigInt(of.exitNs), at + 40);
    });
    yield bytes;
  }
}

/** @throws Error that says what is wrong. */
export function parseRelations(bytes: Buffer): Relations[] {
  return entries(bytes, RELATION, (at) => ({
    pid: bytes.readUInt32LE(at),
    startLow: bytes.readUInt32LE(at + 16),
    startHigh: bytes.readUInt32LE(at + 20),
    birthPid: bytes.readUInt32LE(at + 4),
    birthLow: bytes.readUInt32LE(at + 24),
    birthHigh: bytes.readUInt32LE(at + 28),
    exitNs: Number(bytes.readBigUInt64LE(at + 40)),
    reaperPid: bytes.readUInt32LE(at + 8),
    reaperLow: bytes.readUInt32LE(at + 32),
    reaperHigh: bytes.readUInt32LE(at + 36),
    bare: (bytes.readUInt32LE(at + 12) & 1) === 1,
  }));
}

const NET_KINDS: readonly number[] = [KIND.NET_CONNECT, KIND.NET_SEND, KIND.NET_BIND];

/** @param before - As it was before the record that identity stands on. */
export function socketBytes({ event }: Identity, before: boolean): Buffer {
  const all = [...event.sockets.entries(before && NET_KINDS.includes(event.kind))];
  const bytes = Buffer.alloc(all.length * SOCKET);
  all.forEach(({ cookie, role, peer }, i) => {
    bytes.writeBigUInt64LE(BigInt(cookie), i * SOCKET);
    bytes.writeUInt32LE(peer, i * SOCKET + 8);
    bytes.writeUInt32LE(role, i * SOCKET + 12);
  });
  return bytes;
}

/** @throws Error that says what is wrong. */
export function parseSockets(bytes: Buffer): SocketEntry[] {
  return entries(bytes, SOCKET, (at) => {
    const role = bytes.readUInt32LE(at + 12);
    if (role > ROLE_MAX) throw new Error(`a socket has role ${role}`);
    return { cookie: Number(bytes.readBigUInt64LE(at)), role, peer: bytes.readUInt32LE(at + 8) };
  });
}

function entries<T>(bytes: Buffer, size: number, read: (at: number) => T): T[] {
  if (bytes.length % size !== 0 || bytes.length > PER_BLOCK * size)
    throw new Error(`${bytes.length} bytes are no list of ${size} each`);
  return Array.from({ length: bytes.length / size }, (_, i) => read(i * size));
}
