import { AT, KIND, type RecordCursor } from '../events/index.js';

const NET = AT.net_call;
const SOCK_STREAM = 1;
const EINPROGRESS = 115;

/** Which end of its connections a socket is. */
export const ROLE = { unknown: 0, client: 1, server: 2 } as const;

/** Ports from here on are given out by the kernel (net.ipv4.ip_local_port_range): a lower one was chosen. */
const EPHEMERAL_FROM = 32_768;

const SLOTS = 8192;

/** One socket: its cookie, which end it is (`ROLE`), a hash of whom a datagram last went to. */
export interface SocketEntry {
  readonly cookie: number;
  readonly role: number;
  readonly peer: number;
}

/**
 * What earlier calls said about sockets: who is client and server, and whom a datagram last went to. A cache, not a table: a
 * socket that falls out of it, or that is older than the sensor, is judged by its ports.
 *
 * @remarks Hot path. One call for every network record, before rules judge it.
 */
export class SocketMemory {
  readonly #cookies = new Float64Array(SLOTS);
  readonly #roles = new Uint8Array(SLOTS);
  readonly #peers = new Uint32Array(SLOTS);
  /** What the last record found in its slot. */
  #last = -1;
  #lastCookie = 0;
  #lastRole = 0;
  #lastPeer = 0;
  /** Role of the socket of the last record. */
  role: number = ROLE.unknown;
  /** Did the last record give its socket a new name? */
  nameChanged = false;

  apply(record: RecordCursor): void {
    const cookie = record.u64(NET.sock_cookie);
    const slot = this.#slot(cookie);
    const ret = record.i64(NET.ret);
    switch (record.kind) {
      case KIND.NET_CONNECT: {
        const connected = ret === 0 || ret === -EINPROGRESS;
        if (this.#roles[slot] === ROLE.unknown || connected) this.#roles[slot] = ROLE.client;
        this.role = ROLE.client;
        this.nameChanged = connected;
        if (connected) this.#peers[slot] = peerHash(record);
        return;
      }
      case KIND.NET_BIND: {
        const bound = ret === 0 && record.u16(NET.local_port) > 0;
        if (bound) this.#roles[slot] = ROLE.server;
        this.role = bound ? ROLE.server : ROLE.unknown;
        this.nameChanged = ret === 0;
        return;
      }
      default: {
        this.role = this.#roles[slot]! === ROLE.unknown ? roleByPorts(record) : this.#roles[slot]!;
        this.#roles[slot] = this.role;
        const peer = peerHash(record);
        this.nameChanged =
          record.u16(NET.type) !== SOCK_STREAM &&
          record.u16(NET.addr_family) !== 0 &&
          ret >= 0 &&
          this.#peers[slot] !== peer;
        if (this.nameChanged) this.#peers[slot] = peer;
      }
    }
  }

  /**
   * What is remembered, slot by slot.
   *
   * @param before - As it was before the last record of a socket: for a capture that begins with that record.
   */
  *entries(before: boolean): Generator<SocketEntry> {
    for (let slot = 0; slot < SLOTS; slot++) {
      const old = before && slot === this.#last;
      const cookie = old ? this.#lastCookie : this.#cookies[slot]!;
      const role = old ? this.#lastRole : this.#roles[slot]!;
      const peer = old ? this.#lastPeer : this.#peers[slot]!;
      if (cookie !== 0 && (role !== ROLE.unknown || peer !== 0)) yield { cookie, role, peer };
    }
  }

  /** Remembers what another one did. */
  restore(entries: Iterable<SocketEntry>): void {
    for (const { cookie, role, peer } of entries) {
      const slot = cookie % SLOTS;
      this.#cookies[slot] = cookie;
      this.#roles[slot] = role;
      this.#peers[slot] = peer;
    }
  }

  /** Slot of a socket; one that was another socket's is cleared. Without cookie: a slot that remembers nothing. */
  #slot(cookie: number): number {
    const slot = cookie % SLOTS;
    this.#last = slot;
    this.#lastCookie = this.#cookies[slot]!;
    this.#lastRole = this.#roles[slot]!;
    this.#lastPeer = this.#peers[slot]!;
    if (cookie === 0 || this.#cookies[slot] !== cookie) {
      this.#cookies[slot] = cookie;
      this.#roles[slot] = ROLE.unknown;
      this.#peers[slot] = 0;
    }
    return slot;
  }
}

/** A port below the range the kernel gives out was chosen by a server; when both or none were, the sender is the client. */
function roleByPorts(record: RecordCursor): number {
  const local = record.u16(NET.local_port);
  const remote = record.u16(NET.remote_port);
  return local > 0 && local < EPHEMERAL_FROM && remote >= EPHEMERAL_FROM
    ? ROLE.server
    : ROLE.client;
}

function peerHash(record: RecordCursor): number {
  let hash = record.u16(NET.remote_port) + 1;
  for (let at: number = NET.remote_addr; at < NET.remote_addr + 16; at += 4)
    hash = (Math.imul(hash, 0x01000193) ^ record.u32(at)) >>> 0;
  return hash;
}
