import { spawn, spawnSync } from 'node:child_process';
import { runJest } from './jest.ts';
import { add, check, sum, without, type Outcome } from './result.ts';

/** One part of the gate. `pattern` limits a suite of tests to some files; checks of the whole tree ignore it. */
export interface Suite {
  readonly name: string;
  readonly what: string;
  /** Also part of `npm run check`, the one to run while working. */
  readonly quick: boolean;
  run(pattern?: string): Promise<Outcome>;
}

const bin = (name: string) => `node_modules/.bin/${name}`;

/** In the order they run: cheap ones first, so that a slip is told early. */
export const suites: readonly Suite[] = [
  {
    name: 'format',
    what: 'prettier and clang-format',
    quick: true,
    run: async () =>
      add(
        check('prettier', await command(bin('prettier'), '--check', '--log-level=warn', '.')),
        await clangFormat(),
      ),
  },
  {
    name: 'build',
    what: 'everything that is built',
    quick: true,
    run: async () => check('build', await command('bin/build')),
  },
  {
    name: 'lint',
    what: 'eslint, import layers and cycles, shellcheck',
    quick: true,
    run: async () => {
      const found = [
        check('eslint', await command(bin('eslint'), '.')),
        check('imports', await command(process.execPath, 'test/support/gate/imports.ts')),
        await shellcheck(),
      ];
      return found.reduce(add, sum());
    },
  },
  {
    name: 'typecheck',
    what: 'the type checker over sources and tests',
    quick: true,
    run: async () => check('tsc', await command(bin('tsc'), '-p', 'tsconfig.test.json')),
  },
  {
    name: 'rules',
    what: 'the shipped rules: check, and the events beside each',
    quick: true,
    run: async () =>
      add(
        check('rules check', await command('bin/saker', 'rules', 'check', 'rules')),
        check('rules test', await command('bin/saker', 'rules', 'test', 'rules')),
      ),
  },
  {
    name: 'unit',
    what: 'units, no privileges',
    quick: true,
    run: (pattern) => runJest('unit', pattern),
  },
  {
    name: 'compat',
    what: "the outside world's formats",
    quick: false,
    run: (pattern) => runJest('compat', pattern),
  },
  {
    name: 'kernel',
    what: 'probes on this kernel and in guests',
    quick: false,
    run: (pattern) => runJest('kernel', pattern),
  },
  {
    name: 'e2e',
    what: 'the built sensor, on this kernel and in guests',
    quick: false,
    run: (pattern) => runJest('e2e', pattern),
  },
];

/** Runs a command with our terminal; true when it ended with status 0. */
function command(name: string, ...args: string[]): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(name, args, { stdio: ['ignore', 'inherit', 'inherit'] });
    child.on('error', (error) => {
      console.error(`${name}: ${error.message}`);
      resolve(false);
    });
    child.on('close', (status) => resolve(status === 0));
  });
}

const tracked = (...patterns: string[]): string[] =>
  spawnSync('git', ['ls-files', '-co', '--exclude-standard', '-z', ...patterns], {
    encoding: 'utf8',
  })
    .stdout.split('\0')
    .filter((name) => name !== '');

const has = (program: string): boolean =>
  spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;

async function clangFormat(): Promise<Outcome> {
  if (!has('clang-format-19')) return without('clang-format', 'clang-format-19');
  const files = tracked('*.c', '*.h', '*.cc');
  return check(
    'clang-format',
    files.length === 0 || (await command('clang-format-19', '--dry-run', '-Werror', ...files)),
  );
}

async function shellcheck(): Promise<Outcome> {
  if (!has('shellcheck')) return without('shellcheck', 'shellcheck');
  const files = tracked('bin', '.ci', 'test', 'deploy').filter((name) => isShell(name));
  return check('shellcheck', await command('shellcheck', '-x', '-P', '.', ...files));
}

function isShell(file: string): boolean {
  const head = spawnSync('head', ['-c', '64', file], { encoding: 'latin1' }).stdout;
  return /^#!\S*\b(ba)?sh\b|^#!\/bin\/busybox sh|shellcheck shell=/.test(head);
}
