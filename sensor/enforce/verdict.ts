import type { ByteString } from '../core/bytes.js';
import type { Condition, Net, Rule } from '../lang/ir.js';
import { isMapped, mappedAddress } from './address.js';
import { inPorts, ROW, type CompiledSet } from './clauses.js';
import { readLeaf, type Protocol, type Test } from './predicates.js';

/** One attempt to send: who, and where to. */
export interface Flow {
  /** Resolved path of the executable; null: not known. */
  readonly exe: ByteString | null;
  /**
   * `claimed`: another program may lie under that path, in mounts that its user has put together. `untold`: a file that has no
   * path that can be told. Whatever may be true of either counts as true.
   */
  readonly exeIs?: 'named' | 'claimed' | 'untold';
  /** 12 characters, or `host`. */
  readonly containerId: string;
  readonly remote: Pick<Net, 'family' | 'address'>;
  readonly port: number;
  readonly protocol: Protocol;
}

/** The first rule that blocks and the first that would, as indexes into the rules; -1: none. */
export interface Verdict {
  readonly enforce: number;
  readonly audit: number;
}

/** What the rules say about a flow, read straight from their conditions: the meaning the kernel's tables must have. */
export function judge(rules: readonly Rule[], flow: Flow): Verdict {
  const verdict = { enforce: -1, audit: -1 };
  const doubtful = flow.exeIs === 'claimed' || flow.exeIs === 'untold';
  rules.forEach((rule, index) => {
    if (!rule.enabled || rule.action?.action !== 'block') return;
    const { mode } = rule.action;
    const value = fulfils(rule.condition, flow) ?? doubtful;
    if (verdict[mode] < 0 && value) verdict[mode] = index;
  });
  return verdict;
}

/**
 * Three values: with an executable that is not known, what depends on it is null, whichever way it is asked.
 * A comparison about the attempt's result is true whichever way it is asked.
 */
function fulfils(condition: Condition, flow: Flow, negated = false): boolean | null {
  switch (condition.kind) {
    case 'macro':
      return fulfils(condition.body, flow, negated);
    case 'not':
      return fulfils(condition.item, flow, !negated);
    case 'and':
    case 'or': {
      const values = condition.items.map((item) => fulfils(item, flow, negated));
      const decisive = (condition.kind === 'or') !== negated;
      if (values.includes(decisive)) return decisive;
      return values.includes(null) ? null : !decisive;
    }
    case 'exists':
    case 'compare': {
      const reading = readLeaf(condition);
      if (reading.kind !== 'test') return true;
      const value = holds(reading.test, flow);
      return value === null ? null : value !== (reading.negated !== negated);
    }
  }
}

/** Whether one test holds of a flow; null: not known. */
function holds(test: Test, flow: Flow): boolean | null {
  switch (test.dimension) {
    case 'subject': {
      const { exe } = flow;
      if (exe === null || flow.exeIs === 'untold') return null;
      const isMeant =
        test.exact.includes(exe) || test.prefixes.some((prefix) => exe.startsWith(prefix));
      return isMeant && flow.exeIs === 'claimed' ? null : isMeant;
    }
    case 'group':
      return test.ids.includes(flow.containerId);
    case 'port':
      return inPorts(test, flow.protocol, flow.port);
    case 'remote':
      return test.nets.some((net) => inNet(net, flow.remote));
  }
}

function inNet(net: Net, remote: Flow['remote']): boolean {
  const four = remote.family === 4 || isMapped(remote.address);
  if ((net.family === 4) !== four) return false;
  const address = four ? remote.address & 0xffffffffn : remote.address;
  const shift = BigInt((four ? 32 : 128) - net.bits);
  return address >> shift === net.address >> shift;
}

/** The same answer from a compiled set's tables, look-up by look-up as the kernel makes them (bpf/enforce/decide.h). */
export function judgeByTables(set: CompiledSet, flow: Flow): Verdict {
  const rows = [
    subjectRow(set, flow),
    flow.containerId === 'host' ? ROW.host : (set.groups.get(flow.containerId) ?? ROW.container),
    remoteRow(set, mappedAddress(flow.remote)),
    set.ports[(flow.protocol === 'udp' ? 65536 : 0) + flow.port]!,
  ].map((row) => set.rows.words(row));
  const enforcing = set.rows.words(ROW.enforcing);
  const verdict = { enforce: -1, audit: -1 };
  for (let word = 0; word < enforcing.length; word++) {
    const bits = rows.reduce((left, row) => left & row[word]!, -1);
    for (let bit = 0; bit < 32; bit++) {
      if (!((bits >>> bit) & 1)) continue;
      const mode = (enforcing[word]! >>> bit) & 1 ? 'enforce' : 'audit';
      if (verdict[mode] < 0) verdict[mode] = set.clauses[word * 32 + bit]!.rule;
    }
  }
  return verdict;
}

function subjectRow(set: CompiledSet, { exe, exeIs }: Flow): number {
  if (exeIs === 'untold') return ROW.anySubject;
  if (exe === null) return ROW.unknownSubject;
  let best = { length: -1, row: 0 };
  for (const { path, whole, row, claimed } of set.subjects) {
    const length = path.length + (whole ? 1 : 0);
    if (length > best.length && (whole ? exe === path : exe.startsWith(path)))
      best = { length, row: exeIs === 'claimed' ? claimed : row };
  }
  return best.row;
}

function remoteRow(set: CompiledSet, address: bigint): number {
  let best = { bits: -1, row: 0 };
  for (const entry of set.remotes) {
    const shift = BigInt(128 - entry.bits);
    if (entry.bits > best.bits && entry.address >> shift === address >> shift) best = entry;
  }
  return best.row;
}
