import { execFileSync } from 'node:child_process';
import { projectRoot } from './place.js';

const folder = `${projectRoot}/build/test`;

/** The small static programs of test/support/programs, by the path they run from. */
export const programs = {
  opens: `${folder}/opens`,
  spawn: `${folder}/spawn`,
  uringOpen: `${folder}/uring-open`,
  int80: `${folder}/int80`,
  int80m32: `${folder}/int80-m32`,
  stamp: `${folder}/stamp`,
  holdPort: `${folder}/hold-port`,
  connect: `${folder}/connect`,
  memfdRun: `${folder}/memfd-run`,
  flow: `${folder}/flow`,
  farSide: `${folder}/far-side`,
  act: `${folder}/act`,
  truth: `${folder}/truth`,
} as const;

/** Builds them, where they are older than their sources. Call it before a guest boots: it sees files as first read. */
export function buildPrograms(): void {
  execFileSync('make', ['-s', '-C', `${projectRoot}/test/support/programs`], { stdio: 'pipe' });
}
