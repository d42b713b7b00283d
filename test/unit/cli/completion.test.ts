import { spawnSync } from 'node:child_process';
import type { Command } from 'commander';
import { makeProgram } from '../../../sensor/cli/program.js';
import { saker } from './cli.js';

const script = (await saker(['completion', 'bash'])).out;

/** What bash offers for the last word of a line; `saker` itself is a function that answers for `rules list --names`. */
function offered(...words: string[]): string[] {
  const quoted = words.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ');
  const test = `${script}
saker() { printf 'Sudo rights changed\\nShell calls out\\n'; }
COMP_WORDS=(${quoted}); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); _saker; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr, status } = spawnSync('bash', ['--norc', '-c', test], {
    encoding: 'utf8',
  });
  expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
  return stdout.split('\n').filter(Boolean);
}

describe('completion in bash', () => {
  it.each([
    [['ru'], ['run', 'rules']],
    [['rules', 'sho'], ['show']],
    [
      ['rules', 'check', '-o', 'falco'],
      ['falco', 'falco-json'],
    ],
    [['rules', 'explain', 'Sudo rights changed', '--ev'], ['--event']],
    [['rules', 'show', 'Su'], ['Sudo rights changed']],
    [['rules', 'show', 'Sudo\\ ri'], ['Sudo rights changed']],
    [['rules', 'describe', '--rule', 'Sh'], ['Shell calls out']],
    [['fields', 'proc.anam'], ['proc.aname']],
    [
      ['completion', ''],
      ['bash', 'zsh', 'fish'],
    ],
    [['rules', 'check', 'package.js'], ['package.json']],
    [
      ['rules', 'test', '--compat', ''],
      ['falco', 'strict'],
    ],
  ])('completes saker %j', (words, expected) => {
    expect(offered('saker', ...words)).toEqual(expect.arrayContaining(expected));
  });

  it('offers only what begins like the word', () => {
    expect(offered('saker', 'rules', 'check', '-o', 'falco')).toEqual(['falco', 'falco-json']);
    expect(offered('saker', 'rules', 'show', 'xyz')).toEqual([]);
  });

  it('offers every command of the tree', () => {
    const walk = (command: Command, path: string[]): void => {
      const children = command.commands.filter((child) => child.name() !== 'help');
      if (children.length === 0) return;
      expect(offered('saker', ...path, '').sort()).toEqual(
        children.map((child) => child.name()).sort(),
      );
      for (const child of children) walk(child, [...path, child.name()]);
    };
    walk(makeProgram(), []);
  });
});

describe('help', () => {
  it('shows examples for every command about rules, fields and completion', async () => {
    const rules = makeProgram().commands.find((command) => command.name() === 'rules')!;
    for (const args of [
      ...rules.commands.map((command) => ['rules', command.name()]),
      ['fields'],
      ['completion'],
    ]) {
      const { out, code } = await saker([...args, '--help']);
      expect({ args, code, examples: out.includes('\nExamples:\n') }).toEqual({
        args,
        code: 0,
        examples: true,
      });
    }
  });
});

describe('completion in the other shells', () => {
  it.each(['zsh', 'fish'])('names every command and option for %s', async (shell) => {
    const text = (await saker(['completion', shell])).out;
    const walk = (command: Command): void => {
      for (const child of command.commands) walk(child);
      for (const { long } of command.options) {
        expect(text).toContain(shell === 'fish' ? `-l ${long!.slice(2)} ` : long!);
      }
    };
    walk(makeProgram());
    expect(text).toContain('rules explain');
    expect(text).toContain('proc.aname');
  });

  it('refuses a shell it does not know', async () => {
    expect((await saker(['completion', 'tcsh'])).code).toBe(2);
  });
});
