import type { Status } from '../app/daemon/index.js';
import { counted, printable, table } from './output.js';

type Enforcement = NonNullable<Status['enforcement']>;

/** What the counters mean to a person; those of them that are 0 are not worth a line. */
const COUNTED: Readonly<Partial<Record<keyof Enforcement['counters'], string>>> = {
  blockedCalls: 'calls refused',
  blockedPackets: 'packets stopped',
  wouldBlock: 'attempts that rules in audit mode would block',
  guarded: 'let pass: the destination is guarded',
  released: "let pass: no sign of the sensor's life",
  unknownSubject: 'judged without knowing the executable',
  unstamped: 'packets of sockets of nobody known',
  pathFailed: 'executables without a path that can be told: they fulfil whatever rules ask of it',
  unparsed: 'packets judged by their socket: headers not understood, or a tunnel',
  unready: 'let pass: tables not there',
  replyFailed: 'packets dropped without an answer',
  stampFailed: 'sockets that could not be marked',
  toldLater: 'new flows that were too many to be told of at once',
};

/** How rules that block stand, where packets are judged, what was done; nothing where there are no such rules. */
export function renderBlocks(enforcement: Status['enforcement']): string[] {
  if (enforcement === null || enforcement.rules.length === 0) return [];
  const { state, clauses, pinned, rules, interfaces, counters, uncovered } = enforcement;
  const at = interfaces
    .filter(({ means }) => means !== null)
    .map(({ name, means }) => `${printable(name)} (${means})`);
  const counts = Object.entries(COUNTED).flatMap(([name, what]) => {
    const count = counters[name as keyof typeof COUNTED];
    return count > 0 ? [[String(count), what]] : [];
  });
  return [
    `\nblocks  ${state}, ${counted(clauses, 'clause')}${pinned === null ? '' : ', stay in force when the sensor ends'}\n`,
    table(
      rules.map(({ rule, state: of, hits, reasons }) => [
        of,
        counted(hits, 'decision'),
        `${printable(rule)}${reasons.length > 0 ? `: ${reasons.join('; ')}` : ''}`,
      ]),
      '  ',
    ),
    ...(at.length > 0 ? [`  packets judged at ${at.join(', ')}\n`] : []),
    ...uncovered.map((what) => `  not covered: ${what}\n`),
    table(counts, '  '),
  ];
}
