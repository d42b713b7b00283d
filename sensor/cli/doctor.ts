import type { Command } from 'commander';
import { EXIT } from '../core/index.js';
import type { Finding } from '../app/doctor.js';
import { outputOption, printJson } from './output.js';

const MARK = { ok: 'ok  ', warn: 'warn', fail: 'FAIL' } as const;

/** Adds `saker doctor`: what this machine lets the sensor see, and what to do about the rest. */
export function addDoctor(program: Command): void {
  program
    .command('doctor')
    .description(
      'kernel, BTF, capabilities, cgroups; how each event is served and what cannot be seen',
    )
    .option('--self-test', 'also cause each event in a cgroup of its own, and see that it arrives')
    .addOption(outputOption())
    .addHelpText(
      'after',
      '\nExamples:\n  sudo saker doctor\n  sudo saker doctor --self-test\n  saker doctor -o json',
    )
    .action(async (options: { output: string; selfTest?: true }) => {
      const { examine } = await import('../app/doctor.js');
      const findings = [...examine()];
      if (options.selfTest && findings.every(({ state }) => state !== 'fail')) {
        const { selfTest } = await import('../app/self-test.js');
        findings.push(...(await selfTest()));
      }
      if (options.output === 'json') printJson(findings);
      else process.stdout.write(renderFindings(findings));
      const failed = findings.filter(({ state }) => state === 'fail');
      if (failed.length === 0) return;
      const permissions = failed.every(({ what }) => what.startsWith('CAP_'));
      process.exitCode = permissions ? EXIT.permission : EXIT.environment;
    });
}

/** What is to be done stands once below findings that have it in common. */
export function renderFindings(findings: readonly Finding[]): string {
  return findings
    .map(({ state, what, detail, todo }, at) => {
      const told = todo === null || todo === findings[at + 1]?.todo;
      return `${MARK[state]}  ${what}: ${detail}\n${told ? '' : `      ${todo}\n`}`;
    })
    .join('');
}
