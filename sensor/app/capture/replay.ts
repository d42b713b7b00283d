import { setImmediate } from 'node:timers/promises';
import { WallClock, type Logger } from '../../core/index.js';
import {
  readCapture,
  type CaptureHeader,
  type CaptureItem,
  type CapturedRules,
  type MachineNames,
} from '../../capture/index.js';
import { readVerdict } from '../../enforce/index.js';
import { compileRules, type CompiledEngine } from '../../engine/index.js';
import type { RecordCursor } from '../../events/index.js';
import { Identity, type LiveEvent, type UserLists } from '../../identity/index.js';
import { EVENT_NAMES, useLinearRegex, type Rule } from '../../lang/index.js';
import { Uuid7, type Alert, type NewAlert } from '../../spool/index.js';
import { Pipeline } from '../sensor/pipeline.js';
import { verdictAlert } from '../sensor/verdict-alert.js';

/** Most processes at once, half of what a live sensor holds: a file must not fill the memory, whatever it claims. */
const CAPACITY = 65_536;

export interface ReplayOptions {
  /** Read one after the other. */
  readonly paths: readonly string[];
  /** Null: events only. */
  readonly rules: RulesToReplay | null;
  readonly onAlert?: (alert: Alert) => void;
  /** Begins to watch the events of a session. */
  readonly watch?: (identity: Identity) => (event: LiveEvent) => void;
  /** Asked now and then: nobody reads any more. */
  readonly stopped?: () => boolean;
  /** Waited for now and then: whoever takes the alerts can take more. */
  readonly ready?: () => Promise<void>;
  /** Most processes at once, exited ones included. */
  readonly capacity?: number;
  readonly logger: Logger;
}

export interface RulesToReplay {
  readonly rules: readonly Rule[];
  readonly matching: 'first' | 'all';
}

export interface ReplaySummary {
  /** How many recordings the captures hold. */
  readonly sessions: number;
  readonly records: number;
  /** Alerts by rule. */
  readonly alerts: ReadonlyMap<string, number>;
  /**
   * Calls that meet the condition of a rule with an action that was not in force then, by rule. No alerts: those come from
   * verdicts, which the kernel gives about flows.
   */
  readonly actions: ReadonlyMap<string, number>;
  /** Verdicts of rules that these rules do not hold, or not as rules with an action: by name. */
  readonly verdicts: ReadonlyMap<string, number>;
  /** Events that never came into the capture, by kind and cause. */
  readonly lost: ReadonlyMap<string, number>;
  /** Records that could not be decoded. */
  readonly undecodable: number;
  readonly damage: readonly Damage[];
}

/** What could not be read; `at`: byte offset in the file. */
export interface Damage {
  readonly path: string;
  readonly at: number;
  readonly why: string;
}

/** More places are counted by nobody: the file is beyond saving. */
const MAX_DAMAGE = 1000;

/** More names that a file gives are counted as one. */
const MAX_NAMES = 1000;
const OTHERS = '(others)';

/** Paths and command lines of processes, in bytes. */
const MAX_TEXT_BYTES = 256 << 20;

/**
 * Sends captures through the stages of the live sensor: tables, rules, alerts. Asks nothing of this machine.
 *
 * @throws SakerError of `readCapture`
 */
export async function replay(options: ReplayOptions): Promise<ReplaySummary> {
  useLinearRegex();
  const run = new Run(options);
  for (const path of options.paths) {
    for (const item of readCapture(path)) {
      run.take(item, path);
      await setImmediate(); // a reader that went away is noticed between blocks
      await options.ready?.();
      if (options.stopped?.()) return run.summary();
    }
  }
  return run.summary();
}

class Run {
  readonly #options: ReplayOptions;
  readonly #uuid = new Uuid7();
  #sessions = 0;
  readonly #alerts = new Map<string, number>();
  readonly #actions = new Map<string, number>();
  readonly #verdicts = new Map<string, number>();
  readonly #lost = new Map<string, number>();
  readonly #damage: Damage[] = [];
  #session: Session | null = null;
  #sessionLoss = new Map<string, number>();
  #seq = 0;
  #records = 0;
  #undecodable = 0;

  constructor(options: ReplayOptions) {
    this.#options = options;
  }

  take(item: CaptureItem, path: string): void {
    switch (item.kind) {
      case 'session':
        this.#end();
        this.#sessions++;
        this.#session = new Session(item.header, this.#options, {
          append: (alert) => {
            this.#alert(alert, item.header.machine.hostname);
          },
          onAction: (rule) => {
            count(this.#actions, rule);
          },
          onLostVerdict: (rule) => {
            count(this.#verdicts, rule);
          },
        });
        return;
      case 'records':
        this.#session?.pipeline.batch(item.bytes, item.bytes.length);
        return;
      case 'relations':
        this.#session?.identity.processes.restore(item.relations);
        return;
      case 'sockets':
        this.#session?.identity.event.sockets.restore(item.sockets);
        return;
      case 'rules':
        this.#session?.setRulesOfThen(item.rules);
        return;
      case 'names':
        this.#session?.identity.users.replace(userLists(item.names));
        return;
      case 'clock':
        this.#session?.step(item.offsetNs);
        return;
      case 'loss':
        this.#sessionLoss = new Map(
          Object.entries(item.loss.lost).flatMap(([kind, causes]) =>
            Object.entries(causes).map(([cause, count]) => [`${kind} ${cause}`, count] as const),
          ),
        );
        return;
      case 'damage':
        if (this.#damage.length < MAX_DAMAGE)
          this.#damage.push({ path, at: item.at, why: item.why });
    }
  }

  summary(): ReplaySummary {
    this.#end();
    return {
      sessions: this.#sessions,
      records: this.#records,
      alerts: this.#alerts,
      actions: this.#actions,
      verdicts: this.#verdicts,
      lost: this.#lost,
      undecodable: this.#undecodable,
      damage: this.#damage,
    };
  }

  #alert(alert: NewAlert, hostname: string): void {
    count(this.#alerts, alert.rule);
    const id = this.#uuid.next(Math.max(0, Number(BigInt(alert.timeNs) / 1_000_000n)));
    this.#options.onAlert?.({ v: 1, id, seq: ++this.#seq, hostname, ...alert });
  }

  #end(): void {
    const session = this.#session;
    this.#session = null;
    if (session === null) return;
    for (const [what, lost] of this.#sessionLoss) count(this.#lost, what, lost);
    this.#sessionLoss = new Map();
    const { delivered, failures } = session.pipeline.walk.stats();
    for (const count of delivered) this.#records += count;
    for (const count of Object.values(failures)) this.#undecodable += count;
  }
}

/** Where a session's findings go. */
interface Findings {
  readonly append: (alert: NewAlert) => void;
  /** A call meets the condition of a rule with an action. */
  readonly onAction: (rule: string) => void;
  /** A verdict of a rule that is not among these. */
  readonly onLostVerdict: (rule: string) => void;
}

/** Rule sets whose verdicts can be named: a file must not fill the memory. */
const MAX_SETS = 8;

/** From one header to the next: the machine, its tables, the rules over them. */
class Session {
  readonly pipeline: Pipeline;
  readonly identity: Identity;
  readonly #findings: Findings;
  /** Rules with an action, by name. */
  readonly #blocks: ReadonlyMap<string, Rule>;
  readonly #engine: CompiledEngine<LiveEvent> | null;
  /** By generation, the newest last. */
  readonly #rulesOfThen = new Map<number, CapturedRules>();
  readonly #inForce = new Set<string>();
  #offsetNs: bigint;

  constructor(header: CaptureHeader, options: ReplayOptions, findings: Findings) {
    const { machine, events } = header;
    const { logger, rules } = options;
    this.#findings = findings;
    this.#offsetNs = header.clockOffsetNs;
    this.identity = new Identity({
      hostname: machine.hostname,
      cgroup: header.scope,
      logger,
      clock: new WallClock(() => ({ bootNs: 0n, wallNs: this.#offsetNs, widthNs: 0n })),
      capacity: options.capacity ?? CAPACITY,
      maxTextBytes: MAX_TEXT_BYTES,
      staticFields: header.staticFields,
      offline: { arch: machine.arch, addresses: machine.addresses, ...userLists(machine) },
    });
    this.identity.event.resume(events.count, events.firstNs);
    const blocks = (rules?.rules ?? []).filter(({ enabled, action }) => enabled && action !== null);
    this.#blocks = new Map(blocks.map((rule) => [rule.name, rule]));
    this.#engine = rules === null ? null : compile(rules, this.identity, logger);
    const onEvent = options.watch?.(this.identity) ?? this.#actionJudge(options);
    this.pipeline = new Pipeline(
      {
        identity: this.identity,
        append: findings.append,
        ...(onEvent === null ? {} : { onEvent }),
        onVerdict: (record) => {
          this.#verdict(record);
        },
      },
      logger,
    );
    if (this.#engine !== null) this.pipeline.setRules(this.#engine, 1);
  }

  /** The wall clock was stepped. */
  step(offsetNs: bigint): void {
    this.#offsetNs = offsetNs;
    this.identity.clock.refresh();
  }

  /** What the numbers of verdicts mean from here on. */
  setRulesOfThen(rules: CapturedRules): void {
    this.#rulesOfThen.delete(rules.generation);
    this.#rulesOfThen.set(rules.generation, rules);
    for (const [oldest] of this.#rulesOfThen) {
      if (this.#rulesOfThen.size <= MAX_SETS) break;
      this.#rulesOfThen.delete(oldest);
    }
    this.#inForce.clear();
    for (const name of rules.actions.values()) this.#inForce.add(name);
  }

  /** As live: the rule that decided is the one its set had under that number; here it is found by its name. */
  #verdict(record: RecordCursor): void {
    const engine = this.#engine;
    if (engine === null) return;
    const verdict = readVerdict(record);
    const name = this.#rulesOfThen.get(verdict.generation)?.actions.get(verdict.rule);
    const rule = name === undefined ? undefined : this.#blocks.get(name);
    if (rule === undefined)
      this.#findings.onLostVerdict(name ?? 'a rule the capture does not name');
    else this.#findings.append(verdictAlert(verdict, rule, engine, this.identity));
  }

  /** Counts what meets the conditions of rules with an action that were not in force; null where there are none. */
  #actionJudge({ rules, logger }: ReplayOptions): ((event: LiveEvent) => void) | null {
    if (rules === null || this.#blocks.size === 0) return null;
    const bare = [...this.#blocks.values()].map((rule) => ({ ...rule, action: null }));
    const engine = compile({ rules: bare, matching: 'all' }, this.identity, logger);
    return (event) => {
      for (const { rule } of engine.match(event.type, event))
        if (!this.#inForce.has(rule.name)) this.#findings.onAction(rule.name);
    };
  }
}

function userLists({ users, groups }: MachineNames): UserLists {
  return {
    users: new Map(users.map(([uid, name, home, shell]) => [uid, { name, home, shell }])),
    groups: new Map(groups),
  };
}

function count(counts: Map<string, number>, name: string, by = 1): void {
  const key = counts.has(name) || counts.size < MAX_NAMES ? name : OTHERS;
  counts.set(key, (counts.get(key) ?? 0) + by);
}

function compile(
  { rules, matching }: RulesToReplay,
  { fields }: Identity,
  logger: Logger,
): CompiledEngine<LiveEvent> {
  return compileRules(
    { rules },
    {
      fields,
      types: { names: EVENT_NAMES },
      matching,
      onError: (rule, error) => {
        logger.error('a rule could not be judged', { rule: rule.name, error: String(error) });
      },
    },
  );
}
