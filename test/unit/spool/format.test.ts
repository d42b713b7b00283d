import { escapeLine, jsonLine, textLine } from '../../../sensor/spool/format/index.js';
import type { Alert } from '../../../sensor/spool/alert.js';

const ALERT: Alert = {
  v: 1,
  id: '019b7f2e-7a2e-7000-8000-000000000001',
  seq: 7,
  timeNs: '1767323045000000006',
  kind: 'rule',
  rule: 'Config edit',
  priority: 'Warning',
  source: 'syscall',
  tags: ['lab', 'config'],
  hostname: 'lab1',
  message: 'Config edited (file=/srv/app.conf by=vi)',
  fields: '{"evt.time":1767323045000000006,"fd.name":"/srv/app.conf","proc.name":"vi"}',
  generation: 1,
  subject: null,
};

/** The time of day on this machine, whatever its zone. */
const date = new Date(1767323045000);
const clock = [date.getHours(), date.getMinutes(), date.getSeconds()]
  .map((part) => String(part).padStart(2, '0'))
  .join(':');
const LOCAL = `${clock}.000000006`;

const INTERNAL: Alert = {
  ...ALERT,
  kind: 'internal',
  rule: 'Alerts lost',
  message: 'Alerts were lost',
  fields: '{"z":"disk full","count":9007199254740993,"ok":true}',
};

describe('text line', () => {
  it('is time, priority, message and id', () => {
    expect(textLine(ALERT)).toBe(
      `${LOCAL}: Warning Config edited (file=/srv/app.conf by=vi) ${ALERT.id}`,
    );
  });

  it('shows UTC with offset digits under iso8601', () => {
    expect(textLine(ALERT, { iso8601: true })).toMatch(
      /^2026-01-02T03:04:05\.000000006\+0000: Warning Config/,
    );
  });

  it('colours the priority only', () => {
    expect(textLine(ALERT, { color: true })).toContain(': \u001b[33mWarning\u001b[0m Config');
  });

  it('lists the data of an internal alert, sorted, numbers in full, never in ISO time', () => {
    expect(textLine(INTERNAL, { iso8601: true })).toBe(
      `${LOCAL}: Warning Alerts were lost (count=9007199254740993 ok=true z=\\"disk full\\") ${ALERT.id}`,
    );
  });

  it.each([
    ['a"b\\c', 'a\\"b\\\\c'],
    ['a\nb\tc\r\b\f', 'a\\nb\\tc\\r\\b\\f'],
    ['\u001b[2J\u0000', '\\u001b[2J\\u0000'],
    ['\u009b31m\u007f', '\\u009b31m\\u007f'],
    ['\u202egpj.exe', '\\u202egpj.exe'],
    ['zażółć', 'zażółć'],
    ['\ud800', '\ufffd'],
  ])('escapes %j', (given, want) => {
    expect(escapeLine(given)).toBe(want);
  });
});

describe('JSON line', () => {
  it('has the keys in alphabetical order, at both levels', () => {
    expect(jsonLine(ALERT)).toBe(
      `{"hostname":"lab1","output":"${LOCAL}: Warning Config edited (file=/srv/app.conf by=vi)",` +
        '"output_fields":{"evt.time":1767323045000000006,"fd.name":"/srv/app.conf","proc.name":"vi"},' +
        '"priority":"Warning","rule":"Config edit","seq":7,"source":"syscall","tags":["config","lab"],' +
        `"time":"2026-01-02T03:04:05.000000006Z","uuid":"${ALERT.id}"}`,
    );
  });

  it('leaves out and adds what the options say', () => {
    const line = jsonLine(ALERT, {
      output: false,
      message: true,
      tags: false,
      outputFields: false,
    });
    expect(Object.keys(JSON.parse(line) as object)).toEqual([
      'hostname',
      'message',
      'priority',
      'rule',
      'seq',
      'source',
      'time',
      'uuid',
    ]);
  });

  it('renames the time key under iso8601, and only the key', () => {
    const fields = '{"evt.time":1,"proc.cmdline":"echo ,\\"evt.time\\":"}';
    const line = jsonLine({ ...ALERT, fields }, { iso8601: true });
    expect(line).toContain('{"evt.time.iso8601":1,"proc.cmdline":"echo ,\\"evt.time\\":"}');
    expect(line).toContain('"output":"2026-01-02T03:04:05.000000006+0000: Warning');
  });

  it('names the time once under iso8601 where the rule shows it in that form itself', () => {
    const fields = '{"evt.time":1,"evt.time.iso8601":1,"proc.name":"vi"}';
    expect(jsonLine({ ...ALERT, fields }, { iso8601: true })).toContain(
      '"output_fields":{"evt.time.iso8601":1,"proc.name":"vi"}',
    );
  });

  it('keeps the time a rule shows beside that of the prefix', () => {
    const fields = '{"evt.time":1,"proc.name":"vi"}';
    const iso = (alert: Partial<Alert>): string =>
      jsonLine({ ...ALERT, showsTime: true, ...alert }, { iso8601: true });
    expect(iso({ fields })).toContain('{"evt.time":1,"evt.time.iso8601":1,"proc.name":"vi"}');
    const both = '{"evt.time":1,"evt.time.iso8601":1,"proc.name":"vi"}';
    expect(iso({ fields: both })).toContain(both);
    expect(jsonLine({ ...ALERT, showsTime: true, fields })).toContain(fields);
  });

  it('has no tags and no message in an internal alert', () => {
    const keys = Object.keys(JSON.parse(jsonLine(INTERNAL, { message: true })) as object);
    expect(keys).not.toContain('tags');
    expect(keys).not.toContain('message');
  });
});
