import { Option, type Command } from 'commander';
import { createLogger, SakerError } from '../core/index.js';
import { jsonLine, textLine } from '../spool/index.js';
import type { ReplaySummary } from '../app/capture/replay.js';
import type { EventFilter } from '../app/messages.js';
import { outputOption, printable, table } from './output.js';
import { load, show, withLoading, type LoadOptions } from './rules/files.js';

const LOG = { level: 'warn', format: 'text' } as const;

interface ReplayOptions extends LoadOptions {
  readonly rules?: readonly string[];
  readonly output: 'text' | 'json';
  readonly matching?: 'first' | 'all';
  readonly timeIso8601?: true;
}

/** Adds `saker replay FILE…`: the alerts that rules would have given. */
export function addReplay(program: Command): void {
  withLoading(program.command('replay <file...>'))
    .description('judge a capture by rules: the alerts of then, from rules of now')
    .option(
      '-r, --rules <path...>',
      'rule files or folders, in load order (default: the shipped rules)',
    )
    .addOption(outputOption())
    .addOption(
      new Option(
        '--matching <mode>',
        'tell of an event by the first rule that matches (default), or by all (--compat strict)',
      ).choices(['first', 'all']),
    )
    .option('--time-iso8601', 'times in UTC, ISO 8601')
    .addHelpText(
      'after',
      `
Examples:
  saker replay incident.skr --rules my_rules.yaml
  saker replay node.skr.2 node.skr.1 node.skr -o json     rotated files, oldest first

Needs no root, no kernel, no running sensor. Alerts on stdout, a summary on stderr. The alerts of rules with an action come
from the kernel's verdicts, which are in a capture that the running sensor wrote: as live. Such a rule that was not in force
then gives no alerts, only a count of the calls it asks about. Exit status 3 when a file is damaged; what could be read was used.`,
    )
    .action(async (paths: string[], options: ReplayOptions) => {
      const matching = options.matching ?? (options.compat === 'strict' ? 'all' : 'first');
      const { files, result } = load(options.rules ?? [], options);
      if (!result.ok) {
        show(
          result.diagnostics.filter(({ severity }) => severity === 'error'),
          files,
          process.stderr,
        );
        throw new SakerError('RULES_INVALID', 'the rule files have errors: nothing was replayed');
      }
      const { rules } = result.ruleSet;
      const out = new Out();
      const { replay } = await import('../app/capture/replay.js');
      const iso8601 = options.timeIso8601 ?? false;
      const line = options.output === 'json' ? jsonLine : textLine;
      const summary = await replay({
        paths,
        rules: { rules, matching },
        onAlert: (alert) => {
          out.line(line(alert, { iso8601 }));
        },
        stopped: () => out.closed,
        ready: () => out.ready(),
        logger: createLogger(LOG),
      });
      process.stderr.write(summaryText(summary));
      refuseDamage(summary);
    });
}

/** `saker events --read FILE`: the events of a capture, decoded. */
export async function printCapture(
  path: string,
  options: { readonly output: string; readonly filter: EventFilter; readonly count: number },
): Promise<void> {
  const [{ replay }, { LiveEvents }] = await Promise.all([
    import('../app/capture/replay.js'),
    import('../app/sensor/live-events.js'),
  ]);
  const out = new Out();
  let left = options.count;
  let live: InstanceType<typeof LiveEvents> | null = null;
  const summary = await replay({
    paths: [path],
    rules: null,
    watch: ({ fields }) => {
      live?.flush();
      const its = new LiveEvents(
        fields,
        options.filter,
        (items) => {
          for (const { line, json } of items.slice(0, Math.max(0, left)))
            out.line(options.output === 'json' ? json : printable(line));
          left -= items.length;
        },
        Infinity,
      );
      live = its;
      return (event) => {
        its.take(event);
      };
    },
    stopped: () => out.closed || left <= 0,
    ready: () => out.ready(),
    logger: createLogger(LOG),
  });
  (live as InstanceType<typeof LiveEvents> | null)?.flush();
  refuseDamage(summary);
}

/** Standard output; a reader that goes away (`| head`) is no fault. */
class Out {
  closed = false;

  constructor() {
    process.stdout.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
      this.closed = true;
    });
  }

  line(text: string): void {
    if (!this.closed) process.stdout.write(`${text}\n`);
  }

  /** A slow reader (`| less`) is waited for: nothing piles up. */
  async ready(): Promise<void> {
    if (this.closed || !process.stdout.writableNeedDrain) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        process.stdout.off('drain', done).off('error', done).off('close', done);
        resolve();
      };
      process.stdout.on('drain', done).on('error', done).on('close', done);
    });
  }
}

function summaryText(summary: ReplaySummary): string {
  const alerts = [...summary.alerts].sort(([, a], [, b]) => b - a);
  const total = alerts.reduce((sum, [, count]) => sum + count, 0);
  const lost = [...summary.lost].filter(([, count]) => count > 0);
  return [
    `${summary.records} records, ${total} alerts\n`,
    table(
      alerts.map(([rule, count]) => [String(count), printable(rule)]),
      '  ',
    ),
    ...lost.map(
      ([what, count]) => `${count} events were lost while recording: ${printable(what)}\n`,
    ),
    ...(summary.undecodable > 0 ? [`${summary.undecodable} records could not be decoded\n`] : []),
    ...[...summary.actions].map(
      ([rule, count]) =>
        `${count} calls meet a rule with an action that was not in force (no alert: the kernel decides): ${printable(rule)}\n`,
    ),
    ...[...summary.verdicts].map(
      ([rule, count]) =>
        `${count} verdicts of a rule that is not among these: ${printable(rule)}\n`,
    ),
  ].join('');
}

/** @throws SakerError `CAPTURE_DAMAGED` naming the first place and all others. */
function refuseDamage({ damage, records }: ReplaySummary): void {
  const [first] = damage;
  if (first === undefined) return;
  const more = damage.length > 1 ? `, and ${damage.length - 1} more places` : '';
  throw new SakerError(
    'CAPTURE_DAMAGED',
    `${first.path} is damaged at byte ${first.at}: ${first.why}${more}`,
    {
      hint:
        records > 0
          ? 'what could be read was used'
          : 'nothing could be read: without its header a recording cannot be understood',
    },
  );
}
