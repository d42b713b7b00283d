import { alertOfVerdict, type NetVerdict } from '../../../sensor/enforce/index.js';
import { addressTextOf } from '../../../sensor/enforce/address.js';
import { blockRule, egress } from '../../support/block-rules.js';

const verdict: NetVerdict = {
  generation: 3,
  rule: 0,
  clause: 7,
  mode: 'enforce',
  reply: 'reject',
  layer: 'connect',
  outcome: 'refused',
  protocol: 'tcp',
  localAddress: null,
  localPort: 0,
  remoteAddress: 'fd00::1',
  remotePort: 443,
  pid: 42,
  uid: 0,
  startNs: 9_007_199_254_740_993n,
  execCount: 2,
  cgroupId: 5n,
  socketCookie: 6n,
  count: 9_007_199_254_740_993n,
  firstNs: 1n,
  timeNs: 2n,
};
const subject = { exe: '/usr/bin/curl', containerId: 'a'.repeat(64), podUid: null };
const output = { message: 'own words', fields: [] };
const rule = { ...blockRule('no curl', egress), tags: ['b', 'a'] };

describe('the alert of a verdict', () => {
  it('says who, to where, by which rule and what became of it', () => {
    const alert = alertOfVerdict(verdict, rule, subject, 1_700_000_000_000_000_001n, output);
    expect(alert).toMatchObject({
      kind: 'verdict',
      rule: 'no curl',
      timeNs: '1700000000000000001',
      generation: 3,
      tags: ['a', 'b'],
      subject: { pid: 42, startNs: '9007199254740993', exe: '/usr/bin/curl' },
    });
    expect(JSON.parse(alert.fields)).toMatchObject({
      'container.id': 'aaaaaaaaaaaa',
      'fd.lip': null,
      'fd.rip': 'fd00::1',
      'fd.rport': 443,
      'verdict.duration': 1,
      'verdict.layer': 'connect',
      'verdict.mode': 'enforce',
      'verdict.outcome': 'refused',
    });
    expect(alert.fields).toContain('"verdict.count":9007199254740993');
  });

  it.each([
    [{ count: 1n }, 'own words [refused at connect]'],
    [{ count: 1n, outcome: 'reset', layer: 'tc' }, 'own words [reset at tc]'],
    [{ count: 50n }, 'own words [refused at connect, 50 times in 1 s]'],
    [
      { count: 7n, firstNs: 1_000_000_000n, timeNs: 31_400_000_000n },
      'own words [refused at connect, 7 times in 30 s]',
    ],
    [{ count: 1n, mode: 'audit', outcome: 'reported' }, 'own words [audit: would be blocked]'],
  ] as const)("says in the rule's words what was done: %j", (members, message) => {
    const alert = alertOfVerdict({ ...verdict, ...members }, rule, subject, 0n, output);
    expect(alert.message).toBe(message);
  });

  it("has the fields of the rule's output, whose values win", () => {
    const rendered = {
      message: 'own words',
      fields: [
        ['proc.exepath', '"<NA>"'],
        ['evt.time', '9007199254740993'],
      ] as const,
    };
    const alert = alertOfVerdict(verdict, rule, subject, 0n, rendered);
    expect(JSON.parse(alert.fields)).toMatchObject({
      'proc.exepath': '<NA>',
      'proc.pid': 42,
    });
    expect(alert.fields).toContain('"evt.time":9007199254740993,');
    const keys = [...alert.fields.matchAll(/"([a-z0-9_.]+)":/g)].map(([, key]) => key);
    expect(keys).toContain('verdict.reply');
    expect(keys).toEqual(keys.toSorted());
  });
});

describe('addresses of records', () => {
  it('are dotted where IPv4 is mapped, else as RFC 5952 has them', () => {
    const mapped = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 10, 0, 0, 1);
    expect(addressTextOf(mapped)).toBe('10.0.0.1');
    expect(addressTextOf(Uint8Array.of(0xfd, ...Array<number>(14).fill(0), 1))).toBe('fd00::1');
  });
});
