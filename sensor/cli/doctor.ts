import type { Command } from 'commander';
import { EXIT } from '../core/index.js';
import { outputOption, printJson } from './output.js';

const MARK = { ok: 'ok  ', warn: 'warn', fail: 'FAIL' } as const;

/** Adds `saker doctor`: what this machine lets the sensor see, and what to do about the rest. */
export function addDoctor(program: Command): void {
  program
    .command('doctor')
    .description(
      'kernel, BTF, capabilities, cgroups; how each event is served and what cannot be seen',
    )
    .addOption(outputOption())
    .addHelpText('after', '\nExamples:\n  sudo saker doctor\n  saker doctor -o json')
    .action(async (options: { output: string }) => {
      const { examine } = await import('../app/doctor.js');
      const findings = examine();
      if (options.output === 'json') printJson(findings);
      else {
        for (const { state, what, detail, todo } of findings) {
          process.stdout.write(`${MARK[state]}  ${what}: ${detail}\n`);
          if (todo !== null) process.stdout.write(`      ${todo}\n`);
        }
      }
      if (findings.some(({ state }) => state === 'fail')) process.exitCode = EXIT.environment;
    });
}
