import { compileOutput, PLAIN_FIELDS, plainEvent } from '../../../../sensor/engine/index.js';
import type { ExtraField, Operand, OutputToken } from '../../../../sensor/lang/ir.js';
import { call, field } from '../../../support/conditions.js';

function output(...parts: readonly (string | Operand | { operand: Operand; width: number })[]) {
  const tokens = parts.map((part): OutputToken => {
    if (typeof part === 'string') return { kind: 'text', text: part };
    const { operand, width } = 'operand' in part ? part : { operand: part, width: 0 };
    return { kind: 'value', operand, width, text: '' };
  });
  const compiled = compileOutput(tokens, PLAIN_FIELDS);
  return {
    message: (values: Record<string, unknown>) => compiled.message(plainEvent(values).event),
    json: (values: Record<string, unknown>) => compiled.fieldsJson(plainEvent(values).event, 7n),
  };
}

describe('message', () => {
  it.each<[string, Record<string, unknown>, string]>([
    ['proc.name', {}, '<NA>'],
    ['proc.name', { 'proc.name': '' }, ''],
    ['proc.name', { 'proc.name': 'zażółć' }, 'zażółć'],
    ['user.uid', { 'user.uid': 4294967295 }, '4294967295'],
    ['evt.is_open_write', { 'evt.is_open_write': false }, 'false'],
    ['evt.rawtime', { 'evt.rawtime': '1767323045000000006' }, '1767323045000000006'],
    ['evt.reltime', { 'evt.reltime': 42 }, '000000042'],
    ['evt.rawtime.ns', { 'evt.rawtime.ns': 6 }, '000000006'],
    ['proc.duration', { 'proc.duration': 42 }, '42'],
    ['fd.dev', { 'fd.dev': 0x10fe }, '10FE'],
    ['proc.fdusage', { 'proc.fdusage': 1.25 }, '1.3'],
    ['fd.sip', { 'fd.sip': '2001:db8::1' }, '2001:db8::1'],
    ['fd.sport', { 'fd.sport': 443 }, '443'],
    ['fd.types', { 'fd.types': ['file', 'ipv4'] }, '(file,ipv4)'],
    ['proc.aname', { 'proc.aname': ['bash', 'sshd'] }, 'bash sshd'],
    ['proc.aname', { 'proc.aname': [] }, '<NA>'],
    ['proc.apid', { 'proc.apid': [10, 1], 'proc.pid': 42 }, '42'],
    ['evt.buffer', { 'evt.buffer': 'a\u0001\nb\u007f' }, 'a..b.'],
  ])('shows %s of %j as %j', (name, values, want) => {
    expect(output(field(name)).message(values)).toBe(want);
  });

  it('cuts lists at 1023 bytes and buffers at 1020', () => {
    const types = Array.from({ length: 600 }, () => 'file');
    expect(output(field('fd.types')).message({ 'fd.types': types })).toHaveLength(1023);
    expect(output(field('evt.buffer')).message({ 'evt.buffer': 'x'.repeat(2000) })).toHaveLength(
      1020,
    );
  });

  it('cuts and pads to a width in bytes', () => {
    const wide = output('[', { operand: field('proc.name'), width: 4 }, ']');
    expect(wide.message({ 'proc.name': 'ab' })).toBe('[ab  ]');
    expect(wide.message({ 'proc.name': 'abcdef' })).toBe('[abcd]');
    expect(wide.message({})).toBe('[<NA>]');
    // ó has two bytes: the second is cut off.
    expect(wide.message({ 'proc.name': 'abcó' })).toBe('[abc\ufffd]');
  });

  it('applies transformers and keeps UTF-8 of its own text', () => {
    const shown = output('Zażółć ', call('toupper', [field('proc.name')]));
    expect(shown.message({ 'proc.name': 'vi' })).toBe('Zażółć VI');
    expect(shown.message({})).toBe('Zażółć <NA>');
  });
});

describe('output_fields', () => {
  it('has keys as written, sorted, values by type, and the time of the event', () => {
    const { json } = output(
      field('user.uid'),
      field('proc.name'),
      field('fd.sip'),
      field('evt.is_open_write'),
      field('evt.rawtime'),
      field('fd.types'),
      field('proc.aname[2]'),
      field('fd.dev'),
      field('fd.ino'),
      field('proc.aname'),
      field('evt.datetime'),
      field('evt.rawtime.ns'),
    );
    const text = json({
      'user.uid': 0,
      'proc.name': 'zażółć\n"',
      'fd.sip': '10.0.0.1',
      'evt.is_open_write': true,
      'evt.rawtime': '1767323045000000006',
      'fd.types': ['file'],
      'fd.dev': 255,
      'proc.aname': ['a', 'b'],
      'evt.rawtime.ns': 6,
    });
    expect(text).toBe(
      '{"evt.datetime":7,"evt.is_open_write":true,"evt.rawtime":1767323045000000006,"evt.rawtime.ns":6,' +
        '"evt.time":7,"fd.dev":"FF","fd.ino":null,"fd.sip":"10.0.0.1","fd.types":["file"],' +
        '"proc.aname":"a b","proc.aname[2]":"b","proc.name":"zażółć\\n\\"","user.uid":0}',
    );
  });

  it('has the field inside a transformer, and no key for the call', () => {
    const { json } = output(call('toupper', [call('basename', [field('proc.exepath')])]));
    expect(json({ 'proc.exepath': '/bin/vi' })).toBe('{"evt.time":7,"proc.exepath":"/bin/vi"}');
  });

  it('has what the configuration adds: fields with their type, templates as text', () => {
    const value = (operand: Operand): OutputToken => ({
      kind: 'value',
      operand,
      width: 0,
      text: '',
    });
    const extra: ExtraField[] = [
      { key: 'user.uid', tokens: [value(field('user.uid'))], formatted: false },
      {
        key: 'who',
        tokens: [value(field('user.name')), { kind: 'text', text: '/' }, value(field('user.uid'))],
        formatted: true,
      },
    ];
    const compiled = compileOutput([value(field('proc.name'))], PLAIN_FIELDS, extra);
    const { event } = plainEvent({ 'user.uid': 7, 'user.name': 'ó"', 'proc.name': 'vi' });
    expect(compiled.message(event)).toBe('vi');
    expect(compiled.fieldsJson(event, 7n)).toBe(
      '{"evt.time":7,"proc.name":"vi","user.uid":7,"who":"ó\\"/7"}',
    );
  });

  it('tells whether the rule itself shows the time', () => {
    const shows = (...operands: Operand[]): boolean =>
      compileOutput(
        operands.map((operand) => ({ kind: 'value', operand, width: 0, text: '' })),
        PLAIN_FIELDS,
      ).showsTime;
    expect(shows(field('proc.name'), field('evt.time'))).toBe(true);
    expect(shows(call('toupper', [field('evt.time')]))).toBe(true);
    expect(shows(field('evt.time.s'), field('evt.time.iso8601'))).toBe(false);
  });

  it('keeps a field whole whatever its width in the text, and names it once', () => {
    const { json } = output({ operand: field('proc.name'), width: 2 }, field('proc.name'));
    expect(json({ 'proc.name': 'bash' })).toBe('{"evt.time":7,"proc.name":"bash"}');
  });
});
