import { Option, type Command } from 'commander';
import { EXIT, SakerError } from '../core/index.js';
import { ConfigError, loadConfig, type Config } from '../app/config/index.js';
import { compatOption } from './rules/files.js';
import { shippedRules } from './shipped-rules.js';

interface RunOptions {
  readonly config?: string;
  readonly rules?: string[];
  readonly compat?: string;
  readonly cgroup?: string;
  readonly runDir?: string;
  readonly output: string[];
  readonly color?: 'auto' | 'always' | 'never';
  readonly logLevel?: string;
}

/** Adds `saker run`: the sensor itself, in the foreground. */
export function addRun(program: Command): void {
  program
    .command('run')
    .description('watch, judge, alert: the sensor itself, in the foreground')
    .option(
      '-c, --config <file>',
      'configuration file (default: /etc/saker/saker.yaml if there is one)',
    )
    .option(
      '--rules <path...>',
      'rule files or folders, in load order (default: the shipped rules)',
    )
    .addOption(compatOption())
    .option('--cgroup <path>', 'watch only this cgroup v2 folder and what is below it')
    .option('--run-dir <dir>', 'folder of the control socket and the lock')
    .option(
      '-o, --output <format|key=value>',
      'alerts on stdout as text or json; or one setting of the configuration',
      (value: string, all: string[]) => [...all, value],
      [],
    )
    .addOption(
      new Option('--color <when>', 'colour on stdout').choices(['auto', 'always', 'never']),
    )
    .addOption(
      new Option('--log-level <level>', 'the sensor’s own log').choices([
        'error',
        'warn',
        'info',
        'debug',
      ]),
    )
    .addHelpText(
      'after',
      `
Examples:
  saker run                                       this host, the shipped rules
  saker run --cgroup /sys/fs/cgroup/unified/me    one cgroup only
  saker run --rules rules my_rules.yaml -o json   more rules, JSON lines on stdout
  saker run -c saker.yaml -o spool.dir=/tmp/s     a file, and one setting changed`,
    )
    .action(async (options: RunOptions) => {
      const read = () => {
        const config = configOf(options);
        const { files } = config.rules;
        return { config, rulePaths: files.length > 0 ? files : [shippedRules()] };
      };
      const { runUntilSignal } = await import('../app/daemon/run.js');
      process.exitCode = (await runUntilSignal(read)) ? EXIT.ok : EXIT.environment;
    });
}

/** The file, then `-o key=value`, then the options that name a setting. */
function configOf(options: RunOptions): Config {
  const format = options.output.filter((value) => !value.includes('='));
  const overrides = options.output.filter((value) => value.includes('='));
  for (const value of format) {
    if (value !== 'text' && value !== 'json') {
      throw new SakerError('USAGE', `-o ${value}: expected text, json or key=value`);
    }
  }
  for (const [key, value] of [
    ['cgroup', options.cgroup],
    ['rules.compat', options.compat],
    ['run_dir', options.runDir],
    ['log.level', options.logLevel],
  ] as const) {
    if (value !== undefined) overrides.push(`${key}=${JSON.stringify(value)}`);
  }
  if (options.rules !== undefined) overrides.push(`rules.files=${JSON.stringify(options.rules)}`);
  const loaded = loadConfig({
    ...(options.config === undefined ? {} : { path: options.config }),
    overrides,
  });
  if (!loaded.ok) throw new ConfigError(loaded.problems);
  const { config } = loaded;
  const text = format.at(-1) as 'text' | 'json' | undefined;
  return {
    ...config,
    sinks: config.sinks.map((sink) =>
      sink.type === 'stdout'
        ? { ...sink, format: text ?? sink.format, color: options.color ?? sink.color }
        : sink,
    ),
  };
}
