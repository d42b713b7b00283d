import type { Status } from '../app/daemon/index.js';
import { counted, printable, table } from './output.js';
import { renderBlocks } from './render-blocks.js';

/** `saker status` for people. */
export function renderStatus(value: unknown): string {
  const status = value as Status;
  const { kinds, total } = status.accounting;
  const row = (name: string, { seen, filtered, sent, received, lost }: typeof total): string[] => [
    name,
    String(seen),
    String(filtered),
    String(sent),
    String(received),
    Object.entries(lost)
      .filter(([, count]) => count > 0)
      .map(([cause, count]) => `${count} ${cause}`)
      .join(', ') || '0',
  ];
  const { rules, spool } = status;
  return [
    `saker (pid ${status.pid}) watches ${status.scope} since ${status.startedAt}\n`,
    '\nevents\n',
    table(
      [
        ['kind', 'seen', 'filtered', 'sent', 'received', 'lost'],
        ...Object.entries(kinds).map(([name, counts]) => row(name, counts)),
        row('total', total),
      ],
      '  ',
    ),
    ...section('undecodable', status.undecodable),
    ...section('probe runs the kernel skipped', status.skipped),
    `\nrules  generation ${rules.generation}, ${rules.enabled} of ${rules.loaded} enabled\n`,
    table(
      Object.entries(rules.matches).map(([name, count]) => [String(count), printable(name)]),
      '  ',
    ),
    ...(rules.regexGivenUp > 0
      ? [`  ${rules.regexGivenUp} values were too much work for a pattern: taken as not matching\n`]
      : []),
    ...renderBlocks(status.enforcement),
    ...captures(status.captures),
    `\nspool  ${counted(spool.bytes, 'byte')} in ${counted(spool.segments, 'segment')}, ${counted(spool.appended, 'alert')} so far, ${spool.dropped} dropped\n`,
    '\nsinks\n',
    table(
      [
        [
          'name',
          'type',
          'state',
          'delivered',
          'lag',
          'retried',
          'rejected',
          'missed',
          'last error',
        ],
        ...status.sinks.map((sink) => [
          sink.name,
          sink.type,
          sink.state,
          String(sink.delivered),
          String(sink.lag),
          String(sink.retried),
          String(sink.rejected),
          String(sink.missed),
          printable(sink.lastError ?? ''),
        ]),
      ],
      '  ',
    ),
    ...status.sinks.flatMap(({ name, hint }) =>
      hint === null ? [] : [`  ${name}: ${printable(hint)}\n`],
    ),
  ].join('');
}

/** What is recorded, and what was; nothing where there was none. */
function captures({ active, started, ended, lastError }: Status['captures']): string[] {
  if (started === 0 && ended.failed === 0) return [];
  const done = Object.entries(ended).filter(([, count]) => count > 0);
  const how = done.map(([why, count]) => `${count} ended: ${why}`).join(', ');
  return [
    `\ncaptures  ${started} begun, ${active.length} active${how === '' ? '' : `, ${how}`}\n`,
    table(
      active.map(({ path, rule, records, bytes }) => [
        counted(records, 'record'),
        `${bytes} bytes`,
        `${printable(path)}${rule === null ? '' : ` (${printable(rule)})`}`,
      ]),
      '  ',
    ),
    ...(lastError === null ? [] : [`  last fault: ${printable(lastError)}\n`]),
  ];
}

function section(title: string, counts: Readonly<Record<string, number>>): string[] {
  const rows = Object.entries(counts).filter(([, count]) => count > 0);
  if (rows.length === 0) return [];
  return [
    `\n${title}\n`,
    table(
      rows.map(([name, count]) => [String(count), name]),
      '  ',
    ),
  ];
}
