import { expect } from '@jest/globals';
import type { LoadOptions } from '../../../sensor/lang/index.js';
import { jsonLine, textLine } from '../../../sensor/spool/format/index.js';
import type { Alert } from '../../../sensor/spool/index.js';
import { alertsOf, items, loadTexts, ruleItem } from '../../support/judge.js';
import { testRows } from '../../support/reference-rows.js';

const EVENT = { 'proc.name': 'vi', 'fd.name': '/etc/passwd', 'proc.aname': ['sh', 'sshd'] };
const output = (text: string, event: object = EVENT, options: LoadOptions = {}) =>
  alertsOf(
    items(ruleItem('evt.type = open', { output: text, tags: ['a', 'b'] })),
    { ...event },
    options,
  )[0];
const message = (text: string): string | undefined => output(text)?.message;
const codes = (text: string): readonly (string | null)[] =>
  loadTexts(items(ruleItem('evt.type = open', { output: text }))).diagnostics.map(
    ({ falco }) => falco,
  );
const ALERT: Alert = {
  v: 1,
  id: '019b7f2e-7a2e-7000-8000-000000000001',
  seq: 7,
  timeNs: '1767323045000000006',
  kind: 'rule',
  rule: 'R',
  priority: 'Informational',
  source: 'syscall',
  tags: ['b', 'a'],
  hostname: 'lab1',
  message: 'm',
  fields: '{"evt.time":1767323045000000006}',
  generation: 1,
  subject: null,
};

testRows('§1.8', {
  tokens: () => {
    expect(message('%proc.name.')).toBe('vi.');
    expect(message('%proc.named (%fd.name)')).toBe('vid (/etc/passwd)');
    expect(message('%proc.aname[1] %proc.aname[9]')).toBe('sh <NA>');
    expect(message('%toupper(proc.name) %basename(fd.name)')).toBe('VI passwd');
    expect(message('%4proc.name|%1proc.name|%0proc.name')).toBe('vi  |v|vi');
    expect(output('%4proc.name')?.fields).toBe('{"evt.time":0,"proc.name":"vi"}');
  },
  'leading *': () => {
    expect(message('*%fd.num %proc.name')).toBe('<NA> vi');
    expect(message('%fd.num %proc.name')).toBe('<NA> vi');
  },
  errors: () => {
    for (const text of ['end %', 'width %12', '100% of', '%% ', '%nosuch.field', '%proc.nmae']) {
      expect([text, codes(text)]).toEqual([text, ['LOAD_ERR_COMPILE_OUTPUT']]);
    }
  },
  'alert text': () => {
    expect(textLine(ALERT)).toMatch(/^\d\d:\d\d:\d\d\.000000006: Informational m /);
    expect(textLine(ALERT, { iso8601: true })).toMatch(
      /^2026-01-02T03:04:05\.000000006\+0000: Informational m /,
    );
  },
  '%container.info / extra format': () => {
    expect(message('vi ran %container.info')).toBe('vi ran');
    expect(codes('vi ran %container.info')).toEqual(['LOAD_DEPRECATED_ITEM']);
  },
  'append_output entries': () => {
    const added = (entry: object): string | undefined =>
      output('o', EVENT, { appendOutput: [{ text: 'by %proc.name', ...entry }] })?.message;
    expect(added({})).toBe('o by vi');
    expect([added({ rule: 'R' }), added({ rule: 'S' })]).toEqual(['o by vi', 'o']);
    expect([added({ source: 'syscall' }), added({ source: 'k8s_audit' })]).toEqual([
      'o by vi',
      'o',
    ]);
    expect([added({ tags: ['a', 'b'] }), added({ tags: ['a', 'c'] })]).toEqual(['o by vi', 'o']);
    const fields = output('o', EVENT, {
      appendOutput: [
        { fields: ['fd.num', 'proc.name'], formatted: { who: '%proc.name of %fd.name' } },
      ],
    });
    expect(fields).toMatchObject({
      message: 'o',
      fields: '{"evt.time":0,"fd.num":null,"proc.name":"vi","who":"vi of /etc/passwd"}',
    });
  },
  'suggested fields': () => {
    expect(
      output('o', { 'container.id': 'host' }, { appendOutput: [{ suggested: true }] })?.message,
    ).toBe(
      'o container_id=host container_name=<NA> container_image_repository=<NA> container_image_tag=<NA> k8s_pod_name=<NA> k8s_ns_name=<NA>',
    );
  },
  static_fields: () => {
    expect(output('%static.cluster', { 'static.cluster': 'lab' })).toMatchObject({
      message: 'lab',
      fields: '{"evt.time":0,"static.cluster":"lab"}',
    });
  },
  sanitising: () => {
    expect(textLine({ ...ALERT, message: 'a\nb\u0001"\\é' })).toContain('a\\nb\\u0001\\"\\\\é');
    expect(output('%proc.name', { 'proc.name': 'ok' })?.message).toBe('ok');
    expect(jsonLine({ ...ALERT, message: 'a\nb' })).toContain('a\\nb');
  },
});
