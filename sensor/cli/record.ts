import { join, resolve } from 'node:path';
import { InvalidArgumentError, type Command } from 'commander';
import { createLogger, packageVersion, SakerError } from '../core/index.js';
import type { CaptureOptions } from '../capture/index.js';
import { ControlClient } from '../app/control/index.js';
import type { CaptureEnded } from '../app/messages.js';
import { DEFAULT_RUN_DIR, socketPath } from '../app/paths.js';
import { outputOption, printJson } from './output.js';

interface Options {
  readonly write: string;
  readonly cgroup?: string;
  readonly duration?: number;
  readonly maxSize: number;
  readonly files: number;
  readonly append?: true;
  readonly overwrite?: true;
  readonly ownProbes?: true;
  readonly runDir: string;
  readonly hostRoot: string;
  readonly output: 'text' | 'json';
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
    .option('--overwrite', 'begin anew though there is a capture')
    .option('--own-probes', 'do not ask a running sensor')
    .option('--run-dir <dir>', 'folder of the sensor’s control socket', DEFAULT_RUN_DIR)
    .option('--host-root <dir>', 'where the host’s file system is mounted', '/')
    .addOption(outputOption())
    .addHelpText(
      'after',
      `
Examples:
  saker record -w incident.skr --duration 10m
  saker record -w node.skr --max-size 256M --files 8     the last 2 GiB, until Ctrl-C

Where a sensor runs that watches the same scope, it writes the file: what it sees, its process table, the verdicts of
its blocks; no second set of probes is attached. Otherwise probes of its own, with the rights of \`saker run\`.

Records everything rules could ask for, except the environment of processes: no filter, no rules. The file holds paths,
command lines and user names; only its owner can read it.`,
    )
    .action(async (options: Options) => {
      if (options.append && options.overwrite)
        throw new SakerError('USAGE', '--append and --overwrite exclude each other');
      const summary = (await recordBySensor(options)) ?? (await recordAlone(options));
      if (options.output === 'json') printJson(summary);
      else process.stderr.write(summaryText(summary));
      if (summary.ended === 'failed') {
        const { code, message, hint } = summary.error ?? { code: 'CAPTURE_WRITE', message: '' };
        throw new SakerError(code, message, hint === undefined ? {} : { hint });
      }
    });
}

type Summary = Omit<CaptureEnded, 'ended'> & {
  readonly ended: CaptureEnded['ended'] | 'sensor';
};

const WHY: Readonly<Record<Summary['ended'], string>> = {
  told: '',
  time: ' (time is up)',
  full: ' (the file is full)',
  disk: ' (the disk is nearly full)',
  failed: ' (it failed)',
  sensor: ' (the sensor ended)',
};

function summaryText({ records, bytes, lost, ended }: Summary): string {
  const losses = Object.entries(lost).flatMap(([kind, causes]) =>
    Object.entries(causes).map(([cause, n]) => `saker: ${n} lost: ${kind}, ${cause}\n`),
  );
  return [`saker: ${records} records, ${bytes} bytes${WHY[ended]}\n`, ...losses].join('');
}

const captureOf = (options: Options): CaptureOptions => ({
  path: resolve(options.write),
  maxBytes: options.maxSize,
  files: options.files,
  existing: options.append ? 'append' : options.overwrite ? 'overwrite' : 'refuse',
});

/** On SIGINT and SIGTERM. */
function untilSignal(end: () => void): void {
  process.on('SIGINT', end);
  process.on('SIGTERM', end);
}

/** Null where no sensor runs that could; says why where one does. */
async function recordBySensor(options: Options): Promise<Summary | null> {
  if (options.ownProbes) return null;
  const path = socketPath(options.runDir);
  let client;
  try {
    client = await ControlClient.open(path);
  } catch (error) {
    if (error instanceof SakerError && error.code === 'NO_DAEMON') return null;
    throw error;
  }
  try {
    return await streamCapture(client, options);
  } catch (error) {
    const code = error instanceof SakerError ? error.code : '';
    if (code !== 'CAPTURE_SCOPE' && code !== 'UNKNOWN_METHOD') throw error;
    process.stderr.write(`saker: ${(error as Error).message}: recording with probes of its own\n`);
    return null;
  } finally {
    client.close();
  }
}

async function streamCapture(client: ControlClient, options: Options): Promise<Summary> {
  let told = false;
  let capture: unknown;
  const stop = (): void => {
    if (capture !== undefined) client.call('record.stop', { capture }).catch(() => undefined);
  };
  untilSignal(() => {
    told = true;
    stop();
  });
  const stream = client.stream('record', {
    ...captureOf(options),
    cgroup: options.cgroup ?? null,
    durationMs: options.duration === undefined ? null : Math.ceil(options.duration),
  });
  for await (const item of stream) {
    const news = item as CaptureEnded | { readonly capture: number };
    if ('capture' in news) {
      capture = news.capture;
      process.stderr.write(`saker: the running sensor is recording to ${options.write}\n`);
      if (told) stop();
    } else {
      return { ...news, ended: news.ended === 'told' && !told ? 'sensor' : news.ended };
    }
  }
  throw new SakerError('CONNECTION_LOST', 'the sensor ended the capture without a word');
}

async function recordAlone(options: Options): Promise<Summary> {
  const { Recording } = await import('../app/capture/record.js');
  const recording = new Recording({
    capture: captureOf(options),
    cgroup: options.cgroup ?? null,
    hostRoot: options.hostRoot,
    producer: `saker ${packageVersion()}`,
    planFile: join(DEFAULT_RUN_DIR, 'plan.json'),
    durationMs: options.duration ?? null,
    logger: createLogger({ level: 'warn', format: 'text' }),
  });
  untilSignal(() => {
    recording.close();
  });
  process.stderr.write(`saker: recording ${options.cgroup ?? 'this host'} to ${options.write}\n`);
  return { path: captureOf(options).path, ...(await recording.ended), error: null };
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
