import type { LoggerOptions } from '../core/index.js';
import type { ServedEvent, SharedMaps } from '../kernel/index.js';
import type { Condition, Rule } from '../lang/ir.js';
import type { CaptureOptions } from '../capture/index.js';
import type { CapturesStatus, CaptureSummary } from './capture/captures.js';
import type { ErrorBody } from './control/protocol.js';

/** A rule set on its way to the sensor thread: checked already, plain data. */
export interface RulesMessage {
  readonly kind: 'rules';
  readonly rules: readonly Rule[];
  readonly generation: number;
  readonly matching: 'first' | 'all';
}

/** Which events `saker events` asks for. */
export interface EventFilter {
  readonly exe?: string;
  readonly types?: readonly string[];
  readonly pid?: number;
  /** Only events of which this holds. */
  readonly condition?: Condition;
  /** JSON with every field that has a value, not only those a person looks for. */
  readonly whole?: boolean;
}

/** What a reload may change of a sensor thread that runs, besides its rules. */
export interface SensorSettings {
  readonly log: LoggerOptions;
  readonly spoolMaxBytes: number;
}

/** Main thread to sensor thread. */
export type ToSensor =
  | RulesMessage
  | { readonly kind: 'status'; readonly id: number }
  | { readonly kind: 'settings'; readonly settings: SensorSettings }
  /** A watcher of live events comes, or (null) goes. */
  | { readonly kind: 'events'; readonly watcher: number; readonly filter: EventFilter | null }
  | {
      readonly kind: 'capture-start';
      readonly id: number;
      readonly capture: CaptureOptions;
      /** Null: until told to end. */
      readonly durationMs: number | null;
    }
  | { readonly kind: 'capture-stop'; readonly id: number }
  | { readonly kind: 'stop' };

/** How the sensor watches, as found at start. */
export interface WatchingReport {
  readonly events: readonly ServedEvent[];
  /** Descriptors of the maps that enforcement tells its verdicts through. */
  readonly sharedMaps: SharedMaps;
}

/** One decoded event for `saker events`. */
export interface LiveEventItem {
  /** Text (UTF-8), not yet escaped. */
  readonly line: string;
  /** Fields with their values, one JSON object, integers in full. */
  readonly json: string;
}

/** Sensor thread to main thread. */
export type FromSensor =
  | { readonly kind: 'watching'; readonly report: WatchingReport }
  /** Groups of containers, for blocks that name one: all of them, whenever they changed. */
  | {
      readonly kind: 'containers';
      readonly groups: readonly (readonly [id: number, containerId: string])[];
    }
  | { readonly kind: 'rules-in-force'; readonly generation: number }
  | { readonly kind: 'rules-refused'; readonly generation: number; readonly error: ErrorBody }
  | { readonly kind: 'status'; readonly id: number; readonly status: SensorStatus }
  | {
      readonly kind: 'events';
      readonly watcher: number;
      readonly items: readonly LiveEventItem[];
      readonly dropped: number;
    }
  | { readonly kind: 'capture-started'; readonly id: number }
  | { readonly kind: 'capture-refused'; readonly id: number; readonly error: ErrorBody }
  | { readonly kind: 'capture-ended'; readonly id: number; readonly summary: CaptureEnded }
  | { readonly kind: 'failed'; readonly error: ErrorBody }
  | { readonly kind: 'stopped' };

/** What a capture came to, as it is sent. */
export type CaptureEnded = Omit<CaptureSummary, 'error'> & { readonly error: ErrorBody | null };

/** Counts of one record kind: seen = filtered + sent + lost, received = sent once the rings are drained. */
export interface KindCounts {
  readonly seen: number;
  readonly filtered: number;
  readonly sent: number;
  readonly received: number;
  readonly lost: Readonly<Record<string, number>>;
}

/** What the sensor thread knows of itself. */
export interface SensorStatus {
  readonly generation: number;
  readonly kinds: Readonly<Record<string, KindCounts>>;
  /** Records that could not be decoded, by code. */
  readonly undecodable: Readonly<Record<string, number>>;
  /** Probe runs the kernel skipped because the probe was running already on that CPU, by program. */
  readonly skipped: Readonly<Record<string, number>>;
  readonly matches: Readonly<Record<string, number>>;
  /** Values that a pattern was given up on, for the work they would have been: they count as not matching. */
  readonly regexGivenUp: number;
  readonly processes: Readonly<Record<string, number>>;
  readonly containers: Readonly<Record<string, number>>;
  readonly spool: Readonly<Record<string, number>>;
  /** Garbage collections of the sensor thread since it watches: how often and how long it stood still, milliseconds. */
  readonly pauses: {
    readonly count: number;
    readonly totalMs: number;
    readonly longestMs: number;
  };
  readonly captures: CapturesStatus;
}
