import { readFileSync } from 'node:fs';
import { parseDocument } from 'yaml';
import { SakerError, didYouMean, whyUnreadable } from '../../core/index.js';
import { BASES } from '../../engine/index.js';

/** An event as a person writes it: `{field: value}`. */
export type EventValues = Readonly<Record<string, unknown>>;

/** For an event that is none. */
export const EVENT_HINT = { hint: 'for example {"base": "exec", "proc.name": "bash", "user.uid": 0}' };

/** Words about an event that are no fields: a test file's events can be pasted as they are. */
const WORDS: ReadonlySet<string> = new Set(['base', 'name', 'message']);

/**
 * Reads a plain event (rules/README.md, "Values") from a YAML or JSON file, `-` for standard input. Whole numbers past 2^53
 * keep all their digits.
 *
 * @throws SakerError `EVENT_FILE` when it cannot be read, `EVENT_INVALID` when it is no event.
 */
export function readEvent(path: string): EventValues {
  let text: string;
  try {
    text = readFileSync(path === '-' ? 0 : path, 'utf8');
  } catch (cause) {
    throw new SakerError('EVENT_FILE', `cannot read ${path}: ${whyUnreadable(cause)}`, {
      hint: '--event names a YAML or JSON file with fields and values, or - for standard input',
      cause,
    });
  }
  const document = parseDocument(text, { intAsBigInt: true });
  const [error] = document.errors;
  if (error !== undefined) throw invalid(path, firstLine(error));
  let value: unknown;
  try {
    value = document.toJS();
  } catch (aliases) {
    throw invalid(path, firstLine(aliases as Error));
  }
  const read = eventValues(value);
  if (!read.ok) throw invalid(path, read.reason);
  return read.values;
}

const invalid = (path: string, why: string): SakerError =>
  new SakerError('EVENT_INVALID', `${path}: ${why}`, EVENT_HINT);

/** Behind it the parser shows the line. */
const firstLine = ({ message }: Error): string => message.split('\n', 1)[0]!.replace(/:$/, '');

/** Checks that something is an event, and puts its base under it. */
export function eventValues(
  value: unknown,
):
  | { readonly ok: true; readonly values: EventValues }
  | { readonly ok: false; readonly reason: string } {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { ok: false, reason: 'an event is an object of fields and values' };
  }
  const given = value as EventValues;
  const { base } = given;
  if (base === undefined) return { ok: true, values: withoutWords(given) };
  if (typeof base !== 'string' || !Object.hasOwn(BASES, base)) {
    const known = Object.keys(BASES);
    const hint = (typeof base === "string" ? didYouMean(base, known) : null) ?? known.join(', ');
    return { ok: false, reason: `no base ${JSON.stringify(base)}: ${hint}` };
  }
  return { ok: true, values: { ...BASES[base], ...withoutWords(given) } };
}

function withoutWords(values: EventValues): EventValues {
  return Object.fromEntries(Object.entries(values).filter(([key]) => !WORDS.has(key)));
}
