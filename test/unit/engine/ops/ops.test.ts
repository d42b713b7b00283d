import fc from 'fast-check';
import { parseAddress } from '../../../../sensor/engine/ops/address.js';
import { containsFolded } from '../../../../sensor/engine/ops/fold.js';
import { compileNet, compileNets } from '../../../../sensor/engine/ops/net.js';
import { compilePathPrefixes } from '../../../../sensor/engine/ops/path-prefix.js';
import { compileSearch } from '../../../../sensor/engine/ops/search.js';
import { transform } from '../../../../sensor/engine/ops/transform.js';
import { addressText } from '../../../../sensor/core/address.js';
import { net } from '../../../support/conditions.js';

const networkOf = (text: string) => {
  const literal = net(text);
  if (literal.kind !== 'net') throw new Error('no network');
  return literal.value;
};

describe('networks', () => {
  it.each([
    ['10.0.0.0/8', '10.255.0.1', true],
    ['10.0.0.0/8', '11.0.0.1', false],
    ['0.0.0.0/0', '255.255.255.255', true],
    ['192.168.1.128/25', '192.168.1.127', false],
    ['10.0.0.0/8', '::1', false],
    ['2001:db8::/32', '2001:db8:ffff::1', true],
    ['2001:db8::/33', '2001:db8:8000::1', false],
    ['::/0', '2001:db8::1', true],
    ['::/0', '10.0.0.1', false],
    ['::1/128', '::1', true],
  ])('%s holds %s: %s', (network, address, want) => {
    const parsed = parseAddress(address) ?? '';
    expect(compileNet(networkOf(network))(parsed)).toBe(want);
    const decoys = ['172.16.0.0/12', 'fd00::/8', '203.0.113.7/32', 'fe80::1/128'].map(networkOf);
    expect(compileNets([...decoys, networkOf(network)])(parsed)).toBe(want);
  });
});

describe('addresses', () => {
  it.each([
    '0.0.0.0',
    '10.1.2.3',
    '255.255.255.255',
    '::',
    '::1',
    '2001:db8::1',
    'fe80::1:0:0:1',
    '1:2:3:4:5:6:7:8',
  ])('%s is read and written alike', (text) => {
    expect(addressText(parseAddress(text) ?? '')).toBe(text);
  });

  it('takes IPv4-mapped IPv6 for IPv4', () => {
    expect(parseAddress('::ffff:10.0.0.1')).toBe(parseAddress('10.0.0.1'));
    expect(parseAddress('::ffff:a00:1')).toBe(parseAddress('10.0.0.1'));
    expect(parseAddress('64:ff9b::10.0.0.1')).toBe(parseAddress('64:ff9b::a00:1'));
  });

  it.each(['', '10.0.0', '10.0.0.256', 'fe80::1%eth0', ':::', 'host'])(
    '%j is no address',
    (text) => {
      expect(parseAddress(text)).toBeNull();
    },
  );
});

describe('pmatch', () => {
  it.each([
    [['/etc'], '/etc', true],
    [['/etc'], '/etc/passwd', true],
    [['/etc'], '/etcetera', false],
    [['/etc/passwd'], '/etc', false],
    [['/etc/'], '//etc//ssh', true],
    [['/home/*/.ssh'], '/home/me/.ssh/id', true],
    [['/home/*/.ssh'], '/home/a/b/.ssh', false],
    [['/var/lo[cg]'], '/var/log/x', true],
    [['/a', '/b/c', '/d'], '/b/c', true],
    [['/a', '/b/c', '/d'], '/b', false],
    [[], '/etc', false],
    [['/usr/*/x', '/usr/lib'], '/usr/lib/y', true],
  ])('%j on %s: %s', (patterns, path, want) => {
    expect(compilePathPrefixes(patterns)(path)).toBe(want);
  });

  it('gives the same answers for many patterns as for few', () => {
    const many = Array.from({ length: 40 }, (_, i) => `/srv/${i}`);
    const match = compilePathPrefixes([...many, '/etc']);
    expect(['/etc/x', '/srv/7', '/srv/39/a', '/srv/40', '/srv'].map(match)).toEqual([
      true,
      true,
      true,
      false,
      false,
    ]);
  });
});

describe('search for many needles', () => {
  const word = fc.string({ unit: fc.constantFrom('a', 'b', '\u00ff'), minLength: 1, maxLength: 4 });
  it('finds what a search for each would find', () => {
    fc.assert(
      fc.property(
        fc.array(word, { minLength: 1, maxLength: 8 }),
        fc.array(fc.string({ unit: fc.constantFrom('a', 'b', 'c', '\u00ff'), maxLength: 9 }), {
          minLength: 9,
        }),
        (needles, texts) => {
          const search = compileSearch(needles);
          for (const text of texts) {
            expect([needles, text, search(text)]).toEqual([
              needles,
              text,
              needles.some((needle) => text.includes(needle)),
            ]);
          }
        },
      ),
      { numRuns: 400 },
    );
  });

  it('folds ASCII case on request', () => {
    const search = compileSearch(['private key', 'rsa'], true);
    expect(['BEGIN Private Key', 'the RSA', 'privatekey', 'r\u00e5sa'].map(search)).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });

  it('tells all 256 bytes apart', () => {
    const all = Array.from({ length: 256 }, (_, i) => String.fromCharCode(i));
    const search = compileSearch([...all.map((c) => `${c}x${c}`)]);
    expect(search('\u00ffx\u00ff')).toBe(true);
    expect(search('\u00ffx\u00fe')).toBe(false);
    expect(search('\u0000x\u0000')).toBe(true);
  });
});

describe('icontains', () => {
  it.each([
    ['/usr/bin/NMap', 'nmap', true],
    ['NMA', 'nmap', false],
    ['aaAab', 'aab', true],
    ['', '', true],
    ['\u00c3\u0089', '\u00c3\u00a9', false],
  ])('%j in %j: %s', (text, needle, want) => {
    expect(containsFolded(text, needle)).toBe(want);
  });
});

describe('transformers', () => {
  it.each([
    ['tolower', ['ABc\u00c9'], null, 'abc\u00c9'],
    ['toupper', ['abC'], null, 'ABC'],
    ['basename', ['/usr/bin/cat'], null, 'cat'],
    ['basename', ['cat'], null, 'cat'],
    ['basename', ['/usr/'], null, ''],
    ['b64', ['YmFzaA=='], null, 'bash'],
    ['b64', ['YmFzaA'], null, 'bash'],
    ['b64', ['YmFzaA='], null, null],
    ['b64', ['YmFzY'], null, null],
    ['b64', ['not base64'], null, null],
    ['len', ['abc'], null, 3],
    ['len', [['a', 'b']], null, 2],
    ['join', ['-', ['a', 'b']], null, 'a-b'],
    ['concat', ['a', '/', 'b'], null, 'a/b'],
    ['tolower', [null], null, null],
    ['concat', ['a', null], null, null],
    ['tolower', [['A', 'B']], null, ['a', 'b']],
    ['getopt', ['-x -b value rest', 'xb:'], 'b', 'value'],
    ['getopt', ['-xbvalue', 'xb:'], 'b', 'value'],
    ['getopt', [['-b', 'two words'], 'b:'], 'b', 'two words'],
    ['getopt', ['-x', 'xb:'], 'x', ''],
    ['getopt', ['-x', 'xb:'], 'b', null],
    ['getopt', ['-- -b v', 'b:'], 'b', null],
    ['getopt', ['-a -b v', 'a:b:'], 'b', null],
    ['getopt', ['-n -t 5 -n host', 'nt:'], null, ['n', 't']],
    ['getopt', ['-nt5 -- -x', 'nt:x'], null, ['n', 't']],
    ['getopt', ['-z -t', 'nt:'], null, []],
    ['getopt', [null, 'nt:'], null, null],
  ] as const)('%s(%j)[%s] is %j', (name, args, index, want) => {
    expect(transform(name, args, index)).toEqual(want);
  });
});
