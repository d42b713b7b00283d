import type { Alert } from '../alert.js';
import { escapeLine } from './escape.js';
import { timeOfDay, utcTime } from '../../core/index.js';

/** How an alert is written as text. */
export interface TextOptions {
  /** UTC in ISO 8601 instead of the local time of day. */
  readonly iso8601?: boolean;
  /** Colour the priority, for a terminal. */
  readonly color?: boolean;
}

/**
 * The text line of an alert, `<time>: <Priority> <message> <id>`, safe to be shown and without a newline at the end. The
 * line is Falco's; the id after it is ours, and the same in every sink.
 */
export function textLine(alert: Alert, options: TextOptions = {}): string {
  const line = `${timePrefix(alert, options.iso8601 ?? false)}: ${priority(alert, options)}`;
  return `${line} ${escapeLine(messageOf(alert))} ${alert.id}`;
}

/** `<time>: <Priority> <message>`, unescaped: the key `output` of the JSON alert. */
export function plainOutput(alert: Alert, iso8601: boolean): string {
  return `${timePrefix(alert, iso8601)}: ${alert.priority} ${messageOf(alert)}`;
}

/** Alerts of the sensor about itself carry their data in the text too: ` (key=value …)`, in JSON's notation where it is no word. */
function messageOf(alert: Alert): string {
  if (alert.kind !== 'internal') return alert.message;
  const pairs = rawEntries(alert.fields).map(
    ([key, value]) => `${key}=${WORD.exec(value)?.[1] ?? value}`,
  );
  return pairs.length === 0 ? alert.message : `${alert.message} (${pairs.join(' ')})`;
}

/** A JSON string that needs no quotes to be read as one. */
const WORD = /^"([\w./:@%+-]+)"$/;

function timePrefix(alert: Alert, iso8601: boolean): string {
  const timeNs = BigInt(alert.timeNs);
  // Alerts of the sensor about itself never use ISO 8601 (as in Falco).
  if (!iso8601 || alert.kind === 'internal') return timeOfDay(timeNs, true);
  return `${utcTime(timeNs)}+0000`;
}

/** SGR codes by priority: bold red on top, dim at the bottom. */
const COLORS: Readonly<Record<Alert['priority'], string>> = {
  Emergency: '1;97;41',
  Alert: '1;97;41',
  Critical: '1;31',
  Error: '31',
  Warning: '33',
  Notice: '36',
  Informational: '32',
  Debug: '2',
};

function priority(alert: Alert, options: TextOptions): string {
  if (!options.color) return alert.priority;
  return `\u001b[${COLORS[alert.priority]}m${alert.priority}\u001b[0m`;
}

/** Members of a flat JSON object, sorted, values as they stand in the text (a number may pass 2^53). */
function rawEntries(json: string): [string, string][] {
  const entries: [string, string][] = [];
  const collect = (key: string, value: unknown, context?: { source?: string }): unknown => {
    if (key !== '') entries.push([key, context?.source ?? JSON.stringify(value)]);
    return value;
  };
  JSON.parse(json, collect);
  return entries.sort(([a], [b]) => (a < b ? -1 : 1));
}
