import { RateLimited, type Logger, type LoggerOptions } from '../../core/index.js';
import {
  asksForEnvironment,
  compileRules,
  pushDown,
  type CompiledEngine,
} from '../../engine/index.js';
import { KIND, KIND_NAMES, type RecordCursor } from '../../events/index.js';
import { Identity, type LiveEvent } from '../../identity/index.js';
import { readVerdict } from '../../enforce/index.js';
import { LearntRecords, type CapturedRules, type CaptureLoss } from '../../capture/index.js';
import { cgroupScope, openProbes, type CgroupScope, type Probes } from '../../kernel/index.js';
import { EVENT_NAMES, regexGivenUp, useLinearRegex, type Rule } from '../../lang/index.js';
import { SpoolShared, SpoolWriter } from '../../spool/index.js';
import { errorBody } from '../control/index.js';
import type {
  EventFilter,
  FromSensor,
  KindCounts,
  RulesMessage,
  SensorStatus,
  ToSensor,
} from '../messages.js';
import { lossNames } from '../loss-names.js';
import { Captures, type CaptureSummary } from '../capture/captures.js';
import { captureLoss } from '../capture/loss.js';
import type { CaptureConfig } from '../config/types.js';
import { Collections } from './collections.js';
import { EventLosses } from './event-losses.js';
import { LiveEvents } from './live-events.js';
import { Pipeline, type Stages } from './pipeline.js';
import { verdictAlert } from './verdict-alert.js';

/** How often the spool tidies up and the wall clock is looked at: it may have been stepped. */
const TICK_MS = 1_000;
/** Rule sets, the one in force among them; a reload that is taken back puts in two. */
const KEPT_SETS = 3;

/** What the sensor thread is given; plain data. */
export interface SensorOptions {
  readonly log: LoggerOptions;
  /** Path of a cgroup v2 folder, or null: the whole host. */
  readonly cgroup: string | null;
  readonly hostRoot: string;
  readonly hostname: string;
  /** Values of `static.KEY`. */
  readonly staticFields?: Readonly<Record<string, string>>;
  readonly spool: {
    readonly dir: string;
    readonly maxBytes: number;
    readonly shared: SharedArrayBuffer;
  };
  readonly rules: RulesMessage;
  /** Keeps what was found out about this kernel, for the next start of the same boot. */
  readonly planFile: string;
  /** Captures that rules begin; null: none. */
  readonly capture: CaptureConfig | null;
  /** Program and version. */
  readonly producer: string;
  readonly dataRingBytes?: number;
}

/** Everything the sensor thread owns: probes, rings, tables, rules, the spool's writer. */
export class Sensor {
  readonly #options: SensorOptions;
  readonly #logger: Logger;
  readonly #post: (message: FromSensor) => void;
  readonly #probes: Probes;
  readonly #identity: Identity;
  readonly #spool: SpoolWriter;
  readonly #pipeline: Pipeline;
  readonly #stages: Stages;
  readonly #captures: Captures;
  /** What ends the captures on demand, by their ids. */
  readonly #onDemand = new Map<number, () => void>();
  readonly #ruleFaults: RateLimited;
  /** For each kind, the classes that some rule in force could match. */
  #classes: readonly bigint[] = [];
  /** A rule in force asks for the environment of processes. */
  #wantEnv = false;
  /** The last few: verdicts made under an earlier one may still be on their way. */
  readonly #sets = new Map<number, RuleSetInForce>();
  #containers = -1;
  readonly #live = new Map<number, LiveEvents>();
  readonly #collections = new Collections();
  readonly #losses: EventLosses;
  #capturing = false;
  #timer: NodeJS.Timeout | null = null;
  #closed = false;
  /** Records of the start-up scan, which came past the rings: the kernel does not count them. */
  #scanned = 0;

  /** Loads everything, attaches nothing. @throws SakerError of the kernel door or the spool. */
  constructor(options: SensorOptions, logger: Logger, post: (message: FromSensor) => void) {
    useLinearRegex();
    this.#options = options;
    this.#logger = logger;
    this.#post = post;
    this.#ruleFaults = new RateLimited((message, fields) => {
      logger.error(message, fields);
    });
    const scope: CgroupScope | undefined =
      options.cgroup === null ? undefined : cgroupScope(options.cgroup);
    this.#spool = SpoolWriter.open({
      dir: options.spool.dir,
      hostname: options.hostname,
      shared: new SpoolShared(options.spool.shared),
      logger,
      capBytes: options.spool.maxBytes,
    });
    const { hostRoot, hostname, cgroup, staticFields } = options;
    const learnt = new LearntRecords();
    this.#identity = new Identity({
      hostRoot,
      hostname,
      cgroup,
      logger,
      onLearnt: learnt.hooks,
      ...(staticFields === undefined ? {} : { staticFields }),
    });
    const append: Stages['append'] = (alert) => {
      this.#spool.append(alert);
    };
    this.#captures = new Captures({
      identity: this.#identity,
      learnt,
      producer: options.producer,
      hostname,
      scope: cgroup,
      ...(staticFields === undefined ? {} : { staticFields }),
      onRules: options.capture,
      loss: () => captureLoss(this.#probes.counters()),
      onActive: (active) => {
        this.#stages.onRecord = active ? this.#captures.onRecord : undefined;
        this.#capturing = active;
        this.#control(this.#classes, this.#pipeline.generation);
      },
      alert: append,
      logger,
    });
    this.#stages = {
      identity: this.#identity,
      append,
      onEvent: undefined,
      onRecord: undefined,
      onMatch: (rule) => {
        this.#captures.matched(rule);
      },
      onVerdict: (record) => {
        this.#verdict(record);
      },
    };
    this.#pipeline = new Pipeline(this.#stages, logger);
    this.#probes = openProbes({
      planFile: options.planFile,
      ...(scope === undefined ? {} : { scope }),
      ...(options.dataRingBytes === undefined ? {} : { dataRingBytes: options.dataRingBytes }),
    });
    this.#losses = new EventLosses(() => this.#lost(), append);
  }

  /** Attaches, scans what runs already, reconciles, and watches. */
  start(): void {
    this.#install(this.#options.rules);
    const { source } = this.#probes;
    source.start((bytes, length) => {
      this.#pipeline.batch(bytes, length);
      this.#captures.batch(bytes, length);
      this.#tellContainers();
    });
    source.pause();
    this.#probes.attach();
    const scan = this.#probes.scan();
    this.#pipeline.batch(scan, scan.length);
    this.#scanned = this.#pipeline.walk.stats().delivered[KIND.PROCESS_SEEN] ?? 0;
    source.resume();
    this.#timer = setInterval(() => {
      this.#identity.clock.refresh();
      this.#captures.tick();
      this.#losses.tick();
      this.#spool.tick();
    }, TICK_MS);
    this.#tellContainers();
    this.#collections.begin();
    this.#post({
      kind: 'watching',
      report: { events: this.#probes.plan.events, sharedMaps: this.#probes.sharedMaps() },
    });
  }

  /** Puts a rule set in force, or says why not: then the old one stays. */
  setRules(message: RulesMessage): void {
    const { generation } = message;
    try {
      this.#install(message);
      this.#post({ kind: 'rules-in-force', generation });
    } catch (error) {
      this.#post({ kind: 'rules-refused', generation, error: errorBody(error) });
    }
  }

  #install({ rules, matching, generation }: RulesMessage): void {
    const engine = compileRules(
      { rules },
      {
        fields: this.#identity.fields,
        types: { names: EVENT_NAMES },
        matching,
        onError: (rule, error) => {
          this.#ruleFaults.say(rule.name, 'a rule could not be judged', {
            rule: rule.name,
            error: String(error),
          });
        },
      },
    );
    const wanted = pushDown(engine.rules);
    this.#wantEnv = asksForEnvironment(rules);
    this.#identity.wantEnvironment(this.#wantEnv);
    // First everything old and new rules want, then the new rules, then only what they want: no gap in between.
    this.#control(union(this.#classes, wanted), generation);
    this.#pipeline.setRules(engine, generation);
    this.#sets.set(generation, { rules, engine });
    for (const old of [...this.#sets.keys()].slice(0, -KEPT_SETS)) this.#sets.delete(old);
    this.#captures.setRules([...this.#sets].map(capturedRules));
    this.#classes = wanted;
    this.#control(wanted, generation);
  }

  /** Begins or (null) ends to post decoded events to a watcher. While somebody watches the kernel discards nothing. */
  watchEvents(watcher: number, filter: EventFilter | null): void {
    this.#live.get(watcher)?.flush();
    if (filter === null) this.#live.delete(watcher);
    else {
      const live = new LiveEvents(this.#identity.fields, filter, (items, dropped) => {
        this.#post({ kind: 'events', watcher, items, dropped });
      });
      this.#live.set(watcher, live);
    }
    const all = [...this.#live.values()];
    this.#stages.onEvent =
      all.length === 0
        ? undefined
        : (event) => {
            for (const live of all) live.take(event);
          };
    this.#control(this.#classes, this.#pipeline.generation);
  }

  /** Begins a capture on demand, or says why not; tells when it has ended. */
  startCapture({ id, capture, durationMs }: Extract<ToSensor, { kind: 'capture-start' }>): void {
    const onEnd = (summary: CaptureSummary): void => {
      this.#onDemand.delete(id);
      const error = summary.error === null ? null : errorBody(summary.error);
      this.#post({ kind: 'capture-ended', id, summary: { ...summary, error } });
    };
    try {
      this.#onDemand.set(id, this.#captures.start(capture, durationMs, onEnd));
      this.#post({ kind: 'capture-started', id });
    } catch (error) {
      this.#post({ kind: 'capture-refused', id, error: errorBody(error) });
    }
  }

  /** Takes what the rings still hold, then ends it. */
  stopCapture(id: number): void {
    const end = this.#onDemand.get(id);
    if (end === undefined) return;
    this.#probes.source.drain();
    end();
  }

  /** How much the spool may hold from now on. */
  setSpoolCap(bytes: number): void {
    this.#spool.setCap(bytes);
  }

  status(): SensorStatus {
    this.#probes.source.drain();
    const counters = this.#probes.counters();
    const { delivered, failures } = this.#pipeline.walk.stats();
    const kinds: Record<string, KindCounts> = {};
    for (const { kind, seen, filtered, sent, lost } of counters.kinds) {
      kinds[KIND_NAMES.get(kind) ?? String(kind)] = {
        seen,
        filtered,
        sent,
        received: (delivered[kind] ?? 0) - (kind === KIND.PROCESS_SEEN ? this.#scanned : 0),
        lost: lossNames(lost),
      };
    }
    return {
      generation: this.#pipeline.generation,
      kinds,
      undecodable: failures,
      skipped: Object.fromEntries(
        counters.skipped.map((entry) => [
          entry.program,
          entry.recursionMisses + (entry.missed ?? 0),
        ]),
      ),
      matches: Object.fromEntries(this.#pipeline.matches),
      regexGivenUp,
      ...this.#identity.stats(),
      spool: {},
      pauses: this.#collections.pauses(),
      captures: this.#captures.status(),
    };
  }

  /** Takes what the rings still hold, detaches everything, closes the spool. Twice is fine. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#timer) clearInterval(this.#timer);
    this.#probes.source.drain();
    this.#captures.close();
    for (const live of this.#live.values()) live.flush();
    this.#collections.close();
    this.#losses.tell();
    this.#probes.close();
    this.#spool.close();
    this.#logger.debug('the sensor thread ends');
  }

  /** All that was lost on the way to the rules, by kind of event and cause. */
  #lost(): CaptureLoss {
    const { lost } = captureLoss(this.#probes.counters());
    const { failures } = this.#pipeline.walk.stats();
    return Object.keys(failures).length === 0
      ? { lost }
      : { lost: { ...lost, undecodable: failures } };
  }

  /** What enforcement decided, as an alert of the rule that decided. */
  #verdict(record: RecordCursor): void {
    const verdict = readVerdict(record);
    const set = this.#sets.get(verdict.generation);
    const rule = set?.rules[verdict.rule];
    if (set === undefined || rule === undefined) {
      this.#ruleFaults.say('verdict', 'a verdict names no rule in force', {
        generation: verdict.generation,
        rule: verdict.rule,
      });
      return;
    }
    this.#pipeline.count(rule.name);
    this.#captures.matched(rule);
    this.#spool.append(verdictAlert(verdict, rule, set.engine, this.#identity));
  }

  #tellContainers(): void {
    const { version } = this.#identity.containers;
    if (version === this.#containers) return;
    this.#containers = version;
    this.#post({ kind: 'containers', groups: [...this.#identity.containers.containerGroups()] });
  }

  /** Nobody watching or recording: only what a rule could match leaves the kernel. Otherwise everything. */
  #control(classes: readonly bigint[], generation: number): void {
    this.#probes.setControl({
      classes: new Map(this.#live.size === 0 && !this.#capturing ? classes.entries() : []),
      generation,
      wantEnv: this.#wantEnv,
    });
  }
}

/** Rules by the index that verdicts name, and what renders their outputs. */
interface RuleSetInForce {
  readonly rules: readonly Rule[];
  readonly engine: CompiledEngine<LiveEvent>;
}

/** What the rule numbers of verdicts mean. */
function capturedRules([generation, { rules }]: readonly [number, RuleSetInForce]): CapturedRules {
  const actions = new Map<number, string>();
  rules.forEach(({ name, enabled, action }, index) => {
    if (enabled && action !== null) actions.set(index, name);
  });
  return { generation, actions };
}

/** Bitmaps of both, by kind; a kind that one of them does not name is wanted whole. */
function union(a: readonly bigint[], b: readonly bigint[]): readonly bigint[] {
  return b.slice(0, a.length).map((bits, kind) => bits | a[kind]!);
}
