import { Files, rule, saker, type Ran } from './cli.js';

const files = new Files();
afterAll(() => files.remove());

const LIB = `- list: inner
  items: [b]
- list: names
  items: [a, inner]
- macro: named
  condition: proc.name in (names)
- macro: opened
  condition: evt.type = open and named
`;
const RULES =
  rule('One', 'opened') +
  rule('Two', 'evt.type = open and proc.pid = 1', 'priority: ERROR\n  tags: [x, y]') +
  rule('Three', 'evt.type = execve');

let count = 0;
async function diff(
  before: string,
  after: string,
  ...more: string[]
): Promise<Ran & { json: Diff }> {
  const [old, young] = [
    files.write(`${++count}a.yaml`, before),
    files.write(`${count}b.yaml`, after),
  ];
  const text = await saker(['rules', 'diff', old, young, ...more]);
  const json = await saker(['rules', 'diff', old, young, '-o', 'json', ...more]);
  return { ...text, json: JSON.parse(json.out) as Diff };
}

interface Diff {
  readonly ok: boolean;
  readonly same: boolean;
  readonly rules: {
    readonly added: { name: string }[];
    readonly removed: { name: string }[];
    readonly changed: {
      name: string;
      because: string[];
      changes: { key: string; before: unknown; after: unknown }[];
    }[];
    readonly unchanged: number;
  };
  readonly macros: { name: string; change: string; affects: string[] }[];
  readonly lists: {
    name: string;
    change: string;
    affects: string[];
    changes: { added: string[]; removed: string[] }[];
  }[];
}

const keysOf = ({ json }: { json: Diff }): string[] =>
  json.rules.changed.flatMap(({ name, changes }) => changes.map(({ key }) => `${name}: ${key}`));

describe('saker rules diff', () => {
  it('says that nothing changes, whatever the layout of the files', async () => {
    const same = await diff(
      LIB + RULES,
      `# a comment\n${LIB}${RULES.replace('evt.type = execve', '>\n    evt.type =\n    execve')}`,
    );
    expect(same.out).toBe('no difference\n');
    expect(same.json).toMatchObject({ same: true, rules: { unchanged: 3 } });
  });

  it('finds rules added and removed', async () => {
    const changed = await diff(LIB + RULES, LIB + RULES.replace('rule: Two', 'rule: Four'));
    expect(changed.json.rules.added).toMatchObject([{ name: 'Four' }]);
    expect(changed.json.rules.removed).toMatchObject([{ name: 'Two' }]);
    expect(changed.out).toContain('1 rule added, 1 removed, 0 changed');
  });

  it.each([
    ['condition', 'proc.pid = 1', 'proc.pid = 2'],
    ['output', 'o %proc.name\n  priority: ERROR', 'o %proc.pid\n  priority: ERROR'],
    ['priority', 'priority: ERROR', 'priority: DEBUG'],
    ['enabled', 'tags: [x, y]', 'tags: [x, y]\n  enabled: false'],
    ['tags', 'tags: [x, y]', 'tags: [y, z]'],
    [
      'exceptions',
      'tags: [x, y]',
      'tags: [x, y]\n  exceptions: [{name: e, fields: proc.name, values: [q]}]',
    ],
  ])('finds a changed %s', async (key, from, to) => {
    const changed = await diff(LIB + RULES, LIB + RULES.replace(from, to));
    expect(keysOf(changed)).toEqual([`Two: ${key}`]);
    expect(changed.out).toContain('~ rule Two');
  });

  it('says which tags came and went', async () => {
    const changed = await diff(LIB + RULES, LIB + RULES.replace('[x, y]', '[y, z]'));
    expect(changed.out).toContain('tags: -x +z');
  });

  it('finds a changed action with its mode', async () => {
    const blocking = (mode: string): string =>
      rule(
        'Net',
        'evt.type = connect and fd.sip = 192.0.2.1',
        `priority: ERROR\n  action: block\n  mode: ${mode}`,
      );
    expect(keysOf(await diff(blocking('audit'), blocking('enforce')))).toEqual(['Net: mode']);
    const alert = rule('Net', 'evt.type = connect and fd.sip = 192.0.2.1', 'priority: ERROR');
    expect(keysOf(await diff(alert, blocking('enforce')))).toEqual(['Net: action', 'Net: mode']);
  });

  it('follows a list through lists and macros to the rules it reaches', async () => {
    const changed = await diff(LIB + RULES, LIB.replace('items: [b]', 'items: [b, c]') + RULES);
    expect(changed.json.lists).toMatchObject([
      {
        name: 'inner',
        change: 'changed',
        affects: ['One'],
        changes: [{ added: ['c'], removed: [] }],
      },
    ]);
    expect(changed.json.rules.changed).toMatchObject([
      { name: 'One', because: ['list inner'], changes: [{ key: 'condition_resolved' }] },
    ]);
  });

  it('names the macro that changed a rule', async () => {
    const changed = await diff(
      LIB + RULES,
      LIB.replace('evt.type = open and named', 'evt.type = openat and named') + RULES,
    );
    expect(changed.json.macros).toMatchObject([{ name: 'opened', affects: ['One'] }]);
    expect(changed.out).toContain('~ rule One  (because of macro opened)');
  });

  it('reports a macro that no rule uses without a changed rule', async () => {
    const changed = await diff(
      RULES.replace('opened', 'evt.type = open'),
      `- macro: idle\n  condition: proc.pid = 1\n${RULES.replace('opened', 'evt.type = open')}`,
    );
    expect(changed.json).toMatchObject({
      same: false,
      rules: { changed: [] },
      macros: [{ name: 'idle', change: 'added', affects: [] }],
    });
    expect(changed.out).toContain('the same alerts');
  });

  it('reports the fewest rules whose place changed', async () => {
    const [a, b, c] = ['A', 'B', 'C'].map((name, i) =>
      rule(name, `evt.type = open and proc.pid = ${i}`),
    );
    const moved = await diff(`${a}${b}${c}`, `${c}${a}${b}`);
    expect(keysOf(moved)).toEqual(['C: order']);
  });

  it('has a status for scripts', async () => {
    expect(
      (
        await diff(
          RULES.replace('opened', 'evt.type = open'),
          rule('Other', 'evt.type = open'),
          '--exit-code',
        )
      ).code,
    ).toBe(1);
    expect(
      (await diff(RULES.replace('opened', 'evt.type = open'), rule('Other', 'evt.type = open')))
        .code,
    ).toBe(0);
  });

  it('says that a reload of faulty files would be refused', async () => {
    const refused = await diff(
      rule('A', 'evt.type = open'),
      rule('A', 'evt.type = open and fd.nmae = /x'),
    );
    expect(refused.code).toBe(1);
    expect(refused.err).toContain('a reload would be refused');
    expect(refused.json.ok).toBe(false);
  });
});
