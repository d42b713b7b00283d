import { WallClock, type ClockReading } from '../../../sensor/core/index.js';

it('keeps the closest of its readings', () => {
  const readings: ClockReading[] = [
    { bootNs: 100n, wallNs: 5000n, widthNs: 900n },
    { bootNs: 200n, wallNs: 1200n, widthNs: 50n },
    { bootNs: 300n, wallNs: 9000n, widthNs: 800n },
  ];
  let i = 0;
  const clock = new WallClock(() => readings[Math.min(i++, 2)]!);
  expect(clock.offsetNs).toBe(1000n);
  expect(clock.toEpochNs(7n)).toBe(1007n);
});

it('follows a step of the wall clock when refreshed', () => {
  let wallNs = 10n;
  const clock = new WallClock(() => ({ bootNs: 0n, wallNs, widthNs: 1n }));
  wallNs = 3600n;
  expect(clock.toEpochNs(0n)).toBe(10n);
  clock.refresh();
  expect(clock.toEpochNs(0n)).toBe(3600n);
});
