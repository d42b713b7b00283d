import { Command } from 'commander';
import { addAlerts } from './alerts.js';
import { addCompletion } from './completion/index.js';
import { addConfig } from './config.js';
import { addDaemonCommands } from './daemon.js';
import { addDoctor } from './doctor.js';
import { addFields } from './fields.js';
import { addRecord } from './record.js';
import { addReplay } from './replay.js';
import { addRules } from './rules/index.js';
import { addRun } from './run.js';
import { addVersion } from './versions.js';
import { packageVersion } from '../core/index.js';

/** The whole command line as a tree: what `saker` parses, and what completion is made from. */
export function makeProgram(): Command {
  const program = new Command('saker')
    .description(
      'Runtime security sensor: watches what processes do, judges it with Falco rules, loses no alert.',
    )
    .version(packageVersion(), '-V, --version')
    .showHelpAfterError('(`saker --help` lists the commands)')
    .configureHelp({ showGlobalOptions: false })
    .exitOverride()
    .addHelpText(
      'after',
      `
Examples:
  saker run                                   watch this host with the shipped rules
  saker run --cgroup /sys/fs/cgroup/me        only what runs in this cgroup
  saker rules check my_rules.yaml             every fault, with line, caret and hint
  saker events --exe /usr/bin/curl            live decoded events of a running sensor
  saker doctor                                what this kernel lets the sensor see

Exit status: 0 ok, 1 findings, 2 usage, 3 environment, 4 permission, 5 no sensor running, 6 configuration.`,
    );

  addRun(program);
  addDaemonCommands(program);
  addRecord(program);
  addReplay(program);
  addRules(program);
  addFields(program);
  addDoctor(program);
  addConfig(program);
  addAlerts(program);
  addCompletion(program);
  addVersion(program);

  for (const [command, path] of allCommands(program, 'saker')) {
    command
      .exitOverride()
      .showHelpAfterError(
        command.commands.length > 0
          ? `(\`${path} --help\` lists the commands)`
          : `(\`${path} --help\` shows what it takes)`,
      );
  }
  return program;
}

function* allCommands(parent: Command, path: string): Generator<readonly [Command, string]> {
  for (const command of parent.commands) {
    const at = `${path} ${command.name()}`;
    yield [command, at];
    yield* allCommands(command, at);
  }
}
