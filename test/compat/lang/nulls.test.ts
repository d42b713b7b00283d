import { expect } from '@jest/globals';
import { allFields } from '../../../sensor/lang/index.js';
import { alertsOf, fires, items, loadTexts, ruleItem } from '../../support/judge.js';
import { testRows } from '../../support/reference-rows.js';

const codes = (condition: string): readonly (string | null)[] =>
  loadTexts(items(ruleItem(condition, { warn_evttypes: false })))
    .diagnostics.filter(({ severity }) => severity === 'error')
    .map(({ falco }) => falco);
const REFUSED = ['LOAD_ERR_COMPILE_CONDITION'];
const CHAIN = {
  'proc.name': 'cat',
  'proc.aname': ['bash', 'sshd', 'systemd'],
  'proc.apid': [3, 2, 1],
};

testRows('§1.7', {
  'extraction fails on the left': () => {
    for (const check of [
      'fd.name = /x',
      'fd.name != /x',
      'fd.name < 5',
      'fd.name contains ""',
      'fd.name glob *',
      'fd.name regex ".*"',
      'fd.name in (/x)',
      'fd.name pmatch (/)',
      'fd.name != allof (/x)',
      'fd.name exists',
      'fd.num < 1',
      'fd.num != 1',
      'evt.is_open_write = false',
      'fd.sip != 10.0.0.1',
      'fd.snet != 10.0.0.0/8',
      'fd.ip != 10.0.0.1',
      'tolower(fd.name) != x',
      'len(fd.name) = 0',
    ]) {
      expect([check, fires(check)]).toEqual([check, false]);
      expect([check, fires(`not ${check}`)]).toEqual([check, true]);
    }
  },
  'right-hand field null': () => {
    const event = { 'proc.name': 'sh' };
    expect(fires('proc.name = val(proc.pname)', event)).toBe(false);
    expect(fires('proc.name != val(proc.pname)', event)).toBe(false);
    expect(fires('not proc.name != val(proc.pname)', event)).toBe(true);
  },
  'extractors that return literal text instead': () => {
    const event = { 'user.name': '<NA>', 'fd.l4proto': '<NA>' };
    expect(fires('user.name exists and user.name = "<NA>" and user.name != root', event)).toBe(
      true,
    );
    expect(fires('fd.l4proto exists and fd.l4proto != tcp', event)).toBe(true);
    const [alert] = alertsOf(items(ruleItem('evt.type = open', { output: '%user.name' })), event);
    expect(alert).toMatchObject({ message: '<NA>', fields: '{"evt.time":0,"user.name":"<NA>"}' });
  },
  'output text / JSON': () => {
    const text = items(ruleItem('evt.type = open', { output: '%fd.name %fd.num' }));
    expect(alertsOf(text, {})[0]).toMatchObject({
      message: '<NA> <NA>',
      fields: '{"evt.time":0,"fd.name":null,"fd.num":null}',
    });
  },
  'missing evt.arg.x for an event': () => {
    expect(fires('evt.arg.flags exists or evt.arg.flags != x')).toBe(false);
  },
  'fd.*': () => {
    const fdFields = allFields().filter(({ group }) => group === 'fd');
    for (const { name, list, arg } of fdFields) {
      if (arg === 'required' || list) continue;
      expect([name, fires(`${name} exists`, { 'evt.type': 'execve' })]).toEqual([name, false]);
    }
    expect(fires('fd.name = /x and fd.num = -1', { 'fd.name': '/x', 'fd.num': -1 })).toBe(true);
  },
  'proc.aname/aexe/aexepath/acmdline/apid/aenv without index': () => {
    for (const [check, want] of [
      ['proc.aname = sshd', true],
      ['proc.aname = cat', false],
      ['proc.aname != sshd', true],
      ['proc.aname exists', true],
      ['proc.aname[0] = cat', true],
      ['proc.aname[1] = bash', true],
      ['proc.aname[4] exists', false],
      ['proc.apid = 2', true],
      ['proc.apid in (7)', false],
    ] as const) {
      expect([check, fires(check, CHAIN)]).toEqual([check, want]);
    }
    for (const field of ['aexe', 'aexepath', 'acmdline', 'aenv']) {
      expect(fires(`proc.${field} contains b`, { [`proc.${field}`]: ['a', 'bc'] })).toBe(true);
      expect(fires(`proc.${field} exists`, { [`proc.${field}`]: [] })).toBe(false);
    }
    const text = items(ruleItem('evt.type = open', { output: '%proc.aname' }));
    expect(alertsOf(text, CHAIN)[0]?.message).toBe('bash sshd systemd');
  },
  'unsafe comparison': () => {
    const unsafe = (condition: string): boolean =>
      loadTexts(items(ruleItem(condition))).diagnostics.some(
        ({ falco }) => falco === 'LOAD_UNSAFE_NA_CHECK',
      );
    for (const field of ['ka.user.name', 'jevt.value']) {
      expect([unsafe(`${field} = <NA>`), unsafe(`${field} in (a, "<NA>")`)]).toEqual([true, true]);
      expect(unsafe(`${field} startswith <NA>`)).toBe(false);
    }
    expect(unsafe('proc.name = <NA>')).toBe(false);
  },
  'size limits': () => {
    // What the sensor cuts is tested with its probes; a literal is limited at load.
    expect(codes(`proc.name = ${'x'.repeat(255)}`)).toEqual([]);
    expect(codes(`proc.name = ${'x'.repeat(256)}`)).toEqual(REFUSED);
    expect(codes(`proc.name = ${'é'.repeat(128)}`)).toEqual(REFUSED);
  },
  'field-to-field: allowed': () => {
    for (const check of [
      'proc.name = val(proc.pname)',
      'proc.pid = val(proc.vpid)',
      'fd.sport != val(fd.cport)',
      'fd.sip = val(fd.cip)',
      'user.uid = val(group.gid)',
      'proc.is_exe_writable = val(proc.is_exe_upper_layer)',
    ]) {
      expect([check, codes(check)]).toEqual([check, []]);
    }
    for (const check of [
      'proc.name = val(proc.pid)',
      'proc.pid = val(user.uid)',
      'evt.cpu = val(proc.pid)',
      'proc.duration = val(evt.rawtime)',
      'fd.types in (val(proc.name))',
    ]) {
      expect([check, codes(check)]).toEqual([check, REFUSED]);
    }
  },
  'field-to-field: not with': () => {
    for (const check of [
      'fd.name pmatch (val(proc.cwd))',
      'fd.name regex val(proc.cwd)',
      'fd.snet = val(fd.cnet)',
    ]) {
      expect([check, codes(check)]).toEqual([check, REFUSED]);
    }
  },
  'field-to-field: no right-hand use': () => {
    for (const [left, right] of [
      ['fd.sip', 'fd.ip'],
      ['fd.sip', 'fd.net'],
      ['fd.sport', 'fd.port'],
      ['fd.sport', 'fd.proto'],
      ['proc.name', 'evt.rawarg.name'],
      ['evt.num', 'evt.around[1]'],
      ['proc.pid', 'proc.apid'],
      ['proc.name', 'proc.aname'],
      ['proc.exe', 'proc.aexe'],
      ['proc.exe', 'proc.aexepath'],
      ['proc.name', 'proc.acmdline'],
      ['proc.name', 'proc.aenv'],
      ['proc.name', 'fd.sip.name'],
      ['fd.types', 'fd.types'],
    ]) {
      const check = `${left} = val(${right})`;
      expect([check, codes(check)]).toEqual([check, REFUSED]);
    }
  },
  'field-to-field: no transformer': () => {
    for (const field of [
      'fd.ip',
      'fd.port',
      'fd.proto',
      'fd.net',
      'fd.snet',
      'evt.rawarg.name',
      'evt.around[1]',
      'fd.sip.name',
    ]) {
      expect([field, codes(`tolower(${field}) = x`)]).toEqual([field, REFUSED]);
    }
    expect(codes('tolower(proc.name) = x')).toEqual([]);
  },
});
