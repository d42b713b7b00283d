import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { Files, saker, type Ran } from './cli.js';

/** The rule page itself: what it tells a person to write and run is written and run. */
const PAGE = readFileSync('rules/README.md', 'utf8');
const files = new Files();
afterAll(() => files.remove());

const folder = files.folder('my');
for (const [, name, text] of PAGE.matchAll(
  /```yaml\n# ((?:my\/)?\w+(?:\.test)?\.yaml)\n([^]*?)```/g,
)) {
  files.write(name!, text!);
}
const run = (...args: string[]): Promise<Ran> =>
  saker(
    args.map((arg) =>
      arg.replace(/^my\/|^(?=event\.yaml)/, (my) => `${my === '' ? dirname(folder) : folder}/`),
    ),
  );

describe('the rule page', () => {
  it('has a rule without problems', async () => {
    const checked = await run('rules', 'check', 'my/');
    expect(checked).toMatchObject({ out: '1 file, 1 rule: no problems\n', code: 0 });
  });

  it('has a test that passes', async () => {
    const tested = await run('rules', 'test', 'my/');
    expect(tested.out).toContain('4 passed, 0 failed');
    expect(tested.code).toBe(0);
  });

  it('shows what explain prints', async () => {
    const shown = /```\n(TLS key read by a stranger: [^]*?)```/.exec(PAGE)![1];
    const ran = await run(
      'rules',
      'explain',
      'TLS key read by a stranger',
      'my/',
      '--event',
      'event.yaml',
    );
    expect(ran.out).toBe(shown);
  });

  it('shows a condition that holds', async () => {
    const condition = /saker rules eval '([^']+)' --event/.exec(PAGE)![1]!;
    expect((await run('rules', 'eval', condition, '--event', 'event.yaml')).out).toBe('true\n');
  });

  it('names only commands and options that there are', async () => {
    const commands = new Set(
      [...PAGE.matchAll(/saker ((?:rules )?[a-z]+)/g)].map(([, words]) => words!),
    );
    expect(commands.size).toBeGreaterThan(12);
    for (const words of commands) {
      const help = await saker([...words.split(' '), '--help']);
      expect({ words, code: help.code, usage: help.out.split('\n')[0] }).toMatchObject({
        code: 0,
        usage: expect.stringContaining(`Usage: saker ${words}`),
      });
      const options = [
        ...PAGE.matchAll(new RegExp(`saker ${words}(?![a-z])([^\`\\n#]*)`, 'g')),
      ].flatMap(([, rest]) => rest!.match(/(?<=\s)--?[a-z-]+/g) ?? []);
      for (const option of options) expect(help.out).toContain(option);
    }
  });
});
