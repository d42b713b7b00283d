import { Captures, type CaptureSummary } from '../../../sensor/app/capture/captures.js';
import type { CaptureConfig } from '../../../sensor/app/config/index.js';
import { Pipeline, type Stages } from '../../../sensor/app/sensor/pipeline.js';
import { verdictAlert } from '../../../sensor/app/sensor/verdict-alert.js';
import { LearntRecords, type CaptureLoss } from '../../../sensor/capture/index.js';
import { WallClock } from '../../../sensor/core/index.js';
import { compileRules } from '../../../sensor/engine/index.js';
import { readVerdict } from '../../../sensor/enforce/index.js';
import { writeBatch, type RecordValues } from '../../../sensor/events/index.js';
import { Identity } from '../../../sensor/identity/index.js';
import { EVENT_NAMES, type Rule } from '../../../sensor/lang/index.js';
import type { NewAlert } from '../../../sensor/spool/index.js';
import { OFFSET_NS } from '../identity/records.js';
import { fakeHost, freshPath, logger } from './support.js';

export interface LiveOptions {
  readonly rules: readonly Rule[];
  readonly root?: string;
  readonly onRules?: Partial<CaptureConfig>;
  readonly loss?: () => CaptureLoss;
}

/** The sensor thread's stages over written records: what it does with batches, and its captures. */
export class Live {
  readonly identity: Identity;
  readonly captures: Captures;
  readonly alerts: NewAlert[] = [];
  /** What the captures said to the spool. */
  readonly internal: NewAlert[] = [];
  readonly ended: CaptureSummary[] = [];
  /** Whether the kernel was told to discard nothing. */
  everything = false;
  offsetNs = OFFSET_NS;
  readonly #pipeline: Pipeline;
  readonly #generation = 7;

  constructor({ rules, root = fakeHost(), onRules, loss = () => ({ lost: {} }) }: LiveOptions) {
    const learnt = new LearntRecords();
    const identity = new Identity({
      hostRoot: root,
      hostname: 'node-7',
      clock: new WallClock(() => ({ bootNs: 0n, wallNs: this.offsetNs, widthNs: 0n })),
      capacity: 256,
      onLearnt: learnt.hooks,
    });
    this.identity = identity;
    const engine = compileRules(
      { rules },
      { fields: identity.fields, types: { names: EVENT_NAMES }, matching: 'all' },
    );
    this.captures = new Captures({
      identity,
      learnt,
      producer: 'a test',
      hostname: 'node-7',
      scope: null,
      onRules:
        onRules === undefined
          ? null
          : {
              pathPrefix: freshPath(),
              mode: 'rules',
              defaultDurationMs: 60_000,
              maxFileBytes: 32 << 20,
              maxFiles: 3,
              ...onRules,
            },
      loss,
      onActive: (active) => {
        this.everything = active;
        stages.onRecord = active ? this.captures.onRecord : undefined;
      },
      alert: (alert) => this.internal.push(alert),
      logger,
    });
    const stages: Stages = {
      identity,
      append: (alert) => this.alerts.push(alert),
      onRecord: undefined,
      onMatch: (rule) => {
        this.captures.matched(rule);
      },
      onVerdict: (record) => {
        const verdict = readVerdict(record);
        const rule = rules[verdict.rule]!;
        this.captures.matched(rule);
        this.alerts.push(verdictAlert(verdict, rule, engine, identity));
      },
    };
    this.#pipeline = new Pipeline(stages, logger);
    this.#pipeline.setRules(engine, this.#generation);
    const actions = rules.flatMap(({ name, action }, index) =>
      action === null ? [] : [[index, name] as const],
    );
    this.captures.setRules([{ generation: this.#generation, actions: new Map(actions) }]);
  }

  /** Number of the compiled set, as verdicts name it. */
  get set(): number {
    return this.#generation * 2 + 1;
  }

  batch(records: readonly RecordValues[]): void {
    const bytes = writeBatch(records);
    this.#pipeline.batch(bytes, bytes.length);
    this.captures.batch(bytes, bytes.length);
  }

  /** Begins a capture on demand; its file and what ends it. */
  record(options: { maxBytes?: number; files?: number } = {}): { path: string; end: () => void } {
    const path = freshPath();
    const { maxBytes = 32 << 20, files = 1 } = options;
    const file = { path, maxBytes, files, existing: 'refuse' } as const;
    const end = this.captures.start(file, null, (summary) => this.ended.push(summary));
    return { path, end };
  }
}
