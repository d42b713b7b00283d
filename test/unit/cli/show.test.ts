import { Files, rule, saker } from './cli.js';

const files = new Files();
afterAll(() => files.remove());

interface Shown {
  readonly condition_resolved: string;
  readonly events: string[] | 'all';
  readonly events_captured: string[];
  readonly cost: {
    readonly class: string;
    readonly why: string;
    readonly checks: Record<string, number>;
  };
  readonly kernel: { kind: string; words: string; kept: number; classes: number }[];
  readonly fields: { field: string; in: string[]; trust: string }[];
}

let count = 0;
async function show(condition: string, lib = ''): Promise<Shown> {
  const file = files.write(`${++count}.yaml`, lib + rule('R', condition));
  return JSON.parse((await saker(['rules', 'show', 'R', file, '-o', 'json'])).out) as Shown;
}

describe('saker rules show', () => {
  const LIB =
    '- list: inner\n  items: [b]\n- list: names\n  items: [a, inner]\n- macro: named\n  condition: proc.name in (names)\n';

  it('puts macros and lists in place', async () => {
    const shown = await show('evt.type = open and named', LIB);
    expect(shown.condition_resolved).toBe('(evt.type = open and proc.name in (a, b))');
    expect(shown).toMatchObject({ macros: ['named'], events: ['open'], events_captured: ['open'] });
  });

  it('says which fields are read where, and whom they trust', async () => {
    const { fields } = await show(
      'evt.type = open and fd.name startswith /etc and proc.name = val(proc.pname)',
    );
    expect(fields).toMatchObject([
      { field: 'evt.type', in: ['condition'] },
      { field: 'fd.name', in: ['condition'] },
      { field: 'proc.name', in: ['condition', 'output'], trust: 'subject' },
      { field: 'proc.pname', in: ['condition'] },
    ]);
  });

  it.each([
    ['evt.type = open and evt.is_open_write = true and fd.num >= 0', 'integers only'],
    ['evt.type = connect and fd.sip = 192.0.2.1', 'integers only'],
    ['evt.type = open and len(proc.args) > 5', 'integers only'],
    ['evt.type = open and proc.name in (a, b)', 'one set look-up'],
    ['evt.type = open and fd.name startswith /etc', 'text'],
    ['evt.type = open and proc.name = val(proc.pname)', 'text'],
    ['evt.type = open and tolower(proc.name) = a', 'text'],
    ['evt.type = open and fd.name glob /etc/*', 'pattern'],
    ['evt.type = open and proc.args regex a+', 'pattern'],
    ['proc.name in (a, b)', 'any event'],
  ])('classes %s as %s', async (condition, expected) => {
    const { cost } = await show(condition);
    expect(cost.class).toBe(expected);
    expect(cost.why).not.toBe('');
  });

  it('counts a macro that stands twice once', async () => {
    const { cost } = await show('evt.type = open and (named or not named)', LIB);
    expect(cost.checks).toMatchObject({ 'event type': 1, 'one set look-up': 1 });
  });

  it.each([
    ['evt.type in (open, openat) and evt.is_open_write = true', 'file.open', 'for writing'],
    [
      'evt.type in (open, openat) and evt.is_open_write = true and fd.num >= 0',
      'file.open',
      'successful, for writing',
    ],
    ['evt.type = openat', 'file.open', 'all'],
    ['evt.type = connect and fd.sip = 192.0.2.1', 'net.connect', 'IPv4 or IPv6'],
    ['evt.type = connect and fd.typechar = u', 'net.connect', 'unix'],
    [
      'evt.type = openat and fd.type = ipv4 and evt.is_open_read = true and fd.sport = 1',
      'file.open',
      'none',
    ],
  ])('says what the kernel keeps for %s', async (condition, kind, words) => {
    const { kernel } = await show(condition);
    expect(kernel).toMatchObject([{ kind, words }]);
  });

  it('names macros where placing them would fill the screen', async () => {
    const doubling = Array.from(
      { length: 60 },
      (_, i) => `- macro: m${i + 1}\n  condition: (m${i} and m${i})\n`,
    ).join('');
    const file = files.write(
      'doubling.yaml',
      `- macro: m0\n  condition: proc.pid = 1\n${doubling}${rule('R', 'evt.type = open and m60')}`,
    );
    const { out } = await saker(['rules', 'show', 'R', file]);
    expect(out).toContain('(evt.type = open and m60)');
    expect(out.length).toBeLessThan(3000);
  });

  it('says that the kernel decides a rule with an action', async () => {
    const text = (await saker(['rules', 'show', 'Block shells from calling the internet'])).out;
    expect(text).toMatch(/^action +block, mode audit, reply reject$/m);
    expect(text).toContain('decided in the kernel');
    expect(text).not.toContain('cost:');
    expect(text).toMatch(/^hints\n(?: {2}.*\n)* {2}mode: audit reports only/m);
  });

  it('lays the whole out for a person', async () => {
    const { out, code } = await saker(['rules', 'show', 'shell opens a network connection']);
    expect(code).toBe(0);
    expect(out).toMatch(/^rule +Shell opens a network connection$/m);
    expect(out).toMatch(/^ {4}evt\.type = connect$/m);
    expect(out).toMatch(/^cost: pattern$/m);
    expect(out).toMatch(/net\.connect +IPv4 or IPv6/);
    expect(
      Math.max(
        ...out
          .split('condition, macros')[1]!
          .split('\noutput')[0]!
          .split('\n')
          .map(({ length }) => length),
      ),
    ).toBeLessThanOrEqual(110);
  });

  it('suggests a name for one that is not there, and shows what is wrong with a faulty rule', async () => {
    const missing = await saker(['rules', 'show', 'Sudo right changed']);
    expect(missing.code).toBe(1);
    expect(missing.err).toContain('Sudo rights changed');
    const faulty = await saker([
      'rules',
      'show',
      'R',
      files.write('f.yaml', rule('R', 'evt.type = opne')),
    ]);
    expect(faulty.code).toBe(1);
    expect(faulty.err).toContain('[unknown-event-type]');
  });
});

describe('saker rules explain', () => {
  const event = files.write(
    'event.yaml',
    '{ base: open_write, fd.name: /etc/sudoers, fd.realpath: /etc/sudoers }',
  );

  it('says that a rule matches, with its alert and every clause', async () => {
    const { out, code } = await saker([
      'rules',
      'explain',
      'Sudo rights changed',
      '--event',
      event,
    ]);
    expect(code).toBe(0);
    expect(out).toContain(
      'Sudo rights changed: matches\n  alert: Sudo rights changed (file=/etc/sudoers',
    );
    expect(out).toMatch(/✓ fd\.realpath in .*# fd\.realpath is "\/etc\/sudoers"/);
  });

  it('says which clause failed', async () => {
    const visudo = files.write(
      'visudo.yaml',
      '{ base: open_write, fd.realpath: /etc/sudoers, proc.exepath: /usr/sbin/visudo }',
    );
    const ran = await saker([
      'rules',
      'explain',
      'Sudo rights changed',
      '--event',
      visudo,
      '-o',
      'json',
    ]);
    const explained = JSON.parse(ran.out) as {
      matches: boolean;
      clauses: { clauses: { kind: string; result: boolean }[] };
    };
    expect(explained.matches).toBe(false);
    expect(explained.clauses.clauses.map(({ result }) => result)).toEqual([
      true,
      true,
      false,
      true,
    ]);
  });

  it('says that a rule never looks at such an event, or is disabled', async () => {
    const file = files.write(
      'r.yaml',
      rule('R', 'evt.type != open or proc.pid = 1', 'priority: ERROR\n  enabled: false'),
    );
    const opened = files.write('o.yaml', '{ base: exec, evt.type: openat }');
    const ran = await saker(['rules', 'explain', 'R', file, '--event', opened]);
    expect(ran.out).toContain('note: the rule is disabled');
    const connect = files.write('c.yaml', '{ base: connect }');
    const other = await saker(['rules', 'explain', 'Sudo rights changed', '--event', connect]);
    expect(other.out).toContain('does not match');
    expect(other.out).toContain('the rule never looks at events of type connect');
  });

  it.each([
    ['not: a field\n', 'not'],
    ['[1, 2]\n', 'an object of fields and values'],
    ['user.uid: many\nfd.sip: here\n', 'user.uid: "many" is not a whole number; fd.sip'],
    ['{ base: exce }', 'no base "exce"'],
    ['{', ''],
  ])('refuses the event %j', async (text, message) => {
    const { code, err } = await saker([
      'rules',
      'explain',
      'Sudo rights changed',
      '--event',
      files.write('x.yaml', text),
    ]);
    expect(code).toBe(1);
    expect(err).toContain('[EVENT_INVALID]');
    expect(err).toContain(message);
  });

  it('has other statuses for a missing file and a missing option', async () => {
    expect(
      (await saker(['rules', 'explain', 'Sudo rights changed', '--event', '/does/not/exist'])).code,
    ).toBe(3);
    expect((await saker(['rules', 'explain', 'Sudo rights changed'])).code).toBe(2);
  });
});
