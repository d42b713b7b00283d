import { setImmediate } from 'node:timers/promises';
import { Pipeline } from '../../../sensor/app/sensor/pipeline.js';
import { createLogger, WallClock } from '../../../sensor/core/index.js';
import { compileRules, Interpreter, type Engine } from '../../../sensor/engine/index.js';
import { AT, RecordWalk, type RecordCursor } from '../../../sensor/events/index.js';
import { Identity, type LiveEvent } from '../../../sensor/identity/index.js';
import { EVENT_NAMES, type Rule, type RuleSet } from '../../../sensor/lang/index.js';
import { formatRatio, spread } from '../spread.js';
import { benchRules, loadForBench } from './load.js';
import { makeWorkload } from './workload.js';

const EVENTS = 20_000;
const WARM_UP = 3;
const ROUNDS = 11;
/** Passes over the batch in a round: the clock of a thread's time ticks in milliseconds. The interpreter is slow enough for one. */
const PASSES = 20;
const PASSES_OF_INTERPRETER = 1;
/** Events in a part of the batch, timed on its own: a millisecond, in which most often nothing disturbs. */
const PART = 2000;
const CGROUPS = 50;

/** Takes whole records. */
type Run = (bytes: Uint8Array) => void;

/**
 * What one event costs in user space, from bytes to verdict: walking the batch, decode (with the process table), the engine, and
 * beside it the interpreter over the same rules. The whole is the sensor thread's own pipeline, its alerts counted, not written.
 * Each round runs all of them, so a ratio compares neighbours in time.
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
  readonly walk: Run;
  readonly decode: Run;
  readonly engine: Run;
  readonly interpreter: Run;
}

function makePhases(set: RuleSet): Phases {
  const forDecode = newIdentity();
  const forInterpreter = newIdentity();
  const { pipeline, rules } = makePipeline(set);
  const interpreter = new Interpreter(forInterpreter.fields);
  const byType = EVENT_NAMES.map((name) =>
    rules.filter((rule) => rule.events === 'all' || rule.events.has(name)),
  );
  return {
    walk: each((record) => {
      sum += record.kind;
    }),
    decode: each((record) => {
      sum += forDecode.take(record)?.type ?? 0;
      forDecode.done(record);
    }),
    engine: (bytes) => {
      pipeline.batch(bytes, bytes.length);
    },
    interpreter: each((record) => {
      const event = forInterpreter.take(record);
      if (event === null) return;
      for (const rule of byType[event.type] ?? []) {
        if (!interpreter.test(rule.condition, event)) continue;
        sum++;
        break;
      }
      forInterpreter.done(record);
    }),
  };
}

function each(take: (record: RecordCursor) => void): Run {
  const walk = new RecordWalk();
  return (bytes) => {
    walk.each(bytes, bytes.length, take);
  };
}

/** The pipeline of `saker run` under these rules; what matches is counted and goes no further: an alert has a price of its own. */
function makePipeline(set: RuleSet): { pipeline: Pipeline; rules: readonly Rule[] } {
  const identity = newIdentity();
  const engine = compileRules(set, {
    fields: identity.fields,
    types: { names: EVENT_NAMES },
    matching: 'first',
  });
  const unexpected = (): never => {
    throw new Error('bug: nothing here makes an alert');
  };
  const pipeline = new Pipeline(
    { identity, append: unexpected, onVerdict: unexpected },
    createLogger({ level: 'error', format: 'text' }),
  );
  const counting: Engine<LiveEvent> = {
    types: engine.types,
    match: (type, event) => {
      sum += engine.match(type, event).length;
      return [];
    },
  };
  pipeline.setRules(counting, 1);
  return { pipeline, rules: engine.rules };
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

/** Nanoseconds an event. */
interface Measured {
  /** By round, in time this thread ran. */
  readonly rounds: readonly number[];
  /** Of each part of the batch its quickest run, by the clock: what the machine's other work does to the rounds is left out. */
  readonly undisturbed: number;
}

type Results = Readonly<Record<keyof Phases, Measured>>;

function measure(phases: Phases, workload: ReturnType<typeof makeWorkload>): Results {
  const parts = cut(workload.bytes, PART);
  const names = Object.keys(phases) as (keyof Phases)[];
  const state = names.map((name) => ({
    name,
    passes: name === 'interpreter' ? PASSES_OF_INTERPRETER : PASSES,
    rounds: [] as number[],
    quickestMs: parts.map(() => Infinity),
  }));
  for (let round = 0; round < WARM_UP + ROUNDS; round++) {
    for (const { name, passes, rounds, quickestMs } of state) {
      const startedUs = threadTimeUs();
      for (let pass = 0; pass < passes; pass++) runParts(phases[name], parts, quickestMs);
      const ns = ((threadTimeUs() - startedUs) * 1e3) / (workload.events * passes);
      if (round >= WARM_UP) rounds.push(ns);
    }
  }
  const measured = state.map(({ name, rounds, quickestMs }) => {
    const ms = quickestMs.reduce((total, one) => total + one, 0);
    return [name, { rounds, undisturbed: (ms * 1e6) / workload.events }];
  });
  return Object.fromEntries(measured) as Results;
}

function runParts(run: Run, parts: readonly Uint8Array[], quickestMs: number[]): void {
  parts.forEach((part, i) => {
    const startedMs = performance.now();
    run(part);
    quickestMs[i] = Math.min(quickestMs[i] ?? Infinity, performance.now() - startedMs);
  });
}

/** A batch in parts of so many records. */
function cut(bytes: Uint8Array, records: number): Uint8Array[] {
  const starts: number[] = [];
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  let count = 0;
  for (let at = 0; at < bytes.length; count++) {
    if (count % records === 0) starts.push(at);
    at += (view.getUint16(at + AT.header.size, true) + 7) & ~7;
  }
  return starts.map((start, i) => bytes.subarray(start, starts[i + 1]));
}

/** Time this thread ran, not time that passed: what else the machine does is not measured. */
function threadTimeUs(): number {
  const { user, system } = process.threadCpuUsage();
  return user + system;
}

function report({ walk, decode, engine, interpreter }: Results): void {
  const parts = {
    walk,
    decode: minus(decode, walk),
    engine: minus(engine, decode),
    interpreter: minus(interpreter, decode),
  };
  for (const [name, part] of Object.entries(parts)) {
    const { median, min, max } = spread(part.rounds);
    const line = [median, min, max].map((ns) => ns.toFixed(0));
    // A part takes the interpreter too long to stay undisturbed.
    const best = name === 'interpreter' ? '' : `, undisturbed ${part.undisturbed.toFixed(0)}`;
    console.log(`  ${name.padEnd(12)} ${line[0]} ns/event (${line[1]}–${line[2]})${best}`);
  }
  const whole = spread(engine.rounds);
  console.log(
    `  whole        ${whole.median.toFixed(0)} ns/event (${whole.min.toFixed(0)}–${whole.max.toFixed(0)}): ${perSecond(whole.median)} million events/s, undisturbed ${perSecond(engine.undisturbed)}`,
  );
  const ratio = parts.interpreter.rounds.map(
    (ns, i) => ns / Math.max(parts.engine.rounds[i] ?? NaN, 1),
  );
  console.log(`  interpreter ÷ engine: ${formatRatio(spread(ratio))}`);
}

const perSecond = (ns: number): string => (1000 / ns).toFixed(2);

/** By round, so that both were measured one after the other. */
function minus(a: Measured, b: Measured): Measured {
  return {
    rounds: a.rounds.map((value, i) => value - (b.rounds[i] ?? 0)),
    undisturbed: a.undisturbed - b.undisturbed,
  };
}
