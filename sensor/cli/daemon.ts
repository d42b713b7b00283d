import { InvalidArgumentError, type Command } from 'commander';
import { closest, EXIT, type SakerError } from '../core/index.js';
import { compileCondition, EVENT_NAMES, type Condition } from '../lang/index.js';
import { ControlClient } from '../app/control/index.js';
import type { EventFilter } from '../app/messages.js';
import { DEFAULT_RUN_DIR, socketPath } from '../app/paths.js';
import { outputOption, printable, printJson } from './output.js';
import { renderStatus } from './render-status.js';
import { show } from './rules/files.js';

/** A little longer than the threads of a sensor wait for each other. */
const STATUS_MS = 12_000;

interface SocketOptions {
  readonly runDir: string;
  readonly output: 'text' | 'json';
}

/** Adds the commands that ask a running sensor over its control socket. */
export function addDaemonCommands(program: Command): void {
  withSocket(
    program.command('status').description('accounting, rules and sinks of the running sensor'),
  )
    .addHelpText('after', '\nExamples:\n  saker status\n  saker status -o json | jq .accounting')
    .action(async (options: SocketOptions) => {
      const status = await withClient(options, (client) => client.call('status', {}, STATUS_MS));
      if (options.output === 'json') printJson(status);
      else process.stdout.write(renderStatus(status));
    });

  withSocket(
    program.command('events').description('decoded events of the running sensor, as they happen'),
  )
    .option('--exe <path>', 'only of this executable')
    .option('--type <names>', 'only these event types, separated by commas', asEventTypes)
    .option('--pid <pid>', 'only of this process', asCount)
    .option('--filter <condition>', 'only those of which this holds, in the language of rules')
    .option('-n, --count <n>', 'end after so many', asCount)
    .option('--read <file>', 'from a capture of `saker record`; no sensor is asked')
    .addHelpText(
      'after',
      '\nExamples:\n  saker events --type openat,execve\n  saker events --filter "fd.name startswith /etc/ and evt.is_open_write = true"\n  saker events -o json -n 10        every field that has a value, for `saker rules explain --event`\n  saker events --read incident.skr --pid 4711',
    )
    .action(async (options: SocketOptions & EventOptions) => {
      const condition = conditionOf(options.filter);
      if (condition === null) return;
      if (options.read !== undefined) {
        const { printCapture } = await import('./replay.js');
        return printCapture(options.read, {
          output: options.output,
          filter: {
            ...filterOf(options),
            ...(condition === undefined ? {} : { condition }),
          },
          count: options.count ?? Infinity,
        });
      }
      await withClient(options, (client) => printEvents(client, options));
    });

  const net = program
    .command('net')
    .description('network blocks of the running sensor')
    .addHelpText('after', '\nExamples:\n  saker net off');
  withSocket(net.command('off').description('release everything that is blocked, at once'))
    .addHelpText(
      'after',
      '\nExamples:\n  saker net off               until the next `saker rules reload`\n  saker net off -o json',
    )
    .action(async (options: SocketOptions) => {
      const result = await netOff(options);
      if (options.output === 'json') printJson(result);
      else process.stdout.write(`${result.message}\n`);
    });
}

function asCount(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isSafeInteger(value) || value < 0)
    throw new InvalidArgumentError('It is not a whole number.');
  return value;
}

function asEventTypes(text: string): readonly string[] {
  const types = text.split(',').map((type) => type.trim());
  for (const type of types) {
    if (EVENT_NAMES.includes(type)) continue;
    const near = closest(type, EVENT_NAMES);
    throw new InvalidArgumentError(
      `There is no event type "${type}"${near === undefined ? '' : `: did you mean "${near}"?`}`,
    );
  }
  return types;
}

/** Adds `--run-dir` and `-o` to a command that talks to the sensor. */
export function withSocket(command: Command): Command {
  return command
    .option('--run-dir <dir>', 'folder of the sensor’s control socket', DEFAULT_RUN_DIR)
    .addOption(outputOption());
}

/** Opens the control socket for the time of `use`. */
export async function withClient<T>(
  options: SocketOptions,
  use: (client: ControlClient) => Promise<T>,
): Promise<T> {
  const client = await ControlClient.open(socketPath(options.runDir));
  try {
    return await use(client);
  } finally {
    client.close();
  }
}

/** So long the sensor may take to release blocks by itself. */
const NET_OFF_MS = 2_000;

/** By the sensor; where none listens or it hangs, by hand: blocks may be meant to outlive it (on_exit: keep). */
async function netOff(options: SocketOptions): Promise<{ readonly message: string }> {
  try {
    const answer = await withClient(options, (client) => client.call('net.off', {}, NET_OFF_MS));
    return answer as { message: string };
  } catch (error) {
    const { code } = error as SakerError;
    if (code !== 'NO_DAEMON' && code !== 'NO_ANSWER') throw error;
    const { pinDirOf, releaseAllKept, switchOff } = await import('../enforce/index.js');
    if (code === 'NO_DAEMON') {
      if (releaseAllKept(pinDirOf(options.runDir)) === 0) throw error;
      return { message: 'no sensor runs; the blocks it had left in force are released' };
    }
    const { lockHolder } = await import('../spool/index.js');
    const pid = lockHolder(options.runDir);
    const released = pid === null ? 0 : switchOff(pid);
    if (releaseAllKept(pinDirOf(options.runDir)) + released === 0) throw error;
    return {
      message:
        'the sensor does not answer: its blocks are released without it; it takes them off when it wakes',
    };
  }
}

interface EventOptions {
  readonly exe?: string;
  readonly type?: readonly string[];
  readonly pid?: number;
  readonly filter?: string;
  readonly count?: number;
  readonly read?: string;
}

/** Checked; null when it is faulty, which is said. */
function conditionOf(text: string | undefined): Condition | null | undefined {
  if (text === undefined) return undefined;
  const compiled = compileCondition(text);
  if (compiled.ok) return compiled.condition;
  show(compiled.diagnostics, [], process.stderr);
  process.exitCode = EXIT.findings;
  return null;
}

function filterOf(options: SocketOptions & EventOptions): EventFilter {
  return {
    ...(options.exe === undefined ? {} : { exe: options.exe }),
    ...(options.type === undefined ? {} : { types: options.type }),
    ...(options.pid === undefined ? {} : { pid: options.pid }),
    ...(options.output === 'json' ? { whole: true } : {}),
  };
}

async function printEvents(
  client: ControlClient,
  options: SocketOptions & EventOptions,
): Promise<void> {
  let left = options.count ?? Infinity;
  if (left <= 0) return;
  const { filter } = options;
  const request = { ...filterOf(options), ...(filter === undefined ? {} : { filter }) };
  for await (const item of client.stream('events', request)) {
    const event = item as { line: string; json: string; dropped?: number };
    if (event.dropped !== undefined) {
      process.stderr.write(`saker: ${event.dropped} events left out: this terminal is too slow\n`);
      continue;
    }
    process.stdout.write(
      options.output === 'json' ? `${event.json}\n` : `${printable(event.line)}\n`,
    );
    if (--left <= 0) return;
  }
}
