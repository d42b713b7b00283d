import { checkBlockRule } from '../../../sensor/app/check-action.js';
import { checkAction } from '../../../sensor/enforce/index.js';
import { loadRules, type Diagnostic } from '../../../sensor/lang/index.js';
import {
  and,
  blockRule,
  compare,
  egress,
  int,
  ip4,
  net,
  or,
  str,
} from '../../support/block-rules.js';

const EGRESS = 'evt.type in (connect, sendto, sendmsg)';

function load(condition: string, extra = '', before = '') {
  const text = `${before}
- rule: a block
  desc: d
  condition: >
    ${condition}
  output: o
  priority: WARNING
  action: block
${extra}`;
  const result = loadRules([{ name: 'block.yaml', text }], { checkAction: checkBlockRule });
  const findings: readonly Diagnostic[] = result.diagnostics;
  return {
    rules: result.ruleSet.rules,
    findings,
    errors: findings.filter(({ severity }) => severity === 'error'),
  };
}

describe('a block rule', () => {
  it.each([
    'proc.exepath = /usr/bin/curl',
    'proc.exepath in (/usr/bin/curl, /usr/bin/wget)',
    'not proc.exepath startswith /usr/',
    'fd.sip = 10.0.0.1 and fd.sport = 443',
    'fd.rip in (10.0.0.1, "fd00::1")',
    'fd.snet in ("10.0.0.0/8", "fd00::/8") or fd.rnet = "192.168.0.0/16"',
    'fd.rport in (80, 443) and fd.l4proto = tcp',
    'fd.sport >= 1024',
    'container.id = host',
    'container.id != host and container.id = 0123456789ab',
  ])('may ask %s', (condition) => {
    const { errors, rules } = load(`${EGRESS} and (${condition})`);
    expect(errors).toEqual([]);
    expect(rules).toHaveLength(1);
  });

  it.each([
    [
      'proc.name = curl',
      'proc.name',
      'can set it',
      'use proc.exepath with the whole path, as /usr/bin/curl',
    ],
    ['proc.exe = /usr/bin/curl', 'proc.exe', 'can set it', 'the caller of execve chooses proc.exe'],
    [
      'proc.cmdline contains curl',
      'proc.cmdline',
      'can set it',
      'use proc.exepath: a process can rewrite its arguments',
    ],
    [
      'proc.args contains -o',
      'proc.args',
      'can set it',
      'use proc.exepath: a process can rewrite its arguments',
    ],
    ['proc.env contains TOKEN', 'proc.env', 'can set it', 'use proc.exepath'],
    ['proc.aname = sshd', 'proc.aname', 'can set it', 'ancestors are not enforceable yet'],
    ['proc.pname = nginx', 'proc.pname', 'can set it', 'ancestors are not enforceable yet'],
    [
      'proc.aexepath = /usr/sbin/sshd',
      'proc.aexepath',
      'not in the tables',
      'ancestors are not enforceable yet',
    ],
    ['proc.pid = 4711', 'proc.pid', 'not in the tables', 'a number names another process tomorrow'],
    [
      'proc.is_exe_upper_layer = true',
      'proc.is_exe_upper_layer',
      'not in the tables',
      'use proc.exepath',
    ],
    [
      'thread.cap_effective contains CAP_NET_RAW',
      'thread.cap_effective',
      'not in the tables',
      'use proc.exepath or container.id',
    ],
    [
      'proc.exepath contains curl',
      'proc.exepath contains curl',
      'contains cannot be decided',
      'use proc.exepath = PATH, in (PATHS) or startswith PREFIX',
    ],
    [
      'proc.exepath endswith /curl',
      'proc.exepath endswith',
      'endswith cannot be decided',
      'startswith PREFIX',
    ],
    [
      'proc.exepath glob "/opt/*/bin"',
      'proc.exepath glob',
      'glob cannot be decided',
      'use proc.exepath startswith /opt/',
    ],
    [
      'proc.exepath glob "*/curl"',
      'proc.exepath glob',
      'glob cannot be decided',
      'use proc.exepath = PATH, in (PATHS) or startswith PREFIX',
    ],
    [
      'proc.exepath pmatch (/usr/bin, /opt)',
      'proc.exepath pmatch',
      'pmatch cannot be decided',
      'use (proc.exepath startswith /usr/bin/ or proc.exepath startswith /opt/)',
    ],
    [
      'proc.exepath = curl',
      'proc.exepath = curl',
      'no program\'s is "curl"',
      'write it from the root: /usr/bin/curl',
    ],
    [
      'not proc.exepath in (/bin/sh, curl)',
      'proc.exepath in',
      'no program\'s is "curl"',
      'write it from the root',
    ],
    [
      'proc.exepath startswith usr/bin',
      'proc.exepath startswith',
      'no program\'s begins with "usr/bin"',
      'write it from the root',
    ],
    [
      'tolower(proc.exepath) = /usr/bin/curl',
      'tolower(proc.exepath)',
      'tolower() cannot be decided',
      'compare the field itself',
    ],
    [
      'not proc.exepath exists',
      'proc.exepath exists',
      'exists for every flow: the opposite is true of none',
      'leave this part out',
    ],
    ['fd.name contains evil', 'fd.name', 'cannot be decided', 'use fd.rip and fd.rport'],
    ['fd.lport = 80', 'fd.lport', 'of a new flow it is not chosen yet', 'use fd.rport'],
    ['fd.cip = 10.0.0.1', 'fd.cip', 'of a new flow it is not chosen yet', 'use fd.rip'],
    [
      'fd.sip.name = example.com',
      'fd.sip.name',
      'not in the tables',
      'names are not enforceable yet',
    ],
    [
      'fd.l4proto = icmp',
      'fd.l4proto = icmp',
      'protocol icmp is not enforceable yet',
      'use fd.l4proto = tcp or udp',
    ],
    [
      'fd.l4proto in (tcp, sctp)',
      'fd.l4proto in',
      'protocol sctp is not enforceable yet',
      'use fd.l4proto = tcp or udp',
    ],
    [
      'fd.type = unix',
      'fd.type = unix',
      'only IP flows can be blocked',
      'use fd.typechar in (4, 6)',
    ],
    [
      'not fd.typechar in (4, 6)',
      'fd.typechar in',
      'only IP flows are judged: the opposite is true of none',
      'leave this part out',
    ],
    [
      'container.id = abc',
      'container.id = abc',
      '"abc" is no container id',
      'use the first 12 characters of the id, or host',
    ],
    [
      'container.id = 0123456789abcdef',
      'container.id = 0123',
      'is no container id',
      'use the first 12 characters: 0123456789ab',
    ],
    [
      'container.id startswith abc',
      'container.id startswith',
      'cannot be decided',
      'use =, != or in',
    ],
    [
      'container.id exists',
      'container.id exists',
      'exists for every flow',
      'use container.id != host',
    ],
    [
      'container.image.repository = nginx',
      'container.image.repository',
      'not in the tables',
      'use container.id',
    ],
    [
      'k8s.ns.name = prod',
      'k8s.ns.name',
      'not in the tables',
      'use container.id: labels and names of pods are not enforceable yet',
    ],
    [
      'user.name = root',
      'user.name',
      'not in the tables',
      'use proc.exepath or container.id: users are not enforceable yet',
    ],
    [
      'evt.hostname = node1',
      'evt.hostname',
      'not in the tables',
      'make this a rule without action',
    ],
  ])('may not ask %s: the finding says where, why and what instead', (condition, at, why, hint) => {
    const { errors, rules } = load(`${EGRESS} and ${condition}`);
    expect(rules).toHaveLength(0);
    expect(errors).toHaveLength(1);
    const [error] = errors;
    expect(error!.code).toBe('not-enforceable');
    expect(error!.message).toContain(why);
    expect(error!.hint).toContain(hint);
    expect(error!.excerpt.slice(error!.column - 1).startsWith(at)).toBe(true);
    expect(error!.line).toBe(5);
  });

  it('tells of an empty list: as an allow list it stops everybody', () => {
    const { errors, findings } = load(`${EGRESS} and not proc.exepath in ()`);
    expect(errors).toEqual([]);
    expect(findings).toContainEqual(
      expect.objectContaining({ code: 'empty-list', severity: 'hint' }),
    );
  });

  it('shows all that is wrong, not the first', () => {
    expect(load(`${EGRESS} and proc.name = a and user.name = b`).errors).toHaveLength(2);
  });

  it('points into the macro that holds the fault', () => {
    const macro = '- macro: named\n  condition: proc.name = curl\n';
    const { errors } = load(`${EGRESS} and named`, '', macro);
    expect(errors).toMatchObject([{ code: 'not-enforceable', line: 2 }]);
  });

  it.each(['evt.type = accept', 'evt.type in (connect, open)', 'not evt.type = connect'])(
    'must be about flows that go out: %s is refused',
    (condition) => {
      expect(load(`${condition} and fd.rport = 80`).errors.length).toBeGreaterThan(0);
    },
  );

  it('must say the direction in every branch', () => {
    const { errors } = load(`(${EGRESS} and fd.rport = 80) or fd.rport = 81`);
    expect(errors).toMatchObject([{ code: 'no-direction' }]);
  });

  it("folds what is asked about the attempt's result, so Falco's outbound macro may be used", () => {
    const outbound = `
- list: rfc_1918
  items: ['"10.0.0.0/8"', '"172.16.0.0/12"', '"192.168.0.0/16"']
- macro: outbound
  condition: >
    (((evt.type = connect and evt.dir=<) or
      (evt.type in (sendto,sendmsg) and evt.dir=< and
       fd.l4proto != tcp and fd.connected=false and fd.name_changed=true)) and
     (fd.typechar = 4 or fd.typechar = 6) and
     (fd.ip != "0.0.0.0" and fd.net != "127.0.0.0/8" and not fd.snet in (rfc_1918)) and
     (evt.rawres >= 0 or evt.res = EINPROGRESS))
`;
    const { errors, findings } = load('outbound and proc.exepath = /usr/bin/curl', '', outbound);
    expect(errors).toEqual([]);
    expect(findings.filter(({ code }) => code === 'folded').length).toBeGreaterThan(3);
  });

  it('says that audit, the default, reports only', () => {
    const audit = load(`${EGRESS} and fd.rport = 80`).findings;
    expect(audit).toContainEqual(
      expect.objectContaining({ code: 'reports-only', severity: 'hint' }),
    );
    const enforce = load(`${EGRESS} and fd.rport = 80`, '  mode: enforce\n').findings;
    expect(enforce.map(({ code }) => code)).not.toContain('reports-only');
  });

  it('refuses kill and deny, which nothing carries out yet', () => {
    const rule = blockRule('k', egress);
    const kill = { ...rule, action: { ...rule.action!, action: 'kill' as const } };
    expect(checkAction(kill)).toMatchObject([{ severity: 'error', code: 'not-enforceable' }]);
  });

  it('refuses a condition that needs more clauses than the kernel holds', () => {
    const branch = (port: number) =>
      or(
        and(compare('fd.rport', '=', int(port)), compare('proc.exepath', '=', str(`/bin/${port}`))),
        and(
          compare('fd.rport', '=', int(port + 1)),
          compare('fd.rip', '=', net(ip4(`10.0.0.${port % 250}`))),
        ),
      );
    const condition = and(egress, ...Array.from({ length: 12 }, (_, i) => branch(i * 2)));
    expect(checkAction(blockRule('big', condition))).toMatchObject([{ code: 'too-many-clauses' }]);
  });

  it('keeps a path within what the kernel compares', () => {
    const long = `/${'x'.repeat(255)}`;
    const at = (path: string) =>
      checkAction(blockRule('p', and(egress, compare('proc.exepath', '=', str(path)))));
    expect(at(long)).toMatchObject([{ severity: 'error' }]);
    expect(at(long.slice(0, -1))).toEqual([]);
  });
});
