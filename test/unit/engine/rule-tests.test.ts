import {
  BASES,
  explain,
  formatClauses,
  formatRuleTests,
  junitRuleTests,
  parseRuleTests,
  PLAIN_FIELDS,
  plainEvent,
  runRuleTests,
} from '../../../sensor/engine/index.js';
import type { FieldValue } from '../../../sensor/lang/field-def.js';
import { and, compare, exists, macro, not, or, rule, use } from '../../support/conditions.js';
import { leastCpuMs } from '../../support/least-cpu.js';

const spawned = macro(
  'spawned_process',
  and(compare('evt.type', 'in', 'execve', 'execveat'), compare('evt.arg.res', '=', '0')),
);
const webShell = rule(
  'Shell from a web server',
  and(
    spawned,
    compare('proc.name', 'in', 'sh', 'bash'),
    or(compare('proc.aname', '=', 'nginx'), compare('proc.pname', '=', 'httpd')),
    not(compare('user.uid', '=', 1000)),
  ),
  {
    file: 'rules/execution/web_shell.yaml',
    events: new Set(['execve', 'execveat']),
    output: [
      { kind: 'text', text: 'Shell ' },
      {
        kind: 'value',
        operand: { kind: 'field', use: use('proc.name'), span: { start: 0, end: 0 } },
        width: 0,
        text: '%proc.name',
      },
    ],
  },
);
const rules = { rules: [webShell] };
const FILE = 'rules/execution/web_shell.test.yaml';

const GOOD = `
bases:
  shell: { base: exec, proc.name: bash, proc.pname: nginx }
fires:
  - { base: shell, name: parent is nginx, message: Shell bash }
  - { base: shell, proc.pname: php-fpm, proc.aname: [php-fpm, nginx, systemd] }
quiet:
  - { base: shell, evt.rawres: -2, evt.res: ENOENT, evt.arg.res: ENOENT }
  - { base: shell, user.uid: 1000 }
  - { base: open, proc.name: bash, proc.pname: nginx }
`;

function run(text: string) {
  const { cases, problems } = parseRuleTests(FILE, text);
  return { report: runRuleTests(rules, cases), problems };
}

describe('rule tests', () => {
  it('pass when events fire and stay quiet as the file says', () => {
    const { report, problems } = run(GOOD);
    expect(problems).toEqual([]);
    expect(report.results.map((result) => result.failure)).toEqual([null, null, null, null, null]);
    expect(report).toMatchObject({ passed: 5, failed: 0, untested: [] });
    expect(formatRuleTests(report)).toMatch(/^5 passed, 0 failed \(\d+ ms\)$/);
  });

  it('show a diff and the clause tree with values when an event does not fire', () => {
    const { report } = run(
      'fires: [{ base: exec, name: too weak, proc.name: bash }]\nquiet: [{ base: open }]',
    );
    expect(report.failed).toBe(1);
    const text = formatRuleTests(report);
    expect(text).toContain(`${FILE}:1: Shell from a web server: too weak`);
    expect(text).toContain('- fires\n    + is quiet');
    expect(text).toContain('✓ spawned_process\n');
    expect(text).toContain('✗ or\n');
    expect(text).toContain(
      '✗ proc.aname = nginx   # proc.aname is ["bash", "sshd", "sshd", "systemd"]',
    );
    // The macro held, so what is in it does not matter.
    expect(text).not.toContain('evt.arg.res');
  });

  it('say when an event fires that should be quiet, and when the message differs', () => {
    const { report } = run(
      'fires: [{ base: exec, proc.name: sh, proc.pname: httpd, message: Shell zsh }]\n' +
        'quiet: [{ base: exec, proc.name: sh, proc.pname: httpd }]',
    );
    expect(report.results.map((result) => result.failure?.split('\n').slice(0, 2))).toEqual([
      ['- message: Shell zsh', '+ message: Shell sh'],
      ['- is quiet', '+ fires'],
    ]);
  });

  it('report every problem of a file with its line', () => {
    const { problems } = run(`
fire: []
fires:
  - { base: exek }
  - { proc.nmae: x, user.uid: many, fd.sip: here, colour: red }
quiet: []
`);
    expect(problems.map(({ line, reason }) => `${line} ${reason.split(':')[0]}`)).toEqual([
      '2 unknown key "fire"',
      '4 no base "exek"',
      '5 "colour" is neither a field nor one of base, name, message',
      '5 proc.nmae',
      '5 user.uid',
      '5 fd.sip',
      '6 at least one event that is quiet is wanted',
    ]);
  });

  it('report YAML that cannot be read, and rules that are not there', () => {
    expect(run('fires: [').problems.length).toBeGreaterThan(0);
    const { report } = run('rule: No such\nfires: [{ base: exec }]\nquiet: [{ base: exec }]');
    expect(report.results[0]?.failure).toBe('no rule is called "No such"');
    const elsewhere = parseRuleTests('rules/x.test.yaml', GOOD).cases;
    expect(runRuleTests(rules, elsewhere).results[0]?.failure).toMatch(
      /^no rule in .*rules\/x\.yaml/,
    );
  });

  it('test rules that are off or act, each by itself', () => {
    const action = { action: 'block', mode: 'enforce', reply: 'reject' } as const;
    const set = { rules: [{ ...webShell, enabled: false, action }] };
    const report = runRuleTests(set, parseRuleTests(FILE, GOOD).cases);
    expect(report.failed).toBe(0);
    expect(report.results[0]?.rule).toBe(set.rules[0]);
  });

  it('name the rules no test is about', () => {
    const other = rule('Other', exists('fd.name'), { file: 'rules/other.yaml' });
    const report = runRuleTests({ rules: [webShell, other] }, parseRuleTests(FILE, GOOD).cases);
    expect(report.untested).toEqual([other]);
  });

  it('are written as JUnit XML, hostile characters and all', () => {
    const { cases } = parseRuleTests(
      FILE,
      'fires: [{ base: exec, name: "<a>&\\"\\u0001" }]\nquiet: [{ base: exec }]',
    );
    const xml = junitRuleTests(runRuleTests(rules, cases), [
      { file: 'x', line: 3, reason: 'a < b' },
    ]);
    expect(xml).toContain('<testsuites tests="2" failures="1" errors="1">');
    expect(xml).toContain('name="&lt;a&gt;&amp;&quot;\ufffd"');
    expect(xml).toContain('<error message="a &lt; b"/>');
    expect(xml).toContain('<failure message="- fires">');
  });

  it('run by the thousand in a second', () => {
    const { cases } = parseRuleTests(FILE, GOOD);
    const many = Array.from({ length: 4000 }, (_, i) => cases[i % cases.length]!);
    const ms = leastCpuMs(2000, () => {
      expect(runRuleTests(rules, many).passed).toBe(4000);
    });
    expect(ms).toBeLessThan(2000);
  });
});

describe('plain events', () => {
  const value = (values: Record<string, unknown>, field: string): FieldValue => {
    const { event, problems } = plainEvent(values);
    expect(problems).toEqual([]);
    return PLAIN_FIELDS.getter(use(field))(event);
  };

  it.each<[Record<string, unknown>, string, FieldValue]>([
    [{ 'proc.name': 'zażółć' }, 'proc.name', Buffer.from('zażółć').toString('latin1')],
    [{ 'proc.name': 7 }, 'proc.name', '7'],
    [{ 'fd.sip': '10.0.0.1' }, 'fd.sip', 0x0a000001],
    [{ 'fd.sip': '::ffff:10.0.0.1' }, 'fd.sip', 0x0a000001],
    [{ 'fd.sip': '2001:db8::1' }, 'fd.sip', ' \u0001\r\u00b8\0\0\0\0\0\0\0\0\0\0\0\u0001'],
    [{ 'fd.cip': '10.0.0.2', 'fd.sip': '10.0.0.1' }, 'fd.ip', [0x0a000002, 0x0a000001]],
    [{ 'fd.sip': '10.0.0.1', 'fd.sport': 80 }, 'fd.name', '10.0.0.1:80'],
    [{ 'fd.cport': 5, 'fd.sport': 80, 'fd.is_server': true }, 'fd.lport', 80],
    [{ 'proc.aname': ['a', 'b'] }, 'proc.aname[2]', 'b'],
    [{ 'proc.aname': ['a', 'b'], 'proc.name': 'x' }, 'proc.aname[0]', 'x'],
    [{ 'proc.aname': ['a', 'b'] }, 'proc.pname', 'a'],
    [{ 'proc.aname': ['a', 'b'], 'proc.pname': 'c' }, 'proc.aname', ['c', 'b']],
    [{ 'proc.duration': '5ms' }, 'proc.duration', 5_000_000],
    [{ 'evt.rawtime': '2026-01-02T03:04:05Z' }, 'evt.rawtime', 1_767_323_045_000_000_000n],
    [{ 'evt.rawres': -2 }, 'evt.failed', true],
    [{ 'evt.rawres': 0 }, 'evt.arg.res', '0'],
    [{ 'fd.name': '/etc/passwd', 'fd.typechar': 'f' }, 'fd.filename', 'passwd'],
    [{ 'fd.name': '/etc/passwd', 'fd.typechar': 'f' }, 'fd.directory', '/etc'],
    [{ 'fd.name': '/passwd', 'fd.typechar': 'f' }, 'fd.directory', '/'],
    [{ 'fd.name': '/etc', 'fd.typechar': 'd' }, 'fd.directory', '/etc'],
    [{}, 'fd.filename', null],
    [{ 'proc.name': 'ls', 'proc.args': '-l' }, 'proc.cmdline', 'ls -l'],
    [{ 'evt.rawarg.flags': 3 }, 'evt.rawarg.flags', 3],
  ])('%j gives %s', (values, field, want) => {
    expect(value(values, field)).toEqual(want);
  });

  it('have bases without a problem', () => {
    for (const [name, values] of Object.entries(BASES)) {
      expect([name, plainEvent(values).problems]).toEqual([name, []]);
    }
  });
});

describe('explain', () => {
  it('shows what did not decide in one line', () => {
    const { event } = plainEvent({ ...BASES['exec'], 'proc.name': 'bash', 'proc.pname': 'httpd' });
    const clause = explain(webShell.condition, event, PLAIN_FIELDS);
    expect(clause.result).toBe(true);
    expect(formatClauses(clause)).toBe(
      [
        '✓ and',
        '  ✓ spawned_process',
        '    ✓ and',
        '      ✓ evt.type in (execve, execveat)   # evt.type is "execve"',
        '      ✓ evt.arg.res = 0   # evt.arg.res is "0"',
        '  ✓ proc.name in (sh, bash)   # proc.name is "bash"',
        '  ✓ or',
        '    ✗ proc.aname = nginx   # proc.aname is ["httpd", "sshd", "sshd", "systemd"]',
        '    ✓ proc.pname = httpd   # proc.pname is "httpd"',
        '  ✓ not',
        '    ✗ user.uid = 1000   # user.uid is 0',
      ].join('\n'),
    );
  });
});
