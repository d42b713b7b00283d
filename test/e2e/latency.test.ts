import { expect, it } from '@jest/globals';
import { makeCgroup } from '../support/cgroup.js';
import { startDaemon, type AlertLine } from '../support/daemon.js';
import { Pace } from '../support/pace.js';
import { mustExec, type Place } from '../support/place.js';
import { describeHere } from '../support/places.js';
import { programs } from '../support/programs.js';

/**
 * Others use this machine's processors, too, and what they take can only add to a time: the least of a few rounds is
 * nearest to what the sensor itself needs. What slows the machine as a whole is taken out.
 */
const ROUNDS = 6;

interface Round {
  /** From the kernel's clock to the line on stdout, milliseconds, ascending. */
  readonly lateMs: readonly number[];
  readonly pauses: { readonly count: number; readonly totalMs: number; readonly longestMs: number };
}

describeHere('the time from the kernel to a line on stdout', (place) => {
  it('is within 25 ms for 99 of 100 alerts, without a garbage collection of more than 5 ms', async () => {
    const rounds: Round[] = [];
    const pace = new Pace();
    const late = () => pace.there(p99(rounds));
    const pause = () => pace.there(longestPause(rounds));
    do {
      await pace.feel();
      rounds.push(await oneRound(place()));
    } while (rounds.length < ROUNDS && !(late() < 25 && pause() < 5));
    console.log(`best of ${rounds.length}; ${String(pace)}`);
    expect(late()).toBeGreaterThan(0);
    expect(late()).toBeLessThan(25);
    expect(Math.min(...rounds.map(({ pauses }) => pauses.count))).toBeGreaterThan(0);
    expect(pause()).toBeLessThan(5);
  });
});

const p99 = (rounds: readonly Round[]): number => Math.min(...rounds.map((r) => r.lateMs[989]!));
const longestPause = (rounds: readonly Round[]): number =>
  Math.min(...rounds.map(({ pauses }) => pauses.longestMs));

async function oneRound(place: Place): Promise<Round> {
  const cgroup = await makeCgroup(place);
  const daemon = await startDaemon(place, { cgroup: cgroup.path });
  try {
    const one = `${programs.opens} 1 1 /etc/shadow > /dev/null`;
    await mustExec(place, cgroup.inside(`for i in $(seq 1100); do ${one}; done`), {
      timeoutMs: 120_000,
    });
    const alerts = await daemon.waitForAlerts((all) => all.length >= 1100);
    const lateMs = alerts
      .slice(100) // code that has not run before is compiled first
      .map((a) => Number(a.readAtNs - eventTimeNs(a)) / 1e6)
      .sort((a, b) => a - b);
    const { pauses } = JSON.parse((await daemon.command('status -o json')).stdout) as Round;
    console.log(
      `median ${lateMs[500]?.toFixed(2)} ms, p99 ${lateMs[989]?.toFixed(2)} ms, worst ${lateMs[999]?.toFixed(2)} ms; ` +
        `collections of the sensor thread: ${pauses.count}, ${pauses.totalMs.toFixed(1)} ms, the longest ${pauses.longestMs.toFixed(2)} ms`,
    );
    return { lateMs, pauses };
  } finally {
    await daemon.remove();
    await cgroup.remove();
  }
}

/** The alert's time has nanoseconds: Date keeps milliseconds only. */
function eventTimeNs({ time }: AlertLine): bigint {
  const [, whole = '', fraction = ''] = /^(.*)\.(\d{9})Z$/.exec(time) ?? [];
  return BigInt(Date.parse(`${whole}Z`)) * 1_000_000n + BigInt(fraction);
}
