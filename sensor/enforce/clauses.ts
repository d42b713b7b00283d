import type { ByteString } from '../core/bytes.js';
import type { Net, Rule } from '../lang/ir.js';
import {
  compileBodies,
  evaluate,
  MAX_CLAUSES,
  testsOf,
  TooManyClauses,
  type Body,
  type Formula,
} from './bodies.js';
import { mappedAddress, mappedBits } from './address.js';
import type { Dimension, PortRange, Protocol, Test } from './predicates.js';
import { RowTable } from './row-table.js';

/** One clause of the compiled set. */
export interface Clause {
  /** Index into the rules the set was compiled from. */
  readonly rule: number;
  readonly enforce: boolean;
  readonly drop: boolean;
  readonly body: Body;
}

/** Rows at fixed numbers; as `enum saker_row` in bpf/enforce/layout.h. */
export const ROW = {
  /** The clauses whose rules enforce. */
  enforcing: 0,
  /** What a process of unknown executable fulfils: clauses that do not ask. */
  unknownSubject: 1,
  /** A cgroup that belongs to no container. */
  host: 2,
  /** No clause at all: the sensor itself. */
  none: 3,
  /** A container that no rule names. */
  container: 4,
  /** Every clause: a process whose executable has a path that cannot be told. */
  anySubject: 5,
} as const;

/** An executable's path, or a beginning of one (`whole`: false). */
export interface SubjectEntry {
  readonly path: ByteString;
  readonly whole: boolean;
  readonly row: number;
  /** For a process whose path is only claimed: the clauses that hold for it or for any other program. */
  readonly claimed: number;
}

/** A prefix in the space of IPv6 addresses; IPv4 lies in ::ffff:0:0/96. */
export interface RemoteEntry {
  readonly address: bigint;
  readonly bits: number;
  readonly row: number;
}

/** A rule set as data: each dimension maps a value to a row of bits, the clauses which permit that value. */
export interface CompiledSet {
  readonly clauses: readonly Clause[];
  readonly rows: RowTable;
  /** Row by protocol and port: tcp at 0, udp at 65536. */
  readonly ports: Uint16Array;
  /** The row of the longest entry that fits counts; the empty beginning is always there. */
  readonly subjects: readonly SubjectEntry[];
  /** Likewise; ::/0 is always there. */
  readonly remotes: readonly RemoteEntry[];
  /** Containers that rules name, by 12 characters; any other has `ROW.container`, the host `ROW.host`. */
  readonly groups: ReadonlyMap<string, number>;
}

/**
 * Compiles checked rules with `action: block` (others are skipped; `Clause.rule` counts them all).
 *
 * @throws TooManyClauses, TooManyRows
 */
export function compileSet(rules: readonly Rule[]): CompiledSet {
  const clauses: Clause[] = [];
  rules.forEach((rule, index) => {
    if (!rule.enabled || rule.action?.action !== 'block') return;
    for (const body of compileBodies(rule.condition)) {
      clauses.push({
        rule: index,
        enforce: rule.action.mode === 'enforce',
        drop: rule.action.reply === 'drop',
        body,
      });
    }
  });
  if (clauses.length > MAX_CLAUSES) throw new TooManyClauses(clauses.length);

  const rows = new RowTable();
  const numbers = clauses.map((_, at) => at);
  const subject = new RowMaker(clauses, 'subject', rows);
  const group = new RowMaker(clauses, 'group', rows);
  const remote = new RowMaker(clauses, 'remote', rows);
  const port = new RowMaker(clauses, 'port', rows);
  rows.append(numbers.filter((at) => clauses[at]!.enforce));
  rows.append(numbers.filter((at) => clauses[at]!.body.subject === null));
  rows.append(group.fulfilled((test) => inGroup(test, 'host')));
  rows.append([]);
  rows.append(group.fulfilled(() => false));
  rows.append(numbers);
  return {
    clauses,
    rows,
    ports: compilePorts(port),
    subjects: compileSubjects(subject),
    remotes: compileRemotes(remote),
    groups: compileGroups(group),
  };
}

/** Makes the rows of one dimension: each distinct formula is evaluated once for each class of values. */
class RowMaker {
  readonly #rows: RowTable;
  readonly #groups: { readonly formula: Formula | null; readonly clauses: number[] }[];
  /** Every test the dimension's formulas make, once. */
  readonly tests: readonly { readonly test: Test; readonly key: string }[];

  constructor(clauses: readonly Clause[], dimension: Dimension, rows: RowTable) {
    this.#rows = rows;
    const byKey = new Map<string, { formula: Formula | null; clauses: number[] }>();
    clauses.forEach((clause, at) => {
      const formula = clause.body[dimension];
      const known = byKey.get(formula?.key ?? '');
      if (known) known.clauses.push(at);
      else byKey.set(formula?.key ?? '', { formula, clauses: [at] });
    });
    this.#groups = [...byKey.values()];
    const tests = this.#groups.flatMap(({ formula }) => (formula ? testsOf(formula) : []));
    this.tests = [...new Map(tests.map(({ test, key }) => [key, { test, key }])).values()];
  }

  fulfilled(holds: (test: Test, key: string) => boolean): number[] {
    return this.#groups.flatMap(({ formula, clauses }) =>
      formula === null || evaluate(formula, holds) ? clauses : [],
    );
  }

  row(holds: (test: Test, key: string) => boolean): number {
    return this.#rows.number(this.fulfilled(holds));
  }

  /** Clauses that may hold, where a test's value is known or, null, is not. */
  rowOfPossible(value: (test: Test, key: string) => boolean | null): number {
    return this.#rows.number(
      this.#groups.flatMap(({ formula, clauses }) =>
        formula === null || evaluate(formula, value) !== false ? clauses : [],
      ),
    );
  }
}

function inGroup(test: Test, containerId: string): boolean {
  return test.dimension === 'group' && test.ids.includes(containerId);
}

function compileGroups(maker: RowMaker): Map<string, number> {
  const named = maker.tests.flatMap(({ test }) => (test.dimension === 'group' ? test.ids : []));
  const containers = new Set(named.filter((id) => id !== 'host'));
  return new Map(
    [...containers].map((id) => [id, maker.row((test) => inGroup(test, id))] as const),
  );
}

/** The row changes only where a range begins or ends. */
function compilePorts(maker: RowMaker): Uint16Array {
  const ports = new Uint16Array(2 * 65536);
  const edges = new Set<number>([0]);
  for (const { test } of maker.tests) {
    if (test.dimension !== 'port') continue;
    for (const [low, high] of test.ranges) edges.add(low).add(high + 1);
  }
  (['tcp', 'udp'] as const).forEach((protocol, at) => {
    let row = 0;
    for (let number = 0; number < 65536; number++) {
      if (edges.has(number)) row = maker.row((test) => inPorts(test, protocol, number));
      ports[(at << 16) | number] = row;
    }
  });
  return ports;
}

/** Whether a test about ports holds. */
export function inPorts(test: Test, protocol: Protocol, port: number): boolean {
  if (test.dimension !== 'port' || !test.protocols.includes(protocol)) return false;
  return test.ranges.some(([low, high]: PortRange) => low <= port && port <= high);
}

/** An entry for each path and beginning that any test names; each row is computed from all beginnings around it. */
function compileSubjects(maker: RowMaker): SubjectEntry[] {
  const exact = new Set<ByteString>();
  const prefixes = new Set<ByteString>(['']);
  const exactOf = new Map<string, ReadonlySet<ByteString>>();
  for (const { test, key } of maker.tests) {
    if (test.dimension !== 'subject') continue;
    exactOf.set(key, new Set(test.exact));
    for (const path of test.exact) exact.add(path);
    for (const prefix of test.prefixes) prefixes.add(prefix);
  }
  const entry = (path: ByteString, whole: boolean): SubjectEntry => {
    const isMeant = (test: Test, key: string): boolean =>
      test.dimension === 'subject' &&
      ((whole && exactOf.get(key)!.has(path)) ||
        test.prefixes.some((prefix) => path.startsWith(prefix)));
    return {
      path,
      whole,
      row: maker.row(isMeant),
      claimed: maker.rowOfPossible((test, key) => (isMeant(test, key) ? null : false)),
    };
  };
  return [
    ...[...prefixes].map((path) => entry(path, false)),
    ...[...exact].map((path) => entry(path, true)),
  ];
}

const MAPPED = { address: mappedAddress({ family: 4, address: 0n }), bits: 96 } as const;

function nameOf({ address, bits }: { address: bigint; bits: number }): string {
  return `${address.toString(36)}/${bits}`;
}

/** A trie answers with the longest prefix only, so each prefix's row also holds what every shorter one around it permits. */
function compileRemotes(maker: RowMaker): RemoteEntry[] {
  const named = new Map<string, { address: bigint; bits: number; keys: string[] }>();
  named.set('0/0', { address: 0n, bits: 0, keys: [] });
  named.set(nameOf(MAPPED), { ...MAPPED, keys: [] });
  for (const { test, key } of maker.tests) {
    if (test.dimension !== 'remote') continue;
    for (const net of test.nets) {
      const { address, bits } = mapped(net);
      const name = nameOf({ address, bits });
      const known = named.get(name);
      if (known) known.keys.push(key);
      else named.set(name, { address, bits, keys: [key] });
    }
  }
  const sorted = [...named.values()].sort((a, b) =>
    a.address === b.address ? a.bits - b.bits : a.address < b.address ? -1 : 1,
  );
  const rowOfKeys = new Map<string, number>();
  const around: { address: bigint; bits: number; keys: ReadonlySet<string>; name: string }[] = [];
  const entries: RemoteEntry[] = [];
  for (const { address, bits, keys } of sorted) {
    while (around.length > 0 && !contains(around.at(-1)!, address)) around.pop();
    // No network of IPv6 holds an IPv4 address (Falco): what lies around ::ffff:0:0/96 ends there.
    const family4 = bits === MAPPED.bits && address === MAPPED.address;
    const outer = family4 ? undefined : around.at(-1);
    const added = keys.filter((key) => !outer?.keys.has(key));
    const all =
      outer === undefined || added.length > 0
        ? new Set([...(outer?.keys ?? []), ...added])
        : outer.keys;
    const name = all === outer?.keys ? outer.name : [...all].sort().join('|');
    let row = rowOfKeys.get(name);
    if (row === undefined) {
      row = maker.row((_test, key) => all.has(key));
      rowOfKeys.set(name, row);
    }
    entries.push({ address, bits, row });
    around.push({ address, bits, keys: all, name });
  }
  return entries;
}

function contains(net: { address: bigint; bits: number }, address: bigint): boolean {
  const shift = BigInt(128 - net.bits);
  return net.address >> shift === address >> shift;
}

function mapped(net: Net): { address: bigint; bits: number } {
  const bits = mappedBits(net);
  const shift = BigInt(128 - bits);
  return { address: (mappedAddress(net) >> shift) << shift, bits };
}
