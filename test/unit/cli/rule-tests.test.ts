import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Files, saker } from './cli.js';

/** Runs with these files in a folder of their own. */
async function withFiles(
  texts: Readonly<Record<string, string>>,
  run: (dir: string) => Promise<void>,
): Promise<void> {
  const files = new Files();
  let dir = '';
  for (const [name, text] of Object.entries(texts)) dir = dirname(files.write(name, text));
  try {
    await run(dir);
  } finally {
    files.remove();
  }
}

const RULE = `
- rule: Sudoers read
  desc: Something reads the sudoers file.
  condition: evt.type in (open, openat) and fd.name = /etc/sudoers and not proc.name in (sudo, visudo)
  output: Sudoers read (command=%proc.cmdline)
  priority: WARNING
`;
const TESTS = `
fires:
  - { base: open, name: cat reads it, fd.name: /etc/sudoers, proc.name: cat }
quiet:
  - { base: open, name: sudo reads it, fd.name: /etc/sudoers, proc.name: sudo }
`;

describe('saker rules test', () => {
  it('shows the difference and the clause tree of what fails, also in the report', async () => {
    await withFiles(
      { 'my.yaml': RULE, 'my.test.yaml': TESTS.replace('proc.name: cat', 'proc.name: sudo') },
      async (dir) => {
        const report = join(dir, 'report.xml');
        const { out, code } = await saker(['rules', 'test', dir, '--junit', report]);
        expect(code).toBe(1);
        expect(out).toContain('    - fires\n    + is quiet\n');
        expect(out).toContain('✓ proc.name in (sudo, visudo)   # proc.name is "sudo"');
        const xml = readFileSync(report, 'utf8');
        expect(xml).toMatch(
          /^<\?xml version="1.0" encoding="UTF-8"\?>\n<testsuites tests="2" failures="1"/,
        );
        expect(xml).toContain('<failure message="- fires">- fires&#10;+ is quiet&#10;');
      },
    );
  });

  it('says in one run, in order, what is wrong with a test file, and what was meant', async () => {
    const bad =
      'fires:\n  - { base: opn, fd.name: /x }\n  - { base: open, fd.nme: x }\nquit: []\nquiet: []\n';
    await withFiles({ 'my.yaml': RULE, 'my.test.yaml': bad }, async (dir) => {
      const { out, code } = await saker(['rules', 'test', dir]);
      expect(code).toBe(1);
      const errors = out.match(/:\d+: error: .*/g);
      expect(errors).toEqual([
        expect.stringContaining(':2: error: no base "opn": did you mean "open"?'),
        expect.stringContaining(
          ':3: error: fd.nme: unknown field "fd.nme": did you mean "fd.name"?',
        ),
        expect.stringContaining(':4: error: unknown key "quit": did you mean "quiet"?'),
        expect.stringContaining('at least one event that is quiet'),
      ]);
    });
  });

  it('takes no tests at all for a mistake', async () => {
    await withFiles({ 'my.yaml': RULE }, async (dir) => {
      const { err, code } = await saker(['rules', 'test', dir]);
      expect(code).toBe(1);
      expect(err).toMatch(
        /no rule tests in .* \[NO_TESTS\]\n {2}hint: the tests of my_rule.yaml are in my_rule.test.yaml/,
      );
    });
  });

  it('says that a report cannot be written', async () => {
    await withFiles({ 'my.yaml': RULE, 'my.test.yaml': TESTS }, async (dir) => {
      const { err, code } = await saker(['rules', 'test', dir, '--junit', '/nonexistent/x.xml']);
      expect(code).toBe(3);
      expect(err).toMatch(/^saker: cannot write \/nonexistent\/x.xml: .*\[JUNIT_WRITE\]\n$/);
    });
  });
});

describe('test files that are not as they should be', () => {
  const problems = async (tests: string): Promise<readonly string[]> => {
    let lines: readonly string[] = [];
    await withFiles({ 'my.yaml': RULE, 'my.test.yaml': tests }, async (dir) => {
      const { out, code } = await saker(['rules', 'test', dir, '-o', 'json']);
      const report = JSON.parse(out) as {
        problems: { line: number; reason: string }[];
        failed: number;
      };
      expect([code, report.failed]).toEqual([1, 0]);
      lines = report.problems.map(({ line, reason }) => `${line}: ${reason}`);
    });
    return lines;
  };

  it('is told of in one line each; a faulty event is not judged as well', async () => {
    const faulty = TESTS.replace('fd.name: /etc/sudoers, proc.name: cat', 'fd.nam: x');
    expect(await problems(faulty)).toEqual([
      '3: fd.nam: unknown field "fd.nam": did you mean "fd.name"?',
    ]);
    expect(await problems('fires: [\n')).toEqual([expect.not.stringContaining('\n')]);
    expect(await problems(TESTS.replace(/fires:\n.*\n/, 'fires: {a: b}\n'))).toEqual([
      '2: "fires" is a list of events',
    ]);
    expect(
      await problems(TESTS.replace('base: open, name: cat', 'base: toString, name: cat')),
    ).toEqual([expect.stringMatching(/^3: no base "toString": /)]);
  });
  it('anchors and aliases are values', async () => {
    const tests = TESTS.replace('fd.name: /etc/sudoers', 'fd.name: &f /etc/sudoers').replace(
      /(?<=sudo reads it, )fd.name: .etc.sudoers/,
      'fd.name: *f',
    );
    await withFiles({ 'my.yaml': RULE, 'my.test.yaml': tests }, async (dir) => {
      expect(await saker(['rules', 'test', dir])).toMatchObject({ code: 0 });
    });
  });
  it('a test file that is named stands for the rule beside it', async () => {
    await withFiles({ 'my.yaml': RULE, 'my.test.yaml': TESTS }, async (dir) => {
      const alone = await saker(['rules', 'test', join(dir, 'my.test.yaml')]);
      expect(alone.out).toMatch(/^2 passed, 0 failed /);
      const both = await saker(['rules', 'test', join(dir, 'my.yaml'), join(dir, 'my.test.yaml')]);
      expect(both.out).toMatch(/^2 passed, 0 failed /);
    });
  });
  it('control characters of titles move no cursor', async () => {
    const tests = TESTS.replace('name: cat reads it', 'name: "\\e[2J"').replace(
      'proc.name: cat',
      'proc.name: sudo',
    );
    await withFiles({ 'my.yaml': RULE, 'my.test.yaml': tests }, async (dir) => {
      const { out } = await saker(['rules', 'test', dir]);
      expect(out).toContain('\\x1b[2J');
    });
  });
});

it('an event file that cannot be read, or is no event, is told of in one line', async () => {
  const bomb = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]'];
  for (let i = 1; i < 8; i++)
    bomb.push(
      `a${i}: &a${i} [${Array(10)
        .fill(`*a${i - 1}`)
        .join(', ')}]`,
    );
  const texts = { 'my.yaml': RULE, 'broken.yaml': 'a: [\n', 'bomb.yaml': bomb.join('\n') };
  await withFiles(texts, async (dir) => {
    const explained = async (event: string): Promise<readonly [number, string]> => {
      const args = ['rules', 'explain', 'Sudoers read', join(dir, 'my.yaml'), '--event', event];
      const { code, err } = await saker(args);
      return [code, err.split('\n')[0]!];
    };
    expect(await explained(join(dir, 'no.yaml'))).toEqual([
      3,
      expect.stringContaining('no such file'),
    ]);
    expect(await explained(dir)).toEqual([3, expect.stringContaining('it is a folder')]);
    for (const name of ['broken.yaml', 'bomb.yaml']) {
      expect(await explained(join(dir, name))).toEqual([
        1,
        expect.stringMatching(/\[EVENT_INVALID\]$/),
      ]);
    }
  });
});
