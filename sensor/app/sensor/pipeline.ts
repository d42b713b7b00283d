import type { Logger } from '../../core/index.js';
import type { Engine, Match } from '../../engine/index.js';
import { KIND, RecordWalk, type RecordCursor } from '../../events/index.js';
import type { Identity, LiveEvent } from '../../identity/index.js';
import type { Rule } from '../../lang/index.js';
import type { NewAlert } from '../../spool/index.js';

/** What the stages after the decoder give the pipeline. */
export interface Stages {
  readonly identity: Identity;
  readonly append: (alert: NewAlert) => void;
  /** Sees every event after the tables took it, before the rules; for `saker events`. Absent: nobody watches. */
  onEvent?: ((event: LiveEvent) => void) | undefined;
  /** Sees every record after the tables took it, before anything judges it; for captures. Absent: none is made. */
  onRecord?: ((record: RecordCursor) => void) | undefined;
  /** A rule gave an alert about the record that identity stands on. */
  readonly onMatch?: (rule: Rule) => void;
  /** A verdict of enforcement: the alert of a rule with an action comes from it alone. */
  readonly onVerdict: (record: RecordCursor) => void;
}

/**
 * One event's way through the sensor thread: decode, tables, rules, alert. Knows nothing of where batches come from: the live
 * rings, a recording and a test feed it alike.
 *
 * @remarks Hot path: allocates only for an event that a rule matched.
 */
export class Pipeline {
  readonly walk: RecordWalk;
  /** Alerts by rule. */
  readonly matches = new Map<string, number>();
  readonly #stages: Stages;
  readonly #logger: Logger;
  #engine: Engine<LiveEvent> | null = null;
  #generation = 0;
  readonly #take = (cursor: RecordCursor): void => {
    this.#one(cursor);
  };

  constructor(stages: Stages, logger: Logger) {
    this.#stages = stages;
    this.#logger = logger;
    this.walk = new RecordWalk();
  }

  get generation(): number {
    return this.#generation;
  }

  /** Puts a rule set in force: the next event is judged by it. */
  setRules(engine: Engine<LiveEvent>, generation: number): void {
    this.#engine = engine;
    this.#generation = generation;
  }

  /** Takes one batch of whole records, causes before effects. */
  batch(bytes: Uint8Array, length: number): void {
    this.#stages.identity.tick();
    this.walk.each(bytes, length, this.#take);
  }

  #one(cursor: RecordCursor): void {
    const { identity, onEvent, onRecord } = this.#stages;
    const event = identity.take(cursor);
    if (onRecord !== undefined) onRecord(cursor);
    if (event === null) {
      if (cursor.kind === KIND.NET_VERDICT) this.#stages.onVerdict(cursor);
      return;
    }
    if (onEvent !== undefined) onEvent(event);
    const engine = this.#engine;
    if (engine !== null) {
      const matches = engine.match(event.type, event);
      for (let i = 0; i < matches.length; i++) this.#alert(matches[i]!, event);
    }
    identity.done(cursor);
  }

  /** Counts an alert of a rule. */
  count(rule: string): void {
    this.matches.set(rule, (this.matches.get(rule) ?? 0) + 1);
  }

  #alert(match: Match<LiveEvent>, event: LiveEvent): void {
    const { rule } = match;
    this.count(rule.name);
    this.#stages.onMatch?.(rule);
    try {
      const timeNs = event.timeNs();
      this.#stages.append({
        timeNs: timeNs.toString(),
        kind: 'rule',
        rule: rule.name,
        priority: rule.priority,
        source: rule.source,
        tags: rule.tags,
        message: match.message(event),
        fields: match.fieldsJson(event, timeNs),
        ...(match.showsTime ? { showsTime: true as const } : {}),
        generation: this.#generation,
        subject: this.#stages.identity.subject(event),
      });
    } catch (error) {
      this.#logger.error('an alert could not be written down', {
        rule: rule.name,
        error: String(error),
      });
    }
  }
}
