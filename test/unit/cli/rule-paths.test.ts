import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Files, saker } from './cli.js';

const files = new Files();
afterAll(() => files.remove());

const lists = files.write('lists.yaml', '- list: shells\n  items: [bash]\n');
const macros = files.write('macros.yaml', '- macro: a_shell\n  condition: proc.name in (shells)\n');
const rule = files.write(
  'rule.yaml',
  '- rule: A shell\n  desc: d\n  condition: evt.type = execve and a_shell\n  output: o\n  priority: INFO\n  tags: [shells]\n',
);

describe('the paths of rule commands', () => {
  it('--with takes one path and leaves the next to the command, wherever it stands', async () => {
    const args = [
      ['--with', lists, '--with', macros, rule],
      [rule, '--with', lists, '--with', macros],
    ];
    for (const paths of args) {
      const ran = await saker(['rules', 'check', ...paths]);
      expect(ran).toEqual({ out: '3 files, 1 rule: no problems\n', err: '', code: 0 });
      const listed = await saker(['rules', 'list', '--names', ...paths]);
      expect(listed.out).toBe('A shell\n');
    }
    const without = await saker(['rules', 'check', '--with', lists, rule]);
    expect([without.code, without.out]).toEqual([1, expect.stringContaining('[unknown-macro]')]);
  });

  it('a folder without rule files is a finding, never "no problems"', async () => {
    const empty = mkdtempSync(join(tmpdir(), 'saker-empty-'));
    for (const command of ['check', 'list', 'test', 'coverage']) {
      const ran = await saker(['rules', command, empty]);
      expect(ran).toMatchObject({ out: '', code: 1 });
      expect(ran.err).toContain(`no rule file in ${empty} [NO_RULES]`);
    }
    rmSync(empty, { recursive: true });
  });

  it('a path that is not there is said in words', async () => {
    const ran = await saker(['rules', 'check', '/no/such.yaml']);
    expect(ran.err).toContain('cannot read /no/such.yaml: there is no such file or folder');
    expect(ran.code).toBe(3);
    const config = await saker(['config', 'check', '/no/such.yaml']);
    expect(config.err).toContain('cannot be read: there is no such file or folder');
    expect(config.err).toContain('deploy/saker.yaml is a sample');
    expect(config.code).toBe(6);
  });

  it('a tag that no rule has is said', async () => {
    const args = ['rules', 'list', '--with', lists, '--with', macros, rule];
    expect((await saker([...args, '--tag', 'shells'])).out).toContain('A shell');
    const none = await saker([...args, '--tag', 'shell']);
    expect(none).toEqual({ out: '', err: 'saker: no rule has the tag "shell"\n', code: 1 });
  });
});

describe('wrong use', () => {
  it.each([
    ['rules check --bogus', 'saker rules check --help` shows what it takes'],
    ['record', 'saker record --help` shows what it takes'],
    ['rules chekc', 'saker rules --help` lists the commands'],
    ['rulez', 'saker --help` lists the commands'],
  ])('of `%s` points to the help that answers', async (line, hint) => {
    const ran = await saker(line.split(' '));
    expect([ran.code, ran.err]).toEqual([2, expect.stringContaining(hint)]);
  });
});
