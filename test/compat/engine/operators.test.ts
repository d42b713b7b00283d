import {
  PLAIN_FIELDS,
  plainEvent,
  type PlainEvent,
  compileRules,
} from '../../../sensor/engine/index.js';
import { EVENT_NAMES, eventTypeId } from '../../../sensor/lang/events/index.js';
import { conditionOf } from '../../support/condition-text.js';
import { rule } from '../../support/conditions.js';

/** What the compiled engine says of a condition on an event. */
function holds(text: string, values: Record<string, unknown>, strict = false): boolean {
  const { event, problems } = plainEvent({ 'evt.type': 'open', ...values });
  expect(problems).toEqual([]);
  const engine = compileRules<PlainEvent>(
    { rules: [rule('r', conditionOf(text, {}, strict))] },
    { fields: PLAIN_FIELDS, types: { names: EVENT_NAMES }, matching: 'all' },
  );
  return engine.match(eventTypeId(String(event.get('evt.type'))), event).length > 0;
}

type Row = readonly [condition: string, values: Record<string, unknown>, want: boolean];

function table(title: string, rows: readonly Row[]): void {
  describe(title, () => {
    it.each(rows)('%s on %j: %s', (condition, values, want) => {
      expect(holds(condition, values)).toBe(want);
    });
  });
}

const NAME = { 'fd.name': '/etc/passwd' };

// falco-compat §1.5: how conditions bind, as far as evaluation shows it.
table('grammar: precedence is not, and, or', [
  ['evt.type = open or evt.type = close and proc.name = vi', {}, true],
  ['(evt.type = open or evt.type = close) and proc.name = vi', {}, false],
  ['not evt.type = close and evt.type = open', {}, true],
  ['not not evt.type = open', {}, true],
]);
table('grammar: quoting and escapes', [
  ['fd.name = "/a b"', { 'fd.name': '/a b' }, true],
  ["fd.name = '/a\\x41'", { 'fd.name': '/aA' }, true],
  ['fd.name = "/a\\tb"', { 'fd.name': '/a\tb' }, true],
]);
table('grammar: transformers on the left', [
  ['tolower(proc.name) = nmap', { 'proc.name': 'NMap' }, true],
  ['toupper(proc.name) = NMAP', { 'proc.name': 'nmap' }, true],
  ['b64(proc.name) = bash', { 'proc.name': 'YmFzaA==' }, true],
  ['b64(proc.name) exists', { 'proc.name': '?' }, false],
  ['getopt(proc.args, "nt:") intersects (n, x)', { 'proc.args': '-n -t 5 host' }, true],
  ['getopt(proc.args, "nt:") intersects (x)', { 'proc.args': '-n -t 5 host' }, false],
  ['getopt(proc.args, "nt:") in (n, t)', { 'proc.args': '-n -t 5 host' }, true],
  ['getopt(proc.args, "nt:") in (n)', { 'proc.args': '-n -t 5 host' }, false],
  ['getopt(proc.args, "nt:") exists', { 'proc.args': 'host' }, false],
  ['len(getopt(proc.args, "nt:")) = 2', { 'proc.args': '-nt 5' }, true],
  ['not getopt(proc.args, "nt:") intersects (n)', {}, true],
  ['basename(proc.exepath) = vi', { 'proc.exepath': '/usr/bin/vi' }, true],
  ['len(proc.name) > 3', { 'proc.name': 'bash' }, true],
  ['tolower(basename(proc.exepath)) = vi', { 'proc.exepath': '/usr/bin/VI' }, true],
]);
table('grammar: fields with an argument', [
  ['evt.arg.flags contains O_CREAT', { 'evt.arg.flags': 'O_CREAT|O_WRONLY' }, true],
  ['proc.aname[2] = sshd', { 'proc.aname': ['bash', 'sshd'] }, true],
  ['proc.aname[3] exists', { 'proc.aname': ['bash', 'sshd'] }, false],
  ['proc.env[HOME] = /root', { 'proc.env[HOME]': '/root' }, true],
]);

// falco-compat §1.6.
table('operators: integers, ports, times', [
  ['fd.num = 3', { 'fd.num': 3 }, true],
  ['fd.num == 3', { 'fd.num': 3 }, true],
  ['fd.num != 3', { 'fd.num': 4 }, true],
  ['fd.num < 0', { 'fd.num': -1 }, true],
  ['fd.num <= 3', { 'fd.num': 3 }, true],
  ['fd.num > 3', { 'fd.num': 3 }, false],
  ['fd.num >= 3', { 'fd.num': 3 }, true],
  ['fd.num in (1, 3)', { 'fd.num': 3 }, true],
  ['fd.num intersects (1, 3)', { 'fd.num': 2 }, false],
  ['user.uid = -1', { 'user.uid': 4294967295 }, true],
  ['evt.rawtime > 1767323045000000005', { 'evt.rawtime': '1767323045000000006' }, true],
  ['evt.rawtime = 1767323045000000007', { 'evt.rawtime': '1767323045000000006' }, false],
]);
table('operators: bool', [
  ['evt.is_open_write = true', { 'evt.is_open_write': true }, true],
  ['evt.is_open_write != true', { 'evt.is_open_write': false }, true],
  ['evt.is_open_write in (true, false)', { 'evt.is_open_write': false }, true],
]);
table('operators: strings are compared as bytes', [
  ['proc.name < 5', { 'proc.name': '40' }, true],
  ['proc.name < 5', { 'proc.name': 'a' }, false],
  ['proc.name > 900', { 'proc.name': '1000' }, false],
  ['proc.name > 900', { 'proc.name': 'é' }, true],
  ['proc.name = é', { 'proc.name': 'é' }, true],
]);
table('contains, startswith, endswith: an empty needle matches', [
  ['fd.name contains passwd', NAME, true],
  ['fd.name contains Passwd', NAME, false],
  ['fd.name contains ""', NAME, true],
  ['fd.name startswith /etc', NAME, true],
  ['fd.name startswith ""', { 'fd.name': '' }, true],
  ['fd.name endswith wd', NAME, true],
  ['fd.name endswith ""', NAME, true],
]);
table('icontains: ASCII case fold', [
  ['fd.name icontains PASSWD', NAME, true],
  ['proc.name icontains É', { 'proc.name': 'é' }, false],
]);
table('glob, iglob: fnmatch with no flags', [
  ['fd.name glob /etc/*', { 'fd.name': '/etc/ssh/sshd_config' }, true],
  ['fd.name glob *.conf', { 'fd.name': '.conf' }, true],
  ['fd.name glob "/etc/[a-p]*"', NAME, true],
  ['fd.name glob /ETC/*', NAME, false],
  ['fd.name iglob /ETC/*', NAME, true],
]);
table('regex: the whole value', [
  ['fd.name regex "/etc/.*"', NAME, true],
  ['fd.name regex "/etc"', NAME, false],
  ['proc.name regex "[a-z]+d"', { 'proc.name': 'sshd' }, true],
  ['proc.name regex "é"', { 'proc.name': 'é' }, true],
]);
table('bcontains, bstartswith: hex digits', [
  ['evt.buffer bcontains 504b', { 'evt.buffer': 'xPK' }, true],
  ['evt.buffer bstartswith 504b', { 'evt.buffer': 'PK' }, true],
  ['evt.buffer bstartswith 504b', { 'evt.buffer': 'xPK' }, false],
]);
table('in: a scalar field is in the set', [
  ['proc.name in (vi, cat)', { 'proc.name': 'cat' }, true],
  ['proc.name in (vi, cat)', { 'proc.name': 'ca' }, false],
  ['fd.sip in (10.0.0.1, "::1")', { 'fd.sip': '::1' }, true],
]);
table('in: every value of a list field is in the set', [
  ['fd.types in (file, ipv4)', { 'fd.types': ['file', 'ipv4'] }, true],
  ['fd.types in (file, ipv4)', { 'fd.types': ['file', 'unix'] }, false],
]);
table('intersects: at least one value', [
  ['fd.types intersects (file, ipv4)', { 'fd.types': ['file', 'unix'] }, true],
  ['fd.types intersects (ipv4)', { 'fd.types': ['file', 'unix'] }, false],
]);
table('pmatch: by path component', [
  ['fd.name pmatch (/etc)', NAME, true],
  ['fd.name pmatch (/etc/passwd)', NAME, true],
  ['fd.name pmatch (/etc/passwd/x)', NAME, false],
  ['fd.name pmatch (/et)', NAME, false],
  ['fd.name pmatch (/srv, /*/pass*)', NAME, true],
  ['fd.name pmatch (/etc)', { 'fd.name': '//etc//passwd' }, true],
]);
table('exists', [
  ['fd.name exists', NAME, true],
  ['fd.name exists', { 'fd.name': '' }, true],
  ['fd.name exists', {}, false],
]);
table('oneof, anyof, allof', [
  ['fd.name contains oneof (etc, srv)', NAME, true],
  ['fd.name contains oneof (etc, pass)', NAME, false],
  ['fd.name contains anyof (etc, pass)', NAME, true],
  ['fd.name contains allof (etc, pass)', NAME, true],
  ['fd.name contains allof (etc, srv)', NAME, false],
  ['fd.name startswith anyof (/srv, /etc)', NAME, true],
]);
table('addresses: v4 against v6 is false except for !=', [
  ['fd.sip = 10.0.0.1', { 'fd.sip': '10.0.0.1' }, true],
  ['fd.sip = "::1"', { 'fd.sip': '10.0.0.1' }, false],
  ['fd.sip != "::1"', { 'fd.sip': '10.0.0.1' }, true],
  ['fd.snet = 10.0.0.0/8', { 'fd.sip': '10.1.0.1' }, true],
  ['fd.snet = 2001:db8::/32', { 'fd.sip': '10.1.0.1' }, false],
  ['fd.snet != 2001:db8::/32', { 'fd.sip': '10.1.0.1' }, true],
]);

const ENDS = { 'fd.cip': '192.168.1.2', 'fd.cport': 51000, 'fd.sip': '8.8.8.8', 'fd.sport': 53 };
table('fd.ip, fd.port, fd.net: either end, != both', [
  ['fd.ip = 8.8.8.8', ENDS, true],
  ['fd.ip = 192.168.1.2', ENDS, true],
  ['fd.ip != 8.8.8.8', ENDS, false],
  ['fd.ip != 9.9.9.9', ENDS, true],
  ['fd.ip in (9.9.9.9, 8.8.8.8)', ENDS, true],
  ['fd.port = 53', ENDS, true],
  ['fd.port != 53', ENDS, false],
  ['fd.port < 1024', ENDS, true],
  ['fd.port > 60000', ENDS, false],
  ['fd.port in (domain, 80)', ENDS, true],
  ['fd.net = 192.168.0.0/16', ENDS, true],
  ['fd.net != 192.168.0.0/16', ENDS, false],
  ['fd.ip = 8.8.8.8', {}, false],
  ['fd.ip != 8.8.8.8', {}, false],
]);
table('fd.net in: only the first network counts', [
  ['fd.net in (10.0.0.0/8, 192.168.0.0/16)', ENDS, false],
  ['fd.net in (192.168.0.0/16, 10.0.0.0/8)', ENDS, true],
  ['fd.cnet in (10.0.0.0/8, 192.168.0.0/16)', ENDS, true],
  ['fd.rnet in (10.0.0.0/8, 8.0.0.0/8)', ENDS, true],
]);
it('fd.net in: strict counts every network', () => {
  expect(holds('fd.net in (10.0.0.0/8, 192.168.0.0/16)', ENDS, true)).toBe(true);
});

// falco-compat §1.7.
table('null on the left: every comparison is false, only an outer not turns it', [
  ['fd.name = /x', {}, false],
  ['fd.name != /x', {}, false],
  ['fd.name < 5', {}, false],
  ['fd.name contains ""', {}, false],
  ['fd.name glob *', {}, false],
  ['fd.name in (/x)', {}, false],
  ['fd.num < 1', {}, false],
  ['fd.num >= 0', {}, false],
  ['evt.is_open_write = false', {}, false],
  ['fd.sip != 10.0.0.1', {}, false],
  ['fd.name exists', {}, false],
  ['not fd.name = /x', {}, true],
  ['not fd.name != /x', {}, true],
  ['not fd.name exists', {}, true],
  ['tolower(fd.name) = ""', {}, false],
  ['len(fd.name) = 0', {}, false],
]);
table('null on the right is false', [
  ['proc.name = val(proc.pname)', { 'proc.name': 'sh' }, false],
  ['proc.name != val(proc.pname)', { 'proc.name': 'sh' }, false],
  ['proc.name = val(proc.pname)', { 'proc.name': 'sh', 'proc.aname': ['sh'] }, true],
  ['proc.name != val(proc.pname)', { 'proc.name': 'sh', 'proc.aname': ['vi'] }, true],
  ['proc.name = tolower(proc.pname)', { 'proc.name': 'sh', 'proc.aname': ['SH'] }, true],
]);
const CHAIN = {
  'proc.name': 'cat',
  'proc.aname': ['bash', 'sshd', 'systemd'],
  'proc.apid': [3, 2, 1],
};
table('ancestors without index: any of them, itself not among them', [
  ['proc.aname = sshd', CHAIN, true],
  ['proc.aname = cat', CHAIN, false],
  ['proc.aname != sshd', CHAIN, true],
  ['proc.aname in (nginx, systemd)', CHAIN, true],
  ['proc.aname startswith ss', CHAIN, true],
  ['proc.aname exists', CHAIN, true],
  ['proc.aname exists', { 'proc.aname': [] }, false],
  ['proc.aname != x', { 'proc.aname': [] }, false],
  ['proc.aname[0] = cat', CHAIN, true],
  ['proc.aname[1] = bash', CHAIN, true],
  ['proc.apid = 2', CHAIN, true],
]);
table('evt.num counts from 1: upstream says never and always by it', [
  ['evt.num = 0', {}, false],
  ['evt.num < 1', {}, false],
  ['evt.num in (0)', {}, false],
  ['evt.num >= 0', {}, true],
  ['evt.num > 0', {}, true],
  ['not evt.num = 0', {}, true],
  ['evt.num = 1', {}, true],
  ['evt.num != 7', {}, true],
]);
table('literal text instead of null', [
  ['user.name = "<NA>"', { 'user.name': '<NA>' }, true],
  ['user.name exists', { 'user.name': '<NA>' }, true],
  ['fd.l4proto != tcp', { 'fd.l4proto': '<NA>' }, true],
]);

// falco-formats §7, the traps that evaluation shows.
table('trap 1: != on an event without descriptor', [['fd.name != /srv/a', {}, false]]);
table('trap 2: not = on the same event', [
  ['not fd.name = /srv/a', {}, true],
  ['not fd.name startswith /srv', {}, true],
  ['fd.name exists and not fd.name = /srv/a', {}, false],
]);
table('trap 5: an empty list matches nothing', [['proc.name in ()', { 'proc.name': '' }, false]]);
table('trap 7: fd.net in, both ends, first network', [
  ['fd.net in (10.0.0.0/8, 192.168.0.0/16)', ENDS, false],
  ['fd.lnet in (10.0.0.0/8, 192.168.0.0/16)', ENDS, true],
  ['fd.net != 10.0.0.0/8', ENDS, true],
]);
const SERVED = { 'fd.cport': 51000, 'fd.sport': 443, 'fd.is_server': true };
table('trap 8: fd.port is either end', [
  ['fd.port in (80, 443)', SERVED, true],
  ['fd.port != 443', SERVED, false],
  ['fd.port < 1024', SERVED, true],
  ['not fd.port in (80)', SERVED, true],
]);
table('trap 15: evt.arg is text', [
  ['evt.arg.size > 900', { 'evt.arg.size': '1000' }, false],
  ['evt.rawarg.size > 900', { 'evt.rawarg.size': 1000 }, true],
]);
table('trap 16: evt.arg is the resolved text', [
  ['evt.arg.uid = 0', { 'evt.arg.uid': 'root', 'evt.rawarg.uid': 0 }, false],
  ['evt.rawarg.uid = 0', { 'evt.arg.uid': 'root', 'evt.rawarg.uid': 0 }, true],
  ['evt.arg.domain = AF_UNIX', { 'evt.arg.domain': 'AF_LOCAL|AF_UNIX' }, false],
  ['evt.arg.domain contains AF_UNIX', { 'evt.arg.domain': 'AF_LOCAL|AF_UNIX' }, true],
]);
table('trap 19: syscall as evt.type, a typo as syscall.type', [
  ['evt.type = syscall', {}, false],
  ['syscall.type = opne', {}, false],
]);

describe('trap 14: rule_matching first and all', () => {
  const broad = rule('broad', conditionOf('evt.type = open'));
  const narrow = rule('narrow', conditionOf('evt.type = open and fd.name = /etc/passwd'));
  const names = (matching: 'first' | 'all', rules = [broad, narrow]): string[] => {
    const engine = compileRules<PlainEvent>(
      { rules },
      { fields: PLAIN_FIELDS, types: { names: EVENT_NAMES }, matching },
    );
    return engine
      .match(eventTypeId('open'), plainEvent(NAME).event)
      .map((match) => match.rule.name);
  };

  it('first: a broad rule hides the narrow one behind it', () => {
    expect(names('first')).toEqual(['broad']);
    expect(names('first', [{ ...broad, enabled: false }, narrow])).toEqual(['narrow']);
    expect(names('first', [narrow, broad])).toEqual(['narrow']);
  });

  it('all: both', () => {
    expect(names('all')).toEqual(['broad', 'narrow']);
  });
});
