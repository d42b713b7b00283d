import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readRuleFiles } from '../../../sensor/app/rule-files.js';
import { SakerError } from '../../../sensor/core/index.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'saker-rule-files-'));
  for (const name of ['lib', 'b', '_retired', '.git', 'empty']) mkdirSync(join(folder, name));
  for (const name of [
    'a.yaml',
    'z.yml',
    'a.test.yaml',
    'notes.txt',
    '.hidden.yaml',
    'lib/m.yaml',
    'b/c.yaml',
    '_retired/r.yaml',
    '.git/g.yaml',
  ]) {
    writeFileSync(join(folder, name), `# ${name}`);
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const names = (...paths: readonly string[]): readonly string[] =>
  readRuleFiles(paths.map((path) => join(folder, path))).map(({ name }) =>
    name.slice(folder.length + 1),
  );

function codeOf(path: string): string {
  try {
    readRuleFiles([path]);
  } catch (error) {
    if (error instanceof SakerError) return `${error.code} ${error.message}`;
    throw error;
  }
  return 'read';
}

describe('rule files of a folder', () => {
  it('lib first, then by name; tests, hidden and retired ones are left out', () => {
    expect(names('.')).toEqual(['lib/m.yaml', 'a.yaml', 'b/c.yaml', 'z.yml']);
  });
  it('named files are read whatever they are called, in the order given', () => {
    expect(names('z.yml', 'notes.txt', 'a.test.yaml')).toEqual([
      'z.yml',
      'notes.txt',
      'a.test.yaml',
    ]);
    expect(names('empty')).toEqual([]);
  });
  it('a link back to a folder above leads nowhere new', () => {
    symlinkSync('..', join(folder, 'b/up'));
    expect(names('.')).toEqual(['lib/m.yaml', 'a.yaml', 'b/c.yaml', 'z.yml']);
    rmSync(join(folder, 'b/up'));
  });
  it('what cannot be read is named, with why', () => {
    expect(codeOf(join(folder, 'no'))).toMatch(
      /^RULE_FILE cannot read .*no: there is no such file/,
    );
    symlinkSync('nowhere', join(folder, 'b/gone.yaml'));
    expect(codeOf(folder)).toMatch(/^RULE_FILE cannot read .*gone\.yaml: /);
    rmSync(join(folder, 'b/gone.yaml'));
    // Its first page is never mapped.
    expect(codeOf('/proc/self/mem')).toMatch(/^RULE_FILE cannot read \/proc\/self\/mem: /);
  });
});
