import { expect } from '@jest/globals';
import { fires, items, loadTexts, ruleItem } from '../../support/judge.js';
import { testRows } from '../../support/reference-rows.js';

const OPERATORS =
  '= != < <= > >= contains icontains startswith endswith glob iglob regex bcontains bstartswith in intersects pmatch exists'.split(
    ' ',
  );
const loads = (condition: string): boolean =>
  loadTexts(items(ruleItem(condition, { warn_evttypes: false }))).ok;
/** Operators that a field takes, with a literal that is one of its type. */
const accepted = (field: string, literal: string): readonly string[] =>
  OPERATORS.filter((op) => {
    if (op === 'exists') return loads(`${field} exists`);
    const right = ['in', 'intersects', 'pmatch'].includes(op) ? `(${literal})` : literal;
    return loads(`${field} ${op} ${right}`);
  });
const words = (text: string): readonly string[] =>
  OPERATORS.filter((op) => text.split(' ').includes(op));

const NAME = { 'fd.name': '/etc/passwd' };
const ENDS = { 'fd.cip': '192.168.1.2', 'fd.cport': 51000, 'fd.sip': '8.8.8.8', 'fd.sport': 53 };
type Check = readonly [condition: string, event: Readonly<Record<string, unknown>>, want: boolean];
const check = (...checks: readonly Check[]): void => {
  for (const [condition, event, want] of checks) {
    expect(`${condition}: ${fires(condition, event)}`).toBe(`${condition}: ${want}`);
  }
};

testRows('§1.6', {
  'integers, ports, times': () => {
    const all = words('= != < <= > >= in intersects exists');
    for (const [field, literal] of [
      ['fd.num', '3'],
      ['user.uid', '0'],
      ['evt.rawres', '1'],
      ['fd.sport', '80'],
      ['proc.duration', '5'],
      ['evt.rawtime', '5'],
    ] as const) {
      expect(accepted(field, literal)).toEqual(all);
    }
    check(
      ['fd.num < 0', { 'fd.num': -1 }, true],
      ['fd.num in (1, 3)', { 'fd.num': 3 }, true],
      ['fd.num intersects (1, 2)', { 'fd.num': 3 }, false],
      ['evt.rawtime > 1767323045000000005', { 'evt.rawtime': '1767323045000000006' }, true],
    );
  },
  bool: () => {
    expect(accepted('evt.is_open_read', 'true')).toEqual(words('= != in intersects exists'));
    expect(loads('evt.is_open_read = 1')).toBe(false);
    check(['evt.is_open_read != true', { 'evt.is_open_read': false }, true]);
  },
  'string, path': () => {
    expect(accepted('proc.name', '5')).toEqual(
      words(
        '= != < <= > >= contains icontains startswith endswith glob iglob regex in intersects pmatch exists',
      ),
    );
    check(
      ['proc.name < 5', { 'proc.name': '40' }, true],
      ['proc.name > 900', { 'proc.name': '1000' }, false],
    );
  },
  'byte buffer': () => {
    expect(accepted('evt.buffer', 'abcd')).toEqual(
      words('= != contains startswith endswith in intersects bcontains bstartswith exists'),
    );
  },
  'ip, net': () => {
    const all = words('= != in intersects exists');
    expect(accepted('fd.sip', '10.0.0.1')).toEqual(all);
    expect(accepted('fd.ip', '10.0.0.1')).toEqual(all);
    expect(accepted('fd.snet', '10.0.0.0/8')).toEqual(all);
    expect(accepted('fd.net', '10.0.0.0/8')).toEqual(all);
  },
  'list-valued field': () => {
    expect(accepted('fd.types', 'file')).toEqual(words('in intersects exists'));
  },
  'modifiers allowed on': () => {
    const modifiable =
      '= != contains icontains bcontains startswith bstartswith endswith glob iglob regex'.split(
        ' ',
      );
    for (const op of OPERATORS.filter((one) => one !== 'exists')) {
      const [field, literal] = op.startsWith('b') ? ['evt.buffer', 'ab'] : ['proc.name', '5'];
      expect([op, loads(`${field} ${op} oneof (${literal})`)]).toEqual([
        op,
        modifiable.includes(op),
      ]);
    }
  },
  'contains / startswith / endswith': () => {
    check(
      ['fd.name contains tc/pa', NAME, true],
      ['fd.name contains ETC', NAME, false],
      ['fd.name startswith /etc', NAME, true],
      ['fd.name startswith etc', NAME, false],
      ['fd.name endswith wd', NAME, true],
      ['fd.name endswith w', NAME, false],
      [
        'fd.name contains "" and fd.name startswith "" and fd.name endswith ""',
        { 'fd.name': '' },
        true,
      ],
    );
  },
  icontains: () => {
    check(
      ['fd.name icontains PaSS', NAME, true],
      ['fd.name icontains é', { 'fd.name': 'É' }, false],
    );
  },
  'glob / iglob': () => {
    check(
      ['fd.name glob /etc*', { 'fd.name': '/etc/a/b' }, true],
      ['fd.name glob /*/b', { 'fd.name': '/etc/a/b' }, true],
      ['fd.name glob *rc', { 'fd.name': '.bashrc' }, true],
      ['fd.name glob /ETC*', NAME, false],
      ['fd.name iglob /ETC/p?ssw[a-d]', NAME, true],
    );
  },
  regex: () => {
    check(
      ['fd.name regex "/etc/.*"', NAME, true],
      ['fd.name regex "etc"', NAME, false],
      ['fd.name regex "[[:alpha:]/]+"', NAME, true],
      ['fd.name regex "a.b"', { 'fd.name': 'a\nb' }, false],
    );
    for (const bad of ['"("', '"[z-a]"', '"(?i)x"', '"\\\\d"', '"a{1001}"']) {
      expect(loads(`fd.name regex ${bad}`)).toBe(false);
    }
    const simple = loadTexts(items(ruleItem('evt.type = open and fd.name regex "/etc/.*"')));
    expect(simple.diagnostics.map(({ falco }) => falco)).toEqual(['LOAD_COMPILE_CONDITION']);
  },
  'bcontains / bstartswith': () => {
    check(
      ['evt.buffer bcontains 504b', { 'evt.buffer': 'xPK' }, true],
      ['evt.buffer bstartswith 504B', { 'evt.buffer': 'PK' }, true],
      ['evt.buffer bstartswith 504b', { 'evt.buffer': 'xPK' }, false],
    );
    expect([loads('evt.buffer bcontains 504'), loads('evt.buffer bcontains xy')]).toEqual([
      false,
      false,
    ]);
  },
  'in, scalar field': () => {
    check(
      ['proc.name in (vi, cat)', { 'proc.name': 'cat' }, true],
      ['proc.name in (vi, cat)', { 'proc.name': 'ca' }, false],
      ['fd.num in (3)', { 'fd.num': 3 }, true],
      ['fd.sip in ("::1")', { 'fd.sip': '0:0::1' }, true],
    );
  },
  'in, list field': () => {
    const types = { 'fd.types': ['file', 'unix'] };
    check(['fd.types in (file, unix, ipv4)', types, true], ['fd.types in (file)', types, false]);
  },
  intersects: () => {
    const types = { 'fd.types': ['file', 'unix'] };
    check(
      ['fd.types intersects (unix, ipv4)', types, true],
      ['fd.types intersects (ipv4)', types, false],
    );
  },
  pmatch: () => {
    check(
      ['fd.name pmatch (/etc)', NAME, true],
      ['fd.name pmatch (/etc/passwd)', NAME, true],
      ['fd.name pmatch (/etc/passwd/x)', NAME, false],
      ['fd.name pmatch (/et)', NAME, false],
      ['fd.name pmatch (/etc)', { 'fd.name': '/etcetera' }, false],
      ['fd.name pmatch (//etc/)', { 'fd.name': '/etc//passwd' }, true],
      ['fd.name pmatch (/e?c/[p]*)', NAME, true],
    );
  },
  exists: () => {
    check(
      ['fd.name exists', NAME, true],
      ['fd.name exists', { 'fd.name': '' }, true],
      ['fd.name exists', {}, false],
    );
  },
  'oneof / anyof / allof': () => {
    check(
      ['fd.name contains oneof (etc, srv)', NAME, true],
      ['fd.name contains oneof (etc, pass)', NAME, false],
      ['fd.name contains anyof (etc, pass)', NAME, true],
      ['fd.name contains allof (etc, pass)', NAME, true],
      ['fd.name contains allof (etc, srv)', NAME, false],
      ['fd.name != allof (/a, /b)', NAME, true],
    );
  },
  'ip literal': () => {
    check(
      ['fd.sip = 10.0.0.1', { 'fd.sip': '10.0.0.1' }, true],
      ['fd.sip = "fe80::1"', { 'fd.sip': 'fe80::1' }, true],
      ['fd.sip = "fe80::1"', { 'fd.sip': '10.0.0.1' }, false],
      ['fd.sip != "fe80::1"', { 'fd.sip': '10.0.0.1' }, true],
      ['fd.snet != "fe80::/16"', { 'fd.sip': '10.0.0.1' }, true],
    );
    expect([loads('fd.snet = 10.0.0.1'), loads('fd.sip = host'), loads('fd.sip = 10.0.0')]).toEqual(
      [false, false, false],
    );
  },
  'fd.ip, fd.port, fd.net (both ends)': () => {
    check(
      ['fd.ip = 8.8.8.8', ENDS, true],
      ['fd.ip in (192.168.1.2)', ENDS, true],
      ['fd.ip != 8.8.8.8', ENDS, false],
      ['fd.ip != 9.9.9.9', ENDS, true],
      ['fd.port < 1024', ENDS, true],
      ['fd.port > 1024', ENDS, true],
      ['fd.port != 53', ENDS, false],
      ['fd.net = 192.168.0.0/16', ENDS, true],
      ['fd.net != 192.168.0.0/16', ENDS, false],
      ['fd.net != 10.0.0.0/8', ENDS, true],
    );
  },
  'fd.net in (…)': () => {
    check(
      ['fd.net in (10.0.0.0/8, 192.168.0.0/16)', ENDS, false],
      ['fd.net in (192.168.0.0/16, 10.0.0.0/8)', ENDS, true],
      ['fd.cnet in (10.0.0.0/8, 192.168.0.0/16)', ENDS, true],
      ['fd.snet in (10.0.0.0/8, 8.0.0.0/8)', ENDS, true],
      ['fd.lnet in (10.0.0.0/8, 192.168.0.0/16)', ENDS, true],
      ['fd.rnet in (10.0.0.0/8, 8.0.0.0/8)', ENDS, true],
    );
  },
  port: () => {
    check(
      ['fd.sport = domain', ENDS, true],
      ['fd.port in (http, domain)', ENDS, true],
      ['fd.port in (51000)', ENDS, true],
    );
    expect([loads('fd.port = 65536'), loads('fd.port = nosuch')]).toEqual([false, false]);
  },
  'fd.*ip.name': () => {
    for (const end of 'cslr') {
      expect(accepted(`fd.${end}ip.name`, 'example.org')).toEqual(words('= != in exists'));
    }
    check(
      ['fd.sip.name = example.org', { 'fd.sip.name': 'example.org' }, true],
      ['fd.sip.name in (a.org, example.org)', { 'fd.sip.name': 'example.org' }, true],
      ['fd.sip.name = example.org', { 'fd.sip': '10.0.0.1' }, false],
    );
  },
  'evt.type value': () => {
    expect(loads('evt.type in (open, umask, container, container_removed)')).toBe(true);
    const unknown = loadTexts(items(ruleItem('evt.type in (open, opne)')));
    expect(unknown.diagnostics).toMatchObject([
      {
        code: 'unknown-event-type',
        falco: 'LOAD_ERR_COMPILE_CONDITION',
        hint: 'did you mean "open"?',
      },
    ]);
    const skipped = loadTexts(
      items(ruleItem('evt.type = opne', { 'skip-if-unknown-filter': true })),
    );
    expect(skipped.diagnostics.map(({ falco }) => falco)).toEqual(['LOAD_UNKNOWN_FILTER']);
  },
});
