import { Heartbeat } from '../../../sensor/enforce/heartbeat.js';
import { pinDirOf } from '../../../sensor/enforce/index.js';

const s = (seconds: number): bigint => BigInt(seconds * 1e9);

describe("the sensor's sign of life", () => {
  it('lets the programs block for one period more', () => {
    const heart = new Heartbeat(5, 'release');
    expect(heart.beat(s(100))).toBe(s(105));
    expect(heart.everyMs).toBe(1000);
  });

  it('has no end where blocks are to outlive the sensor', () => {
    expect(new Heartbeat(5, 'keep').beat(s(100))).toBe(2n ** 64n - 1n);
  });

  it('is told of for ten minutes when it came too late, and by how much', () => {
    const heart = new Heartbeat(5, 'release');
    heart.beat(s(100));
    heart.beat(s(105));
    expect(heart.late(s(105))).toBeNull();
    heart.beat(s(112));
    expect(heart.late(s(142))).toBe(
      "the sensor's sign of life was 2.0 s late, 30.0 s ago: nothing was blocked meanwhile",
    );
    expect(heart.late(s(713))).toBeNull();
  });
});

describe('the folder of pins', () => {
  it('is named after the run dir, without the dots that bpffs does not take', () => {
    expect(pinDirOf('/run/saker')).toBe('/sys/fs/bpf/saker/run-saker');
    expect(pinDirOf('/run/saker.d/a/')).toBe('/sys/fs/bpf/saker/run-saker-d-a');
  });
});
