import type { Alert } from '../alert.js';
import { plainOutput } from './text-line.js';
import { utcTime } from '../../core/index.js';

/** Which parts a JSON alert has; the defaults are Falco's. */
export interface JsonOptions {
  /** `output`: time, priority and message. Default true. */
  readonly output?: boolean;
  /** `message`: without time and priority. Default false. */
  readonly message?: boolean;
  /** `tags`. Default true. */
  readonly tags?: boolean;
  /** `output_fields`. Default true. */
  readonly outputFields?: boolean;
  /** ISO 8601 in `output`, and `evt.time.iso8601` instead of `evt.time`. Default false. */
  readonly iso8601?: boolean;
}

/**
 * An alert as Falco writes it with json_output (falco-formats §2.3): one line without a newline, no blanks, keys in
 * alphabetical order at both levels, UTF-8 not escaped. Two keys are ours: `uuid`, the alert's id in every sink, and `seq`,
 * whose gaps show what is missing downstream.
 */
export function jsonLine(alert: Alert, options: JsonOptions = {}): string {
  const iso8601 = options.iso8601 ?? false;
  const internal = alert.kind === 'internal';
  let line = `{"hostname":${quote(alert.hostname)}`;
  if ((options.message ?? false) && !internal) line += `,"message":${quote(alert.message)}`;
  if (options.output ?? true) line += `,"output":${quote(plainOutput(alert, iso8601))}`;
  if (options.outputFields ?? true) line += `,"output_fields":${fieldsOf(alert, iso8601)}`;
  line += `,"priority":"${alert.priority}","rule":${quote(alert.rule)},"seq":${alert.seq}`;
  line += `,"source":${quote(alert.source)}`;
  if ((options.tags ?? true) && !internal) line += `,"tags":${quote([...alert.tags].sort())}`;
  return `${line},"time":"${utcTime(BigInt(alert.timeNs))}Z","uuid":"${alert.id}"}`;
}

function fieldsOf(alert: Alert, iso8601: boolean): string {
  if (!iso8601 || alert.kind === 'internal') return alert.fields;
  // Inside a JSON string the quotes would be escaped: these can only be the keys themselves.
  const hasBoth = /[{,]"evt\.time\.iso8601":/.test(alert.fields);
  if (alert.showsTime === true) {
    const both = '$1"evt.time":$2,"evt.time.iso8601":$2';
    return hasBoth ? alert.fields : alert.fields.replace(/([{,])"evt\.time":([0-9]+)/, both);
  }
  if (hasBoth) return alert.fields.replace(/([{,])"evt\.time":[0-9]+,/, '$1');
  return alert.fields.replace(/([{,])"evt\.time":/, '$1"evt.time.iso8601":');
}

function quote(value: string | readonly string[]): string {
  return JSON.stringify(value);
}
