import { compileRules, Interpreter } from '../../sensor/engine/index.js';
import { RecordWalk, type RecordCursor } from '../../sensor/events/index.js';
import { createLiveFields, LiveEvent, ContainerTable, ProcessTable, ProcessTracker, UserTable } from '../../sensor/identity/index.js';
import { EVENT_NAMES } from '../../sensor/lang/events/index.js';
import { loadRules } from './load.js';
import { makeRuleSet } from './rule-sets.js';
import { makeWorkload } from './workload.js';

const EVENTS = 20_000;
const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 15);

const workload = makeWorkload(EVENTS);

function newEvent(): LiveEvent {
  const processes = new ProcessTable({});
  const containers = new ContainerTable({ lookUp: () => null } as never);
  const tracker = new ProcessTracker(processes, {});
  return new LiveEvent({
    processes, tracker, containers, users: new UserTable({ root: '/nonexistent' }),
    clock: { offsetNs: 0n } as never,
  });
}

const set = loadRules(makeRuleSet());
const fields = createLiveFields({ hostname: 'bench' });
const t0 = performance.now();
const engine = compileRules({ rules: set.rules }, { fields, types: { names: EVENT_NAMES }, matching: 'first' });
console.log('compile ms', performance.now() - t0, 'rules', set.rules.length, 'types', engine.types.size);

function run(name: string, take: (record: RecordCursor) => void): number {
  const walk = new RecordWalk();
  const startedMs = performance.now();
  walk.each(workload.bytes, workload.bytes.length, take);
  return ((performance.now() - startedMs) * 1e6) / workload.events;
}

let sink = 0;
const phases: Record<string, () => (record: RecordCursor) => void> = {
  walk: () => (record) => { sink += record.kind; },
  decode: () => { const event = newEvent(); return (record) => { sink += event.take(record); }; },
  engine: () => {
    const event = newEvent();
    return (record) => { const type = event.take(record); if (type >= 0) sink += engine.match(type, event).length; };
  },
  naive: () => {
    const event = newEvent();
    const interpreter = new Interpreter(fields);
    const byType = EVENT_NAMES.map((name) => set.rules.filter((rule) => rule.events === 'all' || rule.events.has(name)));
    return (record) => {
      const type = event.take(record);
      if (type < 0) return;
      for (const rule of byType[type]!) if (interpreter.test(rule.condition, event)) { sink++; break; }
    };
  },
};
const only = process.argv[2];
for (const [name, make] of Object.entries(phases)) {
  if (only && only !== name) continue;
  const take = make();
  const times: number[] = [];
  const rounds = name === 'naive' ? 4 : ROUNDS;
  for (let i = 0; i < rounds; i++) times.push(run(name, take));
  const warm = times.slice(Math.floor(rounds / 3)).sort((a, b) => a - b);
  console.log(name.padEnd(8), 'median', warm[warm.length >> 1]!.toFixed(0), 'min', warm[0]!.toFixed(0), 'ns/event');
}
console.log(sink);
