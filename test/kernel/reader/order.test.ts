import { AT, FLAG, KIND, LOSS, STRING } from '../../../sensor/events/index.js';
import { describeHere } from '../../support/places.js';
import { programs } from '../../support/programs.js';
import { observe, openBooks } from './scoped.js';

const PROCESSES = 2000;
const prefix = `/tmp/saker-order-${process.pid}-`;

describeHere('the order of records across rings', (place) => {
  it.each(['fork', 'exec'])(
    'puts every open between the beginning and the end of its process (%s)',
    async (way) => {
      const born = new Map<number, number>();
      let opens = 0;
      let ended = 0;
      const outside: string[] = [];
      const scoped = await observe(place(), (record) => {
        const start = record.u64(AT.header.start_ns);
        if (record.kind === KIND.PROCESS_FORK) born.set(record.tgid, start);
        if (record.kind === KIND.PROCESS_EXIT) {
          if (born.delete(record.tgid)) ended++;
        }
        if (record.kind !== KIND.FILE_OPEN) return;
        const name = record.string(STRING.file_open.name) ?? record.string(STRING.file_open.path);
        if (!name?.startsWith(prefix)) return;
        opens++;
        if (born.get(record.tgid) !== start) outside.push(name);
      });
      try {
        const made = await scoped.run(`${programs.spawn} ${way} ${PROCESSES} ${prefix}`);
        await scoped.settle();
        expect(JSON.parse(made)).toEqual({ processes: PROCESSES });
        expect(opens).toBe(PROCESSES);
        expect(outside).toEqual([]);
        expect(ended).toBeGreaterThanOrEqual(PROCESSES);
        expect(openBooks(scoped)).toEqual([]);
        const lost = scoped.probes.counters().kinds.flatMap((kind) => kind.lost);
        expect(Math.max(...lost)).toBe(0);
        expect(scoped.probes.source.stats().malformed).toBe(0);
      } finally {
        await scoped.close();
      }
    },
  );
});

describeHere('a ring that is full', (place) => {
  it('loses records, and every one of them is counted', async () => {
    const count = 20_000;
    let mine = 0;
    const scoped = await observe(
      place(),
      (record) => {
        if (record.kind === KIND.FILE_OPEN && (record.flags & FLAG.CLAIM) === 0)
          if (record.string(STRING.file_open.path) === '/dev/null') mine++;
      },
      { dataRingBytes: 64 << 10 },
    );
    try {
      scoped.probes.source.pause();
      const made = await scoped.run(`exec ${programs.opens} 1 ${count} /dev/null`);
      expect(JSON.parse(made)).toEqual({ opens: count, failed: 0 });
      scoped.probes.source.resume();
      await scoped.settle();
      const open = scoped.probes.counters().kinds.find((kind) => kind.kind === KIND.FILE_OPEN)!;
      const lost = open.lost[LOSS.RING_FULL]!;
      expect(lost).toBeGreaterThan(0);
      expect(mine).toBeGreaterThan(0);
      // Whatever the shell opened came first and found room, so all that is lost is the generator's.
      expect(mine + lost).toBe(count);
      expect(openBooks(scoped)).toEqual([]);
    } finally {
      await scoped.close();
    }
  });

  it('does not touch the ring of processes', async () => {
    const scoped = await observe(place(), () => undefined, { dataRingBytes: 4096 });
    try {
      scoped.probes.source.pause();
      await scoped.run(
        `${programs.opens} 2 5000 /dev/null; for i in $(seq 50); do /bin/true; done`,
      );
      scoped.probes.source.resume();
      await scoped.settle();
      const { kinds } = scoped.probes.counters();
      const lostOf = (kind: number) => kinds.find((k) => k.kind === kind)?.lost[LOSS.RING_FULL];
      expect(lostOf(KIND.FILE_OPEN)).toBeGreaterThan(0);
      expect(scoped.received(KIND.PROCESS_EXEC)).toBeGreaterThanOrEqual(50);
      expect([
        lostOf(KIND.PROCESS_FORK),
        lostOf(KIND.PROCESS_EXEC),
        lostOf(KIND.PROCESS_EXIT),
      ]).toEqual([0, 0, 0]);
    } finally {
      await scoped.close();
    }
  });
});
