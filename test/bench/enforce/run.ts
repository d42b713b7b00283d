// States one after the other, round by round, of a pod that talks over a veth to another namespace: each figure is the ratio to
// the same round's run without a sensor. The flows are judged and let pass: nothing matches them.
import { Enforcement, pinDirOf } from '../../../sensor/enforce/index.js';
import type { Rule } from '../../../sensor/lang/ir.js';
import { and, blockRule, compare, egress, int, net, str } from '../../support/block-rules.js';
import { FAR4, makeRig, type Talker } from '../../support/rig.js';
import { formatRatio, spread } from '../spread.js';

const PORT = 7001;
const ROUNDS = 5;
const BATCHES = 8;
const WORK = { connect: 100, stream: 60, send: 8000 } as const;
type Kind = keyof typeof WORK;
const kinds = Object.keys(WORK) as Kind[];

const clauses = (count: number): Rule[] =>
  Array.from({ length: count }, (_, i) =>
    blockRule(
      `rule ${i}`,
      and(
        egress,
        compare('proc.exepath', '=', str(`/usr/bin/tool-${i}`)),
        compare('fd.rport', '=', int(20_000 + i)),
      ),
    ),
  );
const addresses = (count: number): Rule[] => {
  const nets = Array.from({ length: count }, (_, i) =>
    net({ family: 4, address: BigInt(0x0b00_0000 + i * 3), bits: 32 }),
  );
  return [blockRule('feed', and(egress, compare('fd.rip', 'in', ...nets)))];
};

const states: Record<string, () => Rule[]> = {
  '1 clause': () => clauses(1),
  '1,000 clauses': () => clauses(1000),
  '10 addresses': () => addresses(10),
  '100,000 addresses': () => addresses(100_000),
};

const quiet = { error: console.error, warn: console.error, info: () => {}, debug: () => {} };
const rig = await makeRig([PORT], { quiet: true });
try {
  rig.program('client');
  const client = await rig.start('client');
  const enforcement = new Enforcement({
    scope: rig.scope,
    onExit: 'release',
    pinDir: pinDirOf('/nowhere'),
    heartbeatSeconds: 60,
    interfaces: [],
    guard: [],
    containers: () => [],
    shared: null,
    logger: quiet,
  });
  const measure = async (by: Talker): Promise<Record<Kind, number>> => {
    const costs = {} as Record<Kind, number>;
    for (const kind of kinds) {
      costs[kind] = Infinity;
      // The least of several batches: what else runs on the machine can only add.
      for (let batch = 0; batch < BATCHES; batch++) {
        const cost = Number(await by.ask(`measure ${kind} ${FAR4} ${PORT} ${WORK[kind]}`));
        if (cost <= 0) throw new Error(`${kind} failed: errno ${-cost}`);
        costs[kind] = Math.min(costs[kind], cost);
      }
    }
    return costs;
  };
  await measure(client); // caches, neighbours
  const alone: Record<Kind, number>[] = [];
  const ratios = new Map<string, Record<Kind, number>[]>();
  let generation = 0;
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, rules] of Object.entries(states)) {
      enforcement.off();
      const before = await measure(client);
      enforcement.load(rules(), ++generation);
      const during = await measure(client);
      alone.push(before);
      const of = ratios.get(name) ?? [];
      of.push(
        Object.fromEntries(kinds.map((kind) => [kind, during[kind] / before[kind]])) as Record<
          Kind,
          number
        >,
      );
      ratios.set(name, of);
    }
  }
  enforcement.close();
  const heads = { connect: 'connect+close', stream: 'stream, per KiB', send: 'datagram, cached' };
  console.log(`${''.padEnd(20)}${kinds.map((kind) => heads[kind].padEnd(22)).join('')}`);
  console.log(
    `${'no sensor, ns'.padEnd(20)}${kinds
      .map((kind) =>
        spread(alone.map((one) => one[kind]))
          .median.toFixed(0)
          .padEnd(22),
      )
      .join('')}`,
  );
  for (const [name, rounds] of ratios) {
    console.log(
      `${name.padEnd(20)}${kinds.map((kind) => formatRatio(spread(rounds.map((one) => one[kind]))).padEnd(22)).join('')}`,
    );
  }
  console.log(`ratios to the run before without a sensor: median, least–greatest of ${ROUNDS}`);
} finally {
  await rig.close();
}
process.exit(0);
