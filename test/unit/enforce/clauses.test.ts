import { compileSet, judge, judgeByTables, TooManyClauses } from '../../../sensor/enforce/index.js';
import { mappedAddress } from '../../../sensor/enforce/address.js';
import {
  and,
  blockRule,
  compare,
  egress,
  int,
  ip4,
  net,
  not,
  or,
  randomFlow,
  randomFrom,
  randomRules,
  str,
  type World,
} from '../../support/block-rules.js';
import { leastCpuMs } from '../../support/least-cpu.js';

const WORLD: World = {
  paths: ['/usr/bin/curl', '/usr/bin/curl2', '/usr/bin/wget', '/opt/a/tool', '/opt/a', '/bin/sh'],
  prefixes: ['/usr/bin/', '/usr/', '/opt/a', '/opt/a/tool', '/'],
  containers: ['0123456789ab', 'ba9876543210'],
  nets: [
    ip4('10.0.0.0/8'),
    ip4('10.1.0.0/16'),
    ip4('10.1.2.0/24'),
    ip4('10.1.2.3/32'),
    ip4('0.0.0.0/0'),
    { family: 6, address: 0xfd00n << 112n, bits: 8 },
    { family: 6, address: (0xfd00n << 112n) | 1n, bits: 128 },
    { family: 6, address: 0n, bits: 0 },
    { family: 6, address: 0n, bits: 64 },
  ],
  ports: [1, 53, 80, 443, 8080, 65534],
};

describe('compiled tables', () => {
  it('give the same verdict as the conditions themselves, for random rules and flows', () => {
    const random = randomFrom(7);
    const outcomes = { enforce: 0, audit: 0, neither: 0 };
    for (let round = 0; round < 60; round++) {
      const rules = randomRules(random, WORLD, 1 + random(6));
      const set = compileSet(rules);
      for (let i = 0; i < 60; i++) {
        const exeIs = (['named', 'named', 'claimed', 'untold'] as const)[random(4)]!;
        const flow = {
          ...randomFlow(random, WORLD),
          ...(random(20) === 0 ? { exe: null } : { exeIs }),
        };
        const expected = judge(rules, flow);
        expect({ round, i, ...judgeByTables(set, flow) }).toEqual({ round, i, ...expected });
        outcomes[expected.enforce >= 0 ? 'enforce' : expected.audit >= 0 ? 'audit' : 'neither']++;
      }
    }
    // The comparison means nothing if one answer hardly occurs.
    for (const count of Object.values(outcomes)) expect(count).toBeGreaterThan(360);
  });

  it('keep a list, a range or a negation within one field as one clause', () => {
    const condition = and(
      egress,
      not(compare('proc.exepath', 'in', str('/bin/a'), str('/bin/b'))),
      or(compare('fd.rport', '=', int(80)), compare('fd.l4proto', '=', str('udp'))),
    );
    expect(compileSet([blockRule('one', condition)]).clauses).toHaveLength(1);
  });

  it('give a clause to each branch that joins different fields', () => {
    const condition = and(
      egress,
      or(compare('fd.rport', '=', int(80)), compare('fd.snet', '=', net(ip4('10.0.0.0/8')))),
    );
    expect(compileSet([blockRule('two', condition)]).clauses).toHaveLength(2);
  });

  it('know the host, containers that rules name, and all others', () => {
    const named = compare('container.id', '=', str('0123456789ab'));
    const rules = [
      blockRule('named', and(egress, named)),
      blockRule('unnamed', and(egress, not(or(named, compare('container.id', '=', str('host')))))),
      blockRule('host', and(egress, compare('container.id', '=', str('host')))),
    ];
    const set = compileSet(rules);
    const ruleOf = (containerId: string): number =>
      judgeByTables(set, { ...randomFlow(randomFrom(1), WORLD), containerId }).enforce;
    expect(['0123456789ab', 'ffffffffffff', 'host'].map(ruleOf)).toEqual([0, 1, 2]);
  });

  it('never let an audit rule hide an enforcing one', () => {
    const everything = compare('fd.snet', '=', net(ip4('0.0.0.0/0')));
    const rules = [
      blockRule('audit first', and(egress, everything), { mode: 'audit' }),
      blockRule('enforce', and(egress, everything)),
    ];
    const flow = {
      exe: '/bin/a',
      containerId: 'host',
      remote: ip4('10.0.0.1'),
      port: 80,
      protocol: 'tcp',
    } as const;
    expect(judgeByTables(compileSet(rules), flow)).toEqual({ enforce: 1, audit: 0 });
  });

  it('compute the row of a prefix from all networks around it', () => {
    const rules = [
      blockRule('wide', and(egress, compare('fd.rnet', '=', net(ip4('10.0.0.0/8'))))),
      blockRule(
        'narrow',
        and(
          egress,
          compare('fd.rnet', '=', net(ip4('10.1.0.0/16'))),
          compare('fd.rport', '=', int(1)),
        ),
      ),
    ];
    const flow = {
      exe: '/bin/a',
      containerId: 'host',
      remote: ip4('10.1.2.3'),
      port: 2,
      protocol: 'tcp',
    } as const;
    expect(judgeByTables(compileSet(rules), flow).enforce).toBe(0);
  });

  it('treat a process of unknown executable as fulfilling only what does not ask for it', () => {
    const rules = [
      blockRule('allow list', and(egress, not(compare('proc.exepath', '=', str('/bin/ok'))))),
      blockRule('anyone', and(egress, compare('fd.rport', '=', int(25)))),
    ];
    const flow = {
      exe: null,
      containerId: 'host',
      remote: ip4('10.1.2.3'),
      port: 25,
      protocol: 'tcp',
    } as const;
    expect(judge(rules, flow).enforce).toBe(1);
    expect(judgeByTables(compileSet(rules), flow).enforce).toBe(1);
  });

  it('let a program that only claims its path off nothing, nor one without a path', () => {
    const curl = compare('proc.exepath', '=', str('/usr/bin/curl'));
    const rules = [
      blockRule('not curl', and(egress, curl, compare('fd.rport', '=', int(1)))),
      blockRule('only curl', and(egress, not(curl), compare('fd.rport', '=', int(2)))),
    ];
    const set = compileSet(rules);
    const answers = (exe: string, exeIs: 'named' | 'claimed' | 'untold'): number[] =>
      [1, 2].map((port) => {
        const flow = { ...randomFlow(randomFrom(1), WORLD), exe, exeIs, port };
        expect(judgeByTables(set, flow)).toEqual(judge(rules, flow));
        return judge(rules, flow).enforce;
      });
    expect(answers('/usr/bin/curl', 'named')).toEqual([0, -1]);
    expect(answers('/usr/bin/wget', 'named')).toEqual([-1, 1]);
    expect(answers('/usr/bin/curl', 'claimed')).toEqual([0, 1]);
    expect(answers('/usr/bin/wget', 'claimed')).toEqual([-1, 1]);
    expect(answers('/usr/bin/wget', 'untold')).toEqual([0, 1]);
  });

  it('never put an IPv4 address into a network of IPv6', () => {
    const everything6 = { family: 6, address: 0n, bits: 0 } as const;
    const rules = [blockRule('six', and(egress, compare('fd.rnet', '=', net(everything6))))];
    const set = compileSet(rules);
    const flow = { exe: '/bin/a', containerId: 'host', port: 1, protocol: 'udp' } as const;
    expect(judgeByTables(set, { ...flow, remote: ip4('10.0.0.1') }).enforce).toBe(-1);
    expect(judgeByTables(set, { ...flow, remote: { family: 6, address: 1n } }).enforce).toBe(0);
  });

  it('refuse more clauses than there is room for, with the count', () => {
    const rules = Array.from({ length: 1025 }, (_, i) =>
      blockRule(`rule ${i}`, and(egress, compare('fd.rport', '=', int(i)))),
    );
    expect(() => compileSet(rules)).toThrow(TooManyClauses);
    expect(compileSet(rules.slice(1)).clauses).toHaveLength(1024);
  });

  it('compile 100,000 prefixes in a few seconds', () => {
    const nets = Array.from({ length: 100_000 }, (_, i) =>
      net({ family: 4, address: BigInt(0x0a000000 + i * 7), bits: 32 }),
    );
    const ms = leastCpuMs(5000, () => {
      const set = compileSet([blockRule('feed', and(egress, compare('fd.rip', 'in', ...nets)))]);
      expect(set.remotes).toHaveLength(100_002);
      expect(set.remotes.at(-1)!.address).toBe(
        mappedAddress({ family: 4, address: BigInt(0x0a000000 + 99_999 * 7) }),
      );
    });
    expect(ms).toBeLessThan(5000);
  });
});
