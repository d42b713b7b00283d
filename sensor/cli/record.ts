import { join } from 'node:path';
import { InvalidArgumentError, type Command } from 'commander';
import { createLogger, SakerError } from '../core/index.js';
import { DEFAULT_RUN_DIR } from '../app/paths.js';
import { version } from './version.js';

interface Options {
  readonly write: string;
  readonly cgroup?: string;
  readonly duration?: number;
  readonly maxSize: number;
  readonly files: number;
  readonly append?: true;
  readonly overwrite?: true;
  readonly hostRoot: string;
}

/** Adds `saker record`: every event of the scope into a file, to be judged later. */
export function addRecord(program: Command): void {
  program
    .command('record')
    .description('write every event to a file, for `saker replay` and `saker events --read`')
    .requiredOption('-w, --write <file>', 'the capture')
    .option('--cgroup <path>', 'record only this cgroup v2 folder and what is below it')
    .option(
      '--duration <time>',
      'end after this time: 90s, 10m, 1h (default: until Ctrl-C)',
      duration,
    )
    .option('--max-size <size>', 'no file gets longer: 64M, 2G', size, 1 << 30)
    .option(
      '--files <n>',
      'keep the newest n files: FILE, FILE.1 …; with 1 a full file is the end',
      count,
      1,
    )
    .option('--append', 'go on behind what the file holds')
    .option('--overwrite', 'begin anew though there is a file')
    .option('--host-root <dir>', 'where the host’s file system is mounted', '/')
    .addHelpText(
      'after',
      `
Examples:
  saker record -w incident.skr --duration 10m
  saker record -w node.skr --max-size 256M --files 8     the last 2 GiB, until Ctrl-C

Records everything rules could ask for, except the environment of processes: no filter, no rules. The file holds paths,
command lines and user names; only its owner can read it. Needs the rights of \`saker run\`, but no running sensor.`,
    )
    .action(async (options: Options) => {
      if (options.append && options.overwrite)
        throw new SakerError('USAGE', '--append and --overwrite exclude each other');
      const { Recording } = await import('../app/capture/record.js');
      const recording = new Recording({
        capture: {
          path: options.write,
          maxBytes: options.maxSize,
          files: options.files,
          existing: options.append ? 'append' : options.overwrite ? 'overwrite' : 'refuse',
        },
        cgroup: options.cgroup ?? null,
        hostRoot: options.hostRoot,
        producer: `saker ${version()}`,
        planFile: join(DEFAULT_RUN_DIR, 'plan.json'),
        durationMs: options.duration ?? null,
        logger: createLogger({ level: 'warn', format: 'text' }),
      });
      const end = (): void => {
        recording.close();
      };
      process.on('SIGINT', end);
      process.on('SIGTERM', end);
      process.stderr.write(
        `saker: recording ${options.cgroup ?? 'this host'} to ${options.write}\n`,
      );
      const { records, bytes, lost, ended } = await recording.ended;
      const why = { told: '', time: ' (time is up)', full: ` (${options.write} is full)` }[ended];
      process.stderr.write(`saker: ${records} records, ${bytes} bytes${why}\n`);
      for (const [kind, causes] of Object.entries(lost))
        for (const [cause, n] of Object.entries(causes))
          process.stderr.write(`saker: ${n} lost: ${kind}, ${cause}\n`);
    });
}

const SIZES: Readonly<Record<string, number>> = { '': 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 };
const TIMES: Readonly<Record<string, number>> = { '': 1000, s: 1000, m: 60_000, h: 3_600_000 };

/** Below it there is no room for the snapshot a capture begins with (`MIN_CAPTURE_BYTES`). */
const MIN_SIZE = 8 << 20;

/** Longest timer of Node, milliseconds. */
const MAX_DURATION = 2 ** 31 - 1;

function size(text: string): number {
  const [, number, unit] = /^(\d+)([kmg]?)(?:i?b)?$/i.exec(text) ?? [];
  const bytes = Number(number) * SIZES[(unit ?? '').toLowerCase()]!;
  if (!(bytes >= MIN_SIZE))
    throw new InvalidArgumentError('a size of at least 8M, as in 64M or 2G');
  return bytes;
}

function duration(text: string): number {
  const [, number, unit] = /^(\d+(?:\.\d+)?)([smh]?)$/.exec(text) ?? [];
  const ms = Number(number) * TIMES[unit ?? '']!;
  if (!(ms > 0 && ms <= MAX_DURATION))
    throw new InvalidArgumentError('a time up to 24 days, as in 90s, 10m or 1h');
  return ms;
}

function count(text: string): number {
  const n = Number(text);
  if (!Number.isInteger(n) || n < 1 || n > 1000)
    throw new InvalidArgumentError('a number from 1 to 1000');
  return n;
}
