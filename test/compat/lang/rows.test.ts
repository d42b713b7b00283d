import { globSync, readFileSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import { projectRoot } from '../../support/place.js';
import { REFERENCE_ROWS } from '../../support/reference-rows.js';

it('every section of the reference has a file that tests its rows', () => {
  const source = globSync('test/compat/lang/*.test.ts', { cwd: projectRoot })
    .map((file) => readFileSync(`${projectRoot}/${file}`, 'utf8'))
    .join('\n');
  const tested = [...source.matchAll(/^testRows\('([^']+)'/gm)].map(([, section]) => section);
  expect(tested.sort()).toEqual(Object.keys(REFERENCE_ROWS).sort());
});
