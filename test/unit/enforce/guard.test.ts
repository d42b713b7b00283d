import { compileGuards } from '../../../sensor/enforce/guard.js';

describe('the guard list', () => {
  it('gives each prefix the ports of those around it, for the kernel finds the longest only', () => {
    const guards = compileGuards([
      { address: '10.0.0.0', bits: 8, port: 443 },
      { address: '10.1.2.3', bits: 32, port: 9092 },
      { address: 'fd00::1', bits: 128, port: null },
    ]);
    expect(guards.map(({ bits, ports }) => ({ bits, ports }))).toEqual([
      { bits: 104, ports: [443] },
      { bits: 128, ports: [443, 9092] },
      { bits: 128, ports: null },
    ]);
  });

  it('drops the bits behind the prefix', () => {
    const [guard] = compileGuards([{ address: '10.1.2.3', bits: 16, port: null }]);
    expect(guard!.address).toBe((0xffffn << 32n) | 0x0a010000n);
  });

  it('refuses what is no address, and more ports than there is room for', () => {
    expect(() => compileGuards([{ address: 'broker', bits: 32, port: 1 }])).toThrow(
      expect.objectContaining({ code: 'ENFORCE_GUARD' }) as Error,
    );
    const ports = Array.from({ length: 15 }, (_, port) => ({
      address: '10.0.0.1',
      bits: 32,
      port,
    }));
    expect(() => compileGuards(ports)).toThrow(
      expect.objectContaining({ code: 'ENFORCE_GUARD' }) as Error,
    );
  });
});
