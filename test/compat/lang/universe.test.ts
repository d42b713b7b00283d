import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import {
  CALLS_BEHIND,
  CAPABILITIES,
  errnoName,
  FLAG_TABLES,
  GENERIC_CALLS,
  NEVER_DELIVERED,
  EVENTS,
  findEvent,
  signalName,
  type FlagTable,
} from '../../../sensor/lang/events/index.js';

interface Param {
  readonly name: string;
  readonly type: string;
  readonly format: string;
  readonly flags?: string;
  readonly dirfd?: string;
}
interface Corpus {
  readonly events: readonly {
    readonly name: string;
    readonly enter: number;
    readonly exit: number;
    readonly category: string;
    readonly class: string;
    readonly live: string;
    readonly fd?: readonly string[];
    readonly from?: readonly string[];
    readonly params: readonly Param[];
  }[];
  readonly syscalls: readonly string[];
  readonly accepted_never_delivered: readonly string[];
  readonly flags: Readonly<Record<string, readonly (readonly [string, number, number?])[]>>;
  readonly capabilities: readonly string[];
  readonly errno: readonly (readonly [string, number])[];
  readonly signals: readonly (readonly [string, number])[];
}

const EMPTY: Corpus = {
  events: [],
  syscalls: [],
  accepted_never_delivered: [],
  flags: {},
  capabilities: [],
  errno: [],
  signals: [],
};

const folder = process.env['SAKER_CORPORA'] ?? resolve('../shared/corpora');
const file = resolve(folder, 'events.json');
const present = existsSync(file);
if (!present) process.stderr.write(`skipped: no ${file} (set SAKER_CORPORA)\n`);
const corpus: Corpus | null = present ? (JSON.parse(readFileSync(file, 'utf8')) as Corpus) : null;

(corpus ? describe : describe.skip)('falco-formats §1, the universe of events', () => {
  const { events, syscalls, accepted_never_delivered: never, flags } = corpus ?? EMPTY;

  it('has the same names, generic calls and spellings that are never delivered', () => {
    const generic = new Set(GENERIC_CALLS);
    const dedicated = EVENTS.flatMap(({ name }) => (generic.has(name) ? [] : [name]));
    expect(dedicated.sort()).toEqual(events.map(({ name }) => name).sort());
    expect([...GENERIC_CALLS].sort()).toEqual([...syscalls].sort());
    expect([...NEVER_DELIVERED].sort()).toEqual([...never].sort());
  });

  it.each(events.map((event) => [event.name, event] as const))('%s', (name, event) => {
    const ours = findEvent(name)!;
    expect({
      enter: ours.enterCodes,
      exit: ours.exitCodes,
      category: ours.category,
      class: ours.work,
      live: ours.delivered,
      fd: [...ours.fd].filter((mark) => mark !== 'reads' && mark !== 'writes').sort(),
      calls: CALLS_BEHIND[name] ?? null,
    }).toEqual({
      enter: event.enter,
      exit: event.exit,
      category: event.category,
      class: event.class,
      live: event.live,
      fd: [...(event.fd ?? [])].filter((mark) => mark !== 'reads' && mark !== 'writes').sort(),
      calls: event.from ?? null,
    });
    const PRINTED: Readonly<Record<string, string>> = { hex: 'hex', oct: 'oct' };
    expect(
      ours.params.map(({ name: param, type, format, flags: table, dirfd }) =>
        [param, type, format, table ?? '', dirfd ?? ''].join(' '),
      ),
    ).toEqual(
      event.params.map(({ name: param, type, format, flags: table, dirfd }) =>
        [param, type, PRINTED[format] ?? 'dec', table ?? '', dirfd ?? ''].join(' '),
      ),
    );
  });

  it.each(Object.entries(flags))(
    'flags %s: names in print order, values, kernel values',
    (name, table) => {
      expect(FLAG_TABLES[name as FlagTable]).toEqual(
        table.map(([flag, value, kernel]) => [flag, value, kernel ?? value]),
      );
    },
  );

  it('names capabilities, errors and signals alike', () => {
    const { capabilities, errno, signals } = corpus!;
    expect(CAPABILITIES).toEqual(capabilities);
    for (const [name, number] of errno) expect([number, errnoName(number)]).toEqual([number, name]);
    for (const [name, number] of signals)
      expect([number, signalName(number)]).toEqual([number, name]);
  });
});
