import { spawnSync } from 'node:child_process';
import { expect, it } from '@jest/globals';
import { projectRoot } from '../../support/place.js';
import { rule } from './cli.js';

/** A rule command of a program of its own, fed through a pipe. */
const piped = (input: string, ...args: readonly string[]) =>
  spawnSync(
    process.execPath,
    ['--import', './test/support/run-ts.mjs', 'sensor/cli/main.ts', 'rules', ...args],
    { cwd: projectRoot, input, encoding: 'utf8' },
  );

it('- is standard input, in every command that loads rules', () => {
  const checked = piped(rule('R', 'fd.nam = x'), 'check', '-');
  expect(checked.stdout).toContain('<stdin>:3:14: error: unknown field "fd.nam"');
  expect(checked.status).toBe(1);
  const listed = piped(rule('R', 'evt.type = open'), 'list', '-');
  expect([listed.status, listed.stdout]).toEqual([0, expect.stringContaining('<stdin>:1')]);
});
