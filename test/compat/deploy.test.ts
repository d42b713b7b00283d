import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { describeWith, program } from '../support/needs.js';
import { projectRoot, runProgram } from '../support/place.js';

const unit = `${projectRoot}/deploy/systemd/saker.service`;

describeWith([program('systemd-analyze')], 'the systemd unit', () => {
  it('is understood by systemd', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'saker-unit-'));
    try {
      // systemd wants the program and the page to be there: here they are in the project.
      const here = readFileSync(unit, 'utf8').replaceAll('/opt/saker', projectRoot);
      writeFileSync(join(folder, 'saker.service'), here);
      const ran = await runProgram('systemd-analyze', [
        'verify',
        '--man=no',
        join(folder, 'saker.service'),
      ]);
      expect(ran).toEqual({ status: 0, stdout: '', stderr: '' });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('is confined: an exposure of 4 of 10 at most, most of it the capabilities a sensor needs', async () => {
    const ran = await runProgram('systemd-analyze', [
      'security',
      '--offline=true',
      '--threshold=40',
      unit,
    ]);
    expect(ran.stdout).toMatch(/Overall exposure level/);
    expect(ran.status).toBe(0);
  });
});

describeWith([], 'the sample configuration', () => {
  it('is valid', async () => {
    const ran = await runProgram('bin/saker', ['config', 'check', 'deploy/saker.yaml']);
    expect(ran.stderr).toBe('');
    expect(ran.status).toBe(0);
  });
});
