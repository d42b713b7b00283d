import { spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { relative } from 'node:path';
import { add, sum, type Outcome } from './result.ts';

/** The part of jest's JSON report that we read. */
interface JestReport {
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly message: string;
    readonly assertionResults: readonly {
      readonly fullName: string;
      readonly title: string;
      readonly status: 'passed' | 'failed' | 'pending' | 'skipped' | 'todo' | 'disabled';
    }[];
  }[];
}

/** So long jest may take to end once its report is written. */
const LEFT_SECONDS = 30;

/**
 * Runs one jest project; its output goes to ours as it comes. A file that does not load counts as one failure. A file that
 * failed while its guest died is played once more: what a guest's kernel dies of is told, and decides if it happens again.
 */
export async function runJest(project: string, pattern?: string): Promise<Outcome> {
  const died = `test-results/died-${project}`;
  rmSync(died, { force: true });
  const first = await runOnce(project, died, pattern);
  const again = first.files.filter(
    (file) => file.status === 'failed' && readLines(died).includes(file.name),
  );
  if (again.length === 0) return outcomeOf(first);
  const names = again.map(({ name }) => relative('.', name));
  console.log(`\nthe guest died under ${names.join(', ')}: once more`);
  const second = await runOnce(project, died, names.map((name) => `${name}$`).join('|'));
  const settled = first.files.filter((file) => !again.includes(file));
  return add(outcomeOf({ ...first, files: settled }), outcomeOf(second));
}

interface Run {
  readonly files: JestReport['testResults'];
  /** What went wrong beside the tests. */
  readonly faults: readonly string[];
}

const outcomeOf = ({ files, faults }: Run): Outcome =>
  files.map(outcomeOfFile).reduce(add, { ...sum(), failed: faults.length, failures: faults });

/** @param died - Where guests that die are noted: the test file's path, a line each. */
async function runOnce(project: string, died: string, pattern?: string): Promise<Run> {
  const report = `test-results/jest-${project}.json`;
  rmSync(report, { force: true });
  const args = [
    '--selectProjects',
    project,
    '--json',
    `--outputFile=${report}`,
    '--passWithNoTests',
  ];
  // What drives the kernel or guests runs one file after the other: two cores, and counters of the whole machine.
  if (project !== 'unit') args.push('--runInBand');
  if (pattern !== undefined) args.push('--testPathPatterns', pattern);
  const status = await new Promise<number | null>((resolve) => {
    const child = spawn(
      process.execPath,
      [
        '--experimental-vm-modules',
        '--disable-warning=ExperimentalWarning',
        'node_modules/jest/bin/jest.js',
        ...args,
      ],
      {
        // The JSON goes to a file; what a person reads comes on stderr.
        stdio: ['ignore', 'ignore', 'inherit'],
        env: { ...process.env, SAKER_DIED: died },
      },
    );
    let left = 0;
    const watch = setInterval(() => {
      if (existsSync(report) && ++left >= LEFT_SECONDS) child.kill('SIGKILL');
    }, 1000);
    child.on('close', (code) => {
      clearInterval(watch);
      resolve(code);
    });
  });
  let files: Run['files'];
  try {
    files = (JSON.parse(readFileSync(report, 'utf8')) as JestReport).testResults;
  } catch {
    return { files: [], faults: [`jest ${project} ended with status ${status} and no report`] };
  }
  const hung = `jest ${project} did not end: something that a test started is still there`;
  return { files, faults: status === null ? [hung] : [] };
}

const readLines = (path: string): readonly string[] =>
  existsSync(path) ? readFileSync(path, 'utf8').split('\n') : [];

function outcomeOfFile(file: JestReport['testResults'][number]): Outcome {
  const tests = file.assertionResults;
  const failed = tests.filter((t) => t.status === 'failed');
  const brokenFile = file.status === 'failed' && failed.length === 0;
  return {
    passed: tests.filter((t) => t.status === 'passed').length,
    failed: failed.length + (brokenFile ? 1 : 0),
    skipped: tests
      .filter((t) => t.status === 'pending' || t.status === 'skipped' || t.status === 'todo')
      .map((t) => ({ test: t.fullName, reason: skipReason(t.fullName) })),
    failures: brokenFile
      ? [`${file.name}: ${firstLine(file.message)}`]
      : failed.map((t) => t.fullName),
  };
}

/** A skipped test says in its name what it misses: see `needs` in test/support/needs.ts. */
const skipReason = (name: string): string =>
  /\[skipped: ([^\]]+)\]/.exec(name)?.[1] ?? 'no reason given';

const firstLine = (text: string): string => text.trim().split('\n')[0] ?? '';
