import { describe, expect, it } from '@jest/globals';
import { allFields, compileCondition } from '../../../sensor/lang/index.js';
import type { Condition } from '../../../sensor/lang/index.js';

const OPERATORS =
  '= != < <= > >= contains icontains bcontains startswith bstartswith endswith glob iglob regex in intersects pmatch'.split(
    ' ',
  );
const LISTS = new Set(['in', 'intersects', 'pmatch']);

/** Operators a field takes with a literal that suits it. */
function accepted(field: string, literal: (op: string) => string): string {
  const works = (text: string): boolean => compileCondition(text).ok;
  const found = OPERATORS.filter((op) =>
    works(`${field} ${op} ${LISTS.has(op) ? `(${literal(op)})` : literal(op)}`),
  );
  return [...found, ...(works(`${field} exists`) ? ['exists'] : [])].join(' ');
}
function codes(text: string): string {
  return compileCondition(text)
    .diagnostics.map(({ code }) => code)
    .filter((code) => code !== 'not-captured')
    .join(' ');
}
function compare(text: string): Extract<Condition, { kind: 'compare' }> {
  const result = compileCondition(text);
  if (!result.ok || result.condition.kind !== 'compare') throw new Error(`${text}: ${codes(text)}`);
  return result.condition;
}
const right = (text: string): unknown => compare(text).right[0];
const NUMBERS = '= != < <= > >= in intersects exists';
const PLAIN = '= != in intersects exists';

describe('falco-compat §1.6, operators × types', () => {
  it.each([
    ['integers: signed', 'proc.pid', '1', NUMBERS],
    ['integers: unsigned', 'user.uid', '1', NUMBERS],
    ['ports', 'fd.sport', '80', NUMBERS],
    ['times: durations', 'proc.duration', '1', NUMBERS],
    ['times: epoch', 'evt.rawtime', '1', NUMBERS],
    ['bool', 'evt.failed', 'true', PLAIN],
    ['ip', 'fd.sip', '10.0.0.1', PLAIN],
    ['net', 'fd.snet', '10.0.0.0/8', PLAIN],
    ['list-valued field', 'fd.types', 'file', 'in intersects exists'],
    ['nearness in time', 'evt.around[1]', '1', '= exists'],
  ])('%s', (_name, field, literal, expected) => {
    expect(accepted(field, () => literal)).toBe(expected);
  });
  it('string, path: order only with numbers, as the grammar has it', () => {
    expect(accepted('proc.name', (op) => (/[<>]/.test(op) ? '1' : 'ab'))).toBe(
      '= != < <= > >= contains icontains startswith endswith glob iglob regex in intersects pmatch exists',
    );
  });
  it('byte buffer', () => {
    expect(accepted('evt.buffer', () => 'abcd')).toBe(
      '= != contains bcontains startswith bstartswith endswith in intersects exists',
    );
  });
  it('modifiers: on = != contains icontains bcontains startswith bstartswith endswith glob iglob regex', () => {
    const takes = (field: string): string =>
      OPERATORS.filter((op) => compileCondition(`${field} ${op} oneof (abcd)`).ok).join(' ');
    expect(takes('proc.name')).toBe('= != contains icontains startswith endswith glob iglob regex');
    expect(takes('evt.buffer')).toBe('= != contains bcontains startswith bstartswith endswith');
  });
  it('bcontains / bstartswith: an even number of hexadecimal digits, as bytes', () => {
    expect(right('evt.buffer bcontains 50aF')).toEqual({ kind: 'string', value: 'P\xaf' });
    expect(codes('evt.buffer bcontains abc')).toBe('bad-literal');
    expect(codes('evt.buffer bstartswith xy')).toBe('bad-literal');
  });
  it('ip literal: v4 with a dot, else v6; IPv4-mapped is v4', () => {
    const v4 = { kind: 'net', value: { family: 4, address: 0x0a000001n, bits: 32 } };
    expect(right('fd.sip = 10.0.0.1')).toEqual(v4);
    expect(right('fd.sip = ::ffff:10.0.0.1')).toEqual(v4);
    expect(right('fd.sip = "2001:db8::1"')).toEqual({
      kind: 'net',
      value: { family: 6, address: 0x20010db8000000000000000000000001n, bits: 128 },
    });
    for (const bad of ['10.0.0', '10.0.0.256', '1::2::3', 'localhost', '10.0.0.0/8']) {
      expect(codes(`fd.sip = ${bad}`)).toBe('bad-literal');
    }
  });
  it('net literal: carries /bits', () => {
    expect(right('fd.snet = 10.1.2.3/8')).toEqual({
      kind: 'net',
      value: { family: 4, address: 0x0a000000n, bits: 8 },
    });
    expect(codes('fd.snet = 10.0.0.0')).toBe('bad-literal');
    expect(codes('fd.snet = 10.0.0.0/33')).toBe('bad-literal');
    expect(right('fd.snet = "fe80::/10"')).toMatchObject({ value: { family: 6, bits: 10 } });
  });
  it('fd.net in (…): only the first network counts, with a warning; strict honours all', () => {
    const text = 'fd.net in (10.0.0.0/8, 192.168.0.0/16)';
    expect(compare(text).right).toHaveLength(1);
    expect(codes(text)).toBe('net-in-first-only');
    const strict = compileCondition(text, { compat: 'strict' });
    expect(strict.ok && strict.condition.kind === 'compare' && strict.condition.right).toHaveLength(
      2,
    );
    expect(compare('fd.lnet in (10.0.0.0/8, 192.168.0.0/16)').right).toHaveLength(2);
  });
  it('port: numbers to 65535 and names of services', () => {
    expect(right('fd.sport = https')).toEqual({ kind: 'int', value: 443n });
    expect(codes('fd.sport = 65536')).toBe('bad-literal');
    expect(codes('fd.sport = nosuchservice')).toBe('bad-literal');
  });
  it('fd.*ip.name: = != in only', () => {
    expect(codes('fd.sip.name startswith a')).toContain('operator-not-for-type');
    expect(codes('fd.sip.name = a.example')).not.toContain('operator-not-for-type');
  });
  it('evt.type value: a known event, system call or event of a plugin', () => {
    expect(codes('evt.type in (open, acct, container, container_removed)')).toBe('');
    expect(codes('evt.type startswith op')).toBe('unknown-event-type');
    expect(codes('evt.type startswith open')).toBe('');
  });
  it('bool: true and false only', () => {
    expect(right('evt.failed = true')).toEqual({ kind: 'bool', value: true });
    expect(codes('evt.failed = 1')).toBe('bad-literal');
  });
  it('regex: parsed at load; a simpler operator is suggested', () => {
    expect(codes('proc.name regex "a[b"')).toBe('bad-regex');
    const { diagnostics } = compileCondition('fd.name regex /etc/.*');
    expect(diagnostics[0]).toMatchObject({
      falco: 'LOAD_COMPILE_CONDITION',
      hint: 'write fd.name startswith /etc/',
    });
  });
  it('numbers: decimal integers only; negative values wrap for unsigned types; doubles are read as integers', () => {
    expect(right('proc.pid = -1')).toEqual({ kind: 'int', value: -1n });
    expect(right('user.uid = -1')).toEqual({ kind: 'int', value: 0xffffffffn });
    expect(right('proc.vmsize = -1')).toEqual({ kind: 'int', value: 2n ** 64n - 1n });
    for (const bad of ['0x10', '1.5', '1e+3', 'abc', '9223372036854775808']) {
      expect(codes(`proc.pid = ${bad}`)).toBe('bad-literal');
    }
    expect(codes('thread.cpu > 1.5')).toContain('bad-literal');
    expect(codes('proc.duration > 5s')).toContain('syntax');
    expect(compileCondition('proc.duration = 5s').diagnostics[0]?.hint).toContain('without unit');
  });
  it('literals hold at most 255 bytes', () => {
    expect(codes(`proc.name = ${'a'.repeat(255)}`)).toBe('');
    expect(codes(`proc.name = ${'a'.repeat(256)}`)).toBe('bad-literal');
    expect(codes(`proc.name = "${'é'.repeat(128)}"`)).toBe('bad-literal');
  });
  it('an unknown operator says what fits', () => {
    const { diagnostics } = compileCondition('proc.pid contains 1');
    expect(diagnostics[0]).toMatchObject({
      code: 'operator-not-for-type',
      span: { start: 9, end: 17 },
    });
    expect(diagnostics[0]?.hint).toContain('= != <');
  });
});

describe('falco-compat §1.7, field to field', () => {
  it('types equal and list-ness equal', () => {
    expect(codes('proc.name = val(proc.pname)')).toBe('');
    expect(codes('proc.name in (val(proc.pname), tolower(proc.exe))')).toBe('');
    expect(codes('proc.name = val(proc.pid)')).toBe('field-comparison');
    expect(codes('fd.types in val(proc.name)')).toContain('field-comparison');
    expect(codes('proc.pid = len(proc.name)')).toBe('field-comparison');
    expect(codes('proc.cmdnargs = len(proc.name)')).toBe('');
  });
  it('not with pmatch, regex, net-typed fields', () => {
    expect(codes('fd.name pmatch (val(proc.cwd))')).toBe('field-comparison');
    expect(codes('fd.name regex val(proc.cwd)')).toBe('field-comparison');
    expect(codes('fd.snet = val(fd.sip)')).toBe('field-comparison');
  });
  it('no right-hand use: fields marked R', () => {
    for (const field of ['fd.ip', 'fd.port', 'proc.aname', 'fd.types']) {
      expect(codes(`proc.name = val(${field})`)).toContain('field-comparison');
    }
  });
  it('no transformer: fields marked T', () => {
    for (const field of ['fd.ip', 'fd.port', 'fd.net', 'evt.rawarg.flags']) {
      expect(codes(`tolower(${field}) = x`)).toContain('no-transformer');
    }
  });
});

describe('transformers', () => {
  it.each([
    ['tolower(proc.name) = x', ''],
    ['toupper(proc.pid) = x', 'bad-argument'],
    ['tolower(proc.name, proc.exe) = x', 'bad-argument'],
    ['b64(evt.buffer) contains x', ''],
    ['basename(proc.exe) in (sh)', ''],
    ['len(proc.cmdline) > 100', ''],
    ['len(fd.types) = 2', ''],
    ['len(proc.name) = x', 'bad-literal'],
    ['join("-", proc.name, proc.pname) = x', ''],
    ['join("-", (proc.name, proc.pname)) = x', ''],
    ['join((proc.name)) = x', 'bad-argument'],
    ['concat(fd.rip, ":", fd.rport) in ("8.8.8.8:53")', ''],
    ['getopt(proc.args, "nt:")[t] = x', ''],
    ['getopt(proc.args, "nt:") intersects (n, t)', ''],
    ['getopt(proc.args, "nt:") = n', 'operator-not-for-type'],
    ['getopt(proc.args) in (n)', 'bad-argument'],
    ['getopt(proc.args, proc.name) in (n)', 'bad-argument'],
    ['tolower(proc.name)[1] = x', 'bad-argument'],
    ['tolower(proc.nam) = x', 'unknown-field'],
  ])('%s: %s', (text, expected) => {
    expect(codes(text)).toBe(expected);
  });
});

describe('what probably means something else', () => {
  it('a literal that is a field, or looks like a call: LOAD_COMPILE_CONDITION', () => {
    expect(compileCondition('proc.name = proc.pname').diagnostics[0]).toMatchObject({
      falco: 'LOAD_COMPILE_CONDITION',
      hint: 'write val(proc.pname) to compare with the field',
    });
    expect(codes('proc.name = "tolower( proc.pname )"')).toBe('suspicious-literal');
    expect(codes('proc.name = a.b')).toBe('');
  });
  it('order of text where a number was meant', () => {
    expect(compileCondition('evt.arg.size > 900').diagnostics[0]).toMatchObject({
      code: 'text-comparison',
      hint: 'write evt.rawarg.size to compare numbers',
    });
    expect(right('evt.rawarg.size > 900')).toEqual({ kind: 'int', value: 900n });
  });
  it('<NA> compared with fields of audit logs: LOAD_UNSAFE_NA_CHECK', () => {
    const { diagnostics } = compileCondition('ka.user.name = <NA>');
    expect(diagnostics.map(({ falco }) => falco)).toContain('LOAD_UNSAFE_NA_CHECK');
    expect(codes('proc.name = <NA>')).toBe('');
  });
  it('fields that have no value yet, and deprecated ones', () => {
    expect(codes('evt.dir = <')).toContain('deprecated-field');
    const dead = allFields().find(
      ({ availability, type }) => availability === 'not-captured' && type === 'string',
    );
    expect(compileCondition(`${dead!.name} = x`).diagnostics).toMatchObject([
      { code: 'not-captured', severity: 'warning', falco: null },
    ]);
  });
});
