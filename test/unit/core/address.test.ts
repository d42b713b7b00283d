import { addressText, isUnspecified, parseAddress } from '../../../sensor/core/index.js';

describe('addresses', () => {
  it.each([
    '0.0.0.0',
    '10.1.2.3',
    '255.255.255.255',
    '::',
    '::1',
    '1::',
    '2001:db8::1',
    '2001:db8:0:1:1:1:1:1',
    '1:0:0:2::3',
    'fe80::a:b:c:d',
  ])('%s is read and printed the same', (text) => {
    const address = parseAddress(text);
    expect(address).not.toBeNull();
    expect(addressText(address!)).toBe(text);
  });

  it.each([
    '',
    '1.2.3',
    '1.2.3.256',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    'x::1',
    '12345::',
  ])('"%s" is no address', (text) => {
    expect(parseAddress(text)).toBeNull();
  });

  it('shortens the longest run of zeros, the first of equals', () => {
    expect(addressText(parseAddress('1:0:0:2:0:0:0:3')!)).toBe('1:0:0:2::3');
    expect(addressText(parseAddress('1:0:0:2:3:0:0:4')!)).toBe('1::2:3:0:0:4');
  });

  it('knows the unspecified address of both families', () => {
    expect(isUnspecified(parseAddress('0.0.0.0')!)).toBe(true);
    expect(isUnspecified(parseAddress('::')!)).toBe(true);
    expect(isUnspecified(parseAddress('::1')!)).toBe(false);
  });
});
