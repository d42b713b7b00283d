import type { Priority } from '../lang/ir.js';

/** What an alert is about: for routing, keys and correlation; all of it kernel truth. */
export interface AlertSubject {
  readonly pid: number;
  /** Start of the process, boot-clock nanoseconds, decimal. With pid: which process. */
  readonly startNs: string;
  readonly exe: string | null;
  /** 64 hex characters, or null on the host. */
  readonly containerId: string | null;
  readonly podUid: string | null;
}

/**
 * An alert as it lies in the spool: one JSON object a record. `v` rises when a reader of the old shape would misread the new.
 */
export interface Alert {
  readonly v: 1;
  /** UUIDv7, made at append; the same in every sink. */
  readonly id: string;
  /** Count of alerts of this host since its spool was made: a gap downstream is visible. */
  readonly seq: number;
  /** Nanoseconds since the epoch, decimal. */
  readonly timeNs: string;
  readonly kind: 'rule' | 'verdict' | 'internal';
  readonly rule: string;
  readonly priority: Priority;
  readonly source: string;
  /** Sorted. */
  readonly tags: readonly string[];
  readonly hostname: string;
  /** Text without time and priority; unescaped. */
  readonly message: string;
  /** `output_fields` as JSON text (integers in full). */
  readonly fields: string;
  /** `evt.time` is there because the rule shows it: it stays where the prefix is written as `evt.time.iso8601`. */
  readonly showsTime?: true;
  /** Generation of the rule set that made it. */
  readonly generation: number;
  readonly subject: AlertSubject | null;
}

/** What the sensor thread hands to the spool: the rest is stamped at append. */
export type NewAlert = Omit<Alert, 'v' | 'id' | 'seq' | 'hostname'>;
