import { setImmediate } from 'node:timers/promises';
import { WallClock } from '../../../sensor/core/index.js';
import { compileRules, Interpreter } from '../../../sensor/engine/index.js';
import { RecordWalk, type RecordCursor } from '../../../sensor/events/index.js';
import { Identity } from '../../../sensor/identity/index.js';
import { EVENT_NAMES } from '../../../sensor/lang/index.js';
import type { RuleSet } from '../../../sensor/lang/index.js';
import { formatRatio, spread } from '../spread.js';
import { benchRules, loadForBench } from './load.js';
import { makeWorkload } from './workload.js';

const EVENTS = 20_000;
const WARM_UP = 3;
const ROUNDS = 11;
/** Batches in a round: the clock of a thread's time ticks in milliseconds. */
const REPEAT = 6;
const CGROUPS = 50;

type Take = (record: RecordCursor) => void;

/**
 * What one event costs in user space, from bytes to verdict: walking the batch, decode (with the process table), the engine, and
 * beside it the interpreter over the same rules. Each round runs all of them, so a ratio compares neighbours in time.
 */
export async function benchEngine(): Promise<void> {
  const workload = makeWorkload(EVENTS);
  for (const rules of benchRules()) {
    await setImmediate();
    const startedMs = performance.now();
    const set = loadForBench(rules);
    const loadedMs = performance.now();
    const phases = makePhases(set);
    const compileMs = performance.now() - loadedMs;
    console.log(
      `${rules.name}: ${set.rules.length} rules, loaded in ${(loadedMs - startedMs).toFixed(0)} ms, compiled in ${compileMs.toFixed(0)} ms`,
    );
    report(measure(phases, workload));
  }
  if (Number.isNaN(sum)) throw new Error('bug: sums of whole numbers');
}

interface Phases {
  readonly walk: Take;
  readonly decode: Take;
  readonly engine: Take;
  readonly interpreter: Take;
}

function makePhases(set: RuleSet): Phases {
  const forDecode = newIdentity();
  const forEngine = newIdentity();
  const forInterpreter = newIdentity();
  const engine = compileRules(set, {
    fields: forEngine.fields,
    types: { names: EVENT_NAMES },
    matching: 'first',
  });
  const interpreter = new Interpreter(forInterpreter.fields);
  const byType = EVENT_NAMES.map((name) =>
    engine.rules.filter((rule) => rule.events === 'all' || rule.events.has(name)),
  );
  return {
    walk: (record) => {
      sum += record.kind;
    },
    decode: (record) => {
      sum += forDecode.take(record)?.type ?? 0;
      forDecode.done(record);
    },
    engine: (record) => {
      const event = forEngine.take(record);
      if (event !== null) sum += engine.match(event.type, event).length;
      forEngine.done(record);
    },
    interpreter: (record) => {
      const event = forInterpreter.take(record);
      if (event === null) return;
      for (const rule of byType[event.type] ?? []) {
        if (!interpreter.test(rule.condition, event)) continue;
        sum++;
        break;
      }
      forInterpreter.done(record);
    },
  };
}

/** What the phases find is added up, lest the optimiser leave the work out. */
let sum = 0;

/** Nothing is read from the host: neither its processes nor its users are part of what is measured. */
function newIdentity(): Identity {
  const clock = new WallClock(() => ({ bootNs: 0n, wallNs: 0n, widthNs: 0n }));
  const identity = new Identity({ clock, hostname: 'bench', hostRoot: '/nonexistent' });
  for (let i = 0; i < CGROUPS; i++) {
    const id = i.toString(16).padStart(64, 'a');
    const path =
      i % 2 === 0 ? `/system.slice/app-${i}.service` : `/system.slice/docker-${id}.scope`;
    identity.containers.note(4000 + i, path);
  }
  return identity;
}

type Rounds = Readonly<Record<keyof Phases, readonly number[]>>;

/** Nanoseconds an event, by phase and round. */
function measure(phases: Phases, workload: ReturnType<typeof makeWorkload>): Rounds {
  const rounds: Record<keyof Phases, number[]> = {
    walk: [],
    decode: [],
    engine: [],
    interpreter: [],
  };
  for (let round = 0; round < WARM_UP + ROUNDS; round++) {
    for (const name of Object.keys(rounds) as (keyof Phases)[]) {
      const walk = new RecordWalk();
      const startedUs = threadTimeUs();
      for (let i = 0; i < REPEAT; i++)
        walk.each(workload.bytes, workload.bytes.length, phases[name]);
      const ns = ((threadTimeUs() - startedUs) * 1e3) / (workload.events * REPEAT);
      if (round >= WARM_UP) rounds[name].push(ns);
    }
  }
  return rounds;
}

/** Time this thread ran, not time that passed: what else the machine does is not measured. */
function threadTimeUs(): number {
  const { user, system } = process.threadCpuUsage();
  return user + system;
}

function report({ walk, decode, engine, interpreter }: Rounds): void {
  const parts = {
    walk,
    decode: minus(decode, walk),
    engine: minus(engine, decode),
    interpreter: minus(interpreter, decode),
  };
  for (const [name, values] of Object.entries(parts)) {
    const { median, min, max } = spread(values);
    const line = [median, min, max].map((ns) => ns.toFixed(0));
    console.log(`  ${name.padEnd(12)} ${line[0]} ns/event (${line[1]}–${line[2]})`);
  }
  const whole = spread(engine);
  console.log(
    `  whole        ${whole.median.toFixed(0)} ns/event (${whole.min.toFixed(0)}–${whole.max.toFixed(0)}): ${(1000 / whole.median).toFixed(2)} million events/s, at best ${(1000 / whole.min).toFixed(2)}`,
  );
  const ratio = parts.interpreter.map((ns, i) => ns / Math.max(parts.engine[i] ?? NaN, 1));
  console.log(`  interpreter ÷ engine: ${formatRatio(spread(ratio))}`);
}

/** By round, so that both were measured one after the other. */
function minus(a: readonly number[], b: readonly number[]): number[] {
  return a.map((value, i) => value - (b[i] ?? 0));
}
