import { compileRegex } from '../../../../sensor/engine/ops/regex.js';
import { leastCpuMs } from '../../../support/least-cpu.js';

const test = (source: string, value: string): boolean =>
  compileRegex({ kind: 'regex', source, flags: '', text: source })(value);

describe('regex', () => {
  it('matches whole values, as text', () => {
    expect(test('/etc/.*', '/etc/passwd')).toBe(true);
    expect(test('/etc', '/etc/passwd')).toBe(false);
    expect(test('.', Buffer.from('é').toString('latin1'))).toBe(true);
    expect(test('\ufffd', '\u00ff')).toBe(true);
  });

  it.each(['(a*)*b', '(a|aa)*b', '(a+a+)+b', '(.*a){20}'])(
    '%s cannot stall on 64 KiB',
    (source) => {
      const subject = `${'a'.repeat(65_535)}c`;
      expect(leastCpuMs(2000, () => test(source, subject))).toBeLessThan(2000);
    },
  );
});
