import { expect } from '@jest/globals';
import { fires, items, loadTexts, ruleItem } from '../../support/judge.js';
import { testRows } from '../../support/reference-rows.js';

const loads = (condition: string, ...more: readonly object[]): boolean =>
  loadTexts(items(...more, ruleItem(condition, { warn_evttypes: false }))).ok;
const EVENT = { 'proc.name': 'vi', 'fd.name': '/etc/passwd', 'fd.num': 3 };
const on = (condition: string, event: object = EVENT): boolean => fires(condition, { ...event });
const nested = (levels: number): string =>
  `${'('.repeat(levels)}evt.type = open${')'.repeat(levels)}`;
const m = { macro: 'm1_x', condition: 'evt.type = open' };

testRows('§1.5', {
  precedence: () => {
    expect(on('evt.type = open or evt.type = close and proc.name = cat')).toBe(true);
    expect(on('(evt.type = open or evt.type = close) and proc.name = cat')).toBe(false);
    expect(on('not evt.type = close and evt.type = open')).toBe(true);
    expect([loads(nested(1000)), loads(nested(1001))]).toEqual([true, false]);
  },
  'keyword boundaries': () => {
    expect(on('not(evt.type = close)and(evt.type = open)or(evt.type = dup)')).toBe(true);
    expect(loads('evt.type = open andproc.name = vi')).toBe(false);
    expect(loads('notm1_x', m, { ...m, macro: 'notm1_x' })).toBe(false);
    expect(on('not not evt.type = open')).toBe(true);
    expect(on('not not not evt.type = open')).toBe(false);
  },
  check: () => {
    expect(loads('m1_x and proc.name = vi and tolower(proc.name) = vi and (m1_x)', m)).toBe(true);
    expect(loads('proc.name')).toBe(false);
    expect(loads('= vi')).toBe(false);
  },
  field: () => {
    expect(loads('proc.aname[2] = vi and proc.env["MY VAR"] = x and proc.env[A] = x')).toBe(true);
    for (const text of [
      'proc.aname [2] = vi',
      'proc.env[A B] = x',
      'proc.env[a"b] = x',
      'name = vi',
    ]) {
      expect(loads(text)).toBe(false);
    }
  },
  identifier: () => {
    expect(loads('m1_x', m)).toBe(true);
    for (const name of ['_m', '1m', 'm-x']) expect(loads(name, { ...m, macro: name })).toBe(false);
  },
  'bare string': () => {
    expect(on('fd.name = /a<b>!c[1]:*', { 'fd.name': '/a<b>!c[1]:*' })).toBe(true);
    for (const text of ['a(b', 'a)b', 'a"b', "a'b", 'a=b', 'a,b', 'a b']) {
      expect(loads(`fd.name = ${text}`)).toBe(false);
    }
    expect(on('fd.name in ([x]y)', { 'fd.name': '[x]y' })).toBe(true);
  },
  number: () => {
    expect(on('fd.num >= -5 and fd.num <= +3')).toBe(true);
    // These are numbers to the grammar, but compared as whole decimals only.
    for (const text of ['0x1F', '1.5', '2e+3']) expect(loads(`fd.num > ${text}`)).toBe(false);
    expect(loads('proc.fdusage > 1.5')).toBe(false);
    expect(on('proc.fdusage > 1', { 'proc.fdusage': 1.5 })).toBe(true);
    expect(on('user.uid = -1', { 'user.uid': 4294967295 })).toBe(true);
    expect(on('evt.num < -1', {})).toBe(true);
    expect(loads('fd.num > x')).toBe(false);
  },
  blanks: () => {
    expect(on('\tevt.type\b=\r\nopen \n and proc.name=vi ')).toBe(true);
  },
  'word operators needing a following blank': () => {
    for (const op of 'contains icontains startswith endswith glob iglob regex'.split(' ')) {
      expect(loads(`proc.name ${op} vi`)).toBe(true);
      expect(loads(`proc.name ${op}"vi"`)).toBe(false);
    }
    for (const op of ['bcontains', 'bstartswith']) {
      expect(loads(`evt.buffer ${op} ab`)).toBe(true);
      expect(loads(`evt.buffer ${op}"ab"`)).toBe(false);
    }
  },
  'operators not needing one': () => {
    for (const op of ['=', '==', '!=', '<', '<=', '>', '>=']) {
      expect(loads(`fd.num${op}3`)).toBe(true);
    }
    expect(loads('proc.name exists')).toBe(true);
    expect(loads('(proc.name exists)and proc.name in(vi)and fd.name pmatch(/etc)')).toBe(true);
    expect(loads('proc.name intersects(vi)')).toBe(true);
  },
  modifiers: () => {
    expect(on('fd.name startswith oneof (/etc, /srv)')).toBe(true);
    expect(on('fd.name contains allof (etc, pass)')).toBe(true);
    expect(on('proc.name = anyof (vi, ed)')).toBe(true);
    expect(loads('fd.name startswith anyof (l)', { list: 'l', items: ['/a', '/b'] })).toBe(true);
    expect(on('proc.name = oneof', { 'proc.name': 'oneof' })).toBe(true);
  },
  'list right-hand side': () => {
    expect(on('proc.name in (vi, "e d")')).toBe(true);
    expect(on('proc.name in (vi, val(proc.pname))')).toBe(true);
    expect(loads('proc.name in ()')).toBe(true);
    for (const text of ['(vi,)', '(,vi)', '(vi ed)', '(vi']) {
      expect(loads(`proc.name in ${text}`)).toBe(false);
    }
  },
  quoting: () => {
    const is = (text: string, value: string): boolean =>
      on(`fd.name = ${text}`, { 'fd.name': value });
    expect(is('"a b"', 'a b') && is("'a b'", 'a b')).toBe(true);
    expect(is('"\\b\\f\\n\\r\\t\\\\\\/\\x41"', '\b\f\n\r\t\\/A')).toBe(true);
    expect(is('"\\""', '"') && is("'\\''", "'") && is('"\'"', "'")).toBe(true);
    expect(is('"a\\ b"', 'a\\b')).toBe(true);
    for (const text of [`"\\'"`, `'\\"'`, '"\\q"', '"\\x4"', '"\\x00"', '"a']) {
      expect(loads(`fd.name = ${text}`)).toBe(false);
    }
  },
  'right-hand field': () => {
    const pair = { 'proc.name': 'vi', 'proc.pname': 'VI' };
    expect(on('proc.name = val(proc.pname)', { ...pair, 'proc.pname': 'vi' })).toBe(true);
    expect(on('proc.name = tolower(proc.pname)', pair)).toBe(true);
    expect(
      on('proc.name in (val(proc.exe), tolower(proc.pname))', { ...pair, 'proc.exe': 'x' }),
    ).toBe(true);
    expect(on('proc.name = proc.pname', { ...pair, 'proc.pname': 'vi' })).toBe(false);
  },
  transformers: () => {
    expect(on('tolower(proc.name) = vi and toupper(proc.name) = VI')).toBe(true);
    expect(on('b64(proc.args) = bash', { 'proc.args': 'YmFzaA==' })).toBe(true);
    expect(on('basename(fd.name) = passwd and len(fd.name) = 11')).toBe(true);
    expect(on('join("-", (proc.name, proc.pname)) = vi-sh', { ...EVENT, 'proc.pname': 'sh' })).toBe(
      true,
    );
    expect(on('concat(proc.name, ":", fd.name) = vi:/etc/passwd')).toBe(true);
    expect(on('getopt(proc.args, "nt:")[t] = 5', { 'proc.args': '-n -t 5' })).toBe(true);
    expect(on('tolower(basename(proc.exe)) = vi', { 'proc.exe': '/bin/VI' })).toBe(true);
  },
  'argument-bearing fields': () => {
    const forms = `evt.type.is.open evt.arg.flags evt.arg[0] evt.rawarg.res proc.aname[2] proc.env[X] thread.cgroup.cpu
      container.label.x container.label[x]`;
    for (const field of forms.split(/\s+/)) expect(loads(`${field} exists`)).toBe(true);
    for (const field of [
      'evt.arg',
      'evt.arg.nosuch',
      'evt.type.is.nosuch',
      'proc.aname[x]',
      'proc.name[1]',
    ]) {
      expect(loads(`${field} exists`)).toBe(false);
    }
    expect(on('evt.type.is.open = 1')).toBe(true);
    expect(on('evt.type.is.close = 1')).toBe(false);
  },
});
