import type { Diagnostic } from '../../lang/index.js';
import { answerLines, type Line } from '../lines.js';
import { toJson } from '../output.js';

/** What is wrong with a condition, an event or a line; offsets count UTF-16 units of the condition. */
export interface ConditionError {
  readonly code: string;
  readonly message: string;
  readonly hint: string | null;
  /** From 1, in the condition; null when the fault is not in the condition. */
  readonly line: number | null;
  readonly column: number | null;
  readonly start: number | null;
  readonly end: number | null;
  /** The field of the event that is faulty. */
  readonly field?: string;
}

/** An answer: `{ast}`, `{result}` or `{error}`. */
export type Answer = Readonly<Record<string, unknown>> | { readonly error: ConditionError };

/** A request, as one line of standard input holds it. */
export interface ConditionRequest {
  readonly condition: string;
  readonly event: unknown;
}

/** A fault of a condition, from its first error. */
export function conditionError(diagnostics: readonly Diagnostic[]): ConditionError {
  const found = diagnostics.find(({ severity }) => severity === 'error') ?? diagnostics[0];
  if (found === undefined) return otherError('bad-condition', 'the condition cannot be compiled');
  const { code, message, hint, line, column, span } = found;
  return { code, message, hint, line, column, start: span.start, end: span.end };
}

/** A fault that has no place in the condition. */
export function otherError(
  code: string,
  message: string,
  more: { readonly hint?: string; readonly field?: string } = {},
): ConditionError {
  const none = { line: null, column: null, start: null, end: null };
  return { code, message, hint: null, ...none, ...more };
}

/**
 * Answers requests on standard input, one a line, in order. A faulty line gets an error with its number and does not end it:
 * each line has its own answer, so the exit status is 0.
 *
 * @param key - What the request's text is called; it comes as `condition` whatever its name.
 */
export async function answerRequests(
  answer: (request: ConditionRequest) => Answer,
  key: 'condition' | 'output' = 'condition',
): Promise<void> {
  await answerLines(process.stdin, process.stdout, (line, number) => {
    const read = readRequest(line, key);
    const given = 'error' in read ? read : safely(answer, read);
    if (!('error' in given)) return toJson(given);
    return toJson({ error: { ...(given.error as ConditionError), input_line: number } });
  });
}

/** A fault of ours in one line must not take the answers of all others with it. */
function safely(answer: (request: ConditionRequest) => Answer, request: ConditionRequest): Answer {
  try {
    return answer(request);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { error: otherError('internal', `a fault of saker itself: ${message}`, REPORT) };
  }
}

const REPORT = { hint: 'please report it with this line' };

function readRequest(
  line: Line,
  key: 'condition' | 'output',
): ConditionRequest | { readonly error: ConditionError } {
  const wanted = { hint: `a line is a JSON object: {"${key}": TEXT, "event": {FIELD: VALUE}}` };
  if ('problem' in line) return { error: otherError('bad-line', line.problem, wanted) };
  let value: unknown;
  try {
    value = parseJson(line.text);
  } catch (error) {
    return { error: otherError('bad-line', `no JSON: ${(error as Error).message}`, wanted) };
  }
  const condition = (value as Readonly<Record<string, unknown>> | null)?.[key];
  if (typeof condition !== 'string') {
    return { error: otherError('bad-line', `an object with the text "${key}" is wanted`, wanted) };
  }
  return { condition, event: (value as { event?: unknown }).event };
}

/** JSON whose whole numbers past 2^53 keep all their digits, as big integers. */
function parseJson(text: string): unknown {
  if (!/\d{16}/.test(text)) return JSON.parse(text);
  const exact = (_: string, value: unknown, context?: { source?: string }): unknown =>
    typeof value === 'number' &&
    !Number.isSafeInteger(value) &&
    /^-?\d+$/.test(context?.source ?? '')
      ? BigInt(context!.source!)
      : value;
  return JSON.parse(text, exact);
}

