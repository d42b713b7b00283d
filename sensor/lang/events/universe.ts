import { EVENT_TABLE } from './event-table.js';
import { GENERIC_CALLS, NEVER_DELIVERED } from './call-names.js';
import { FLAG_TABLES, type FlagTable } from './flag-tables.js';

/** How a parameter's value is held and printed (falco-fields §1.3). */
export interface ParamDef {
  readonly name: string;
  /** `fspath`, `fd`, `errno`, `flags32`, `charbuf` … */
  readonly type: string;
  readonly format: 'dec' | 'hex' | 'oct';
  readonly flags: FlagTable | null;
  /** Parameter that names the directory a relative path starts from. */
  readonly dirfd: string | null;
}

/** An event a rule can name in `evt.type`. */
export interface EventDef {
  readonly name: string;
  /** Numeric event codes that carry the name, superseded ones included. */
  readonly enterCodes: number;
  readonly exitCodes: number;
  /** `syscall`, `tracepoint`, `meta`, `internal`, `iterator`, `plugin`, `unknown`. */
  readonly category: string;
  /** Kind of work: value of `evt.category` where the descriptor does not decide. */
  readonly work: string;
  readonly delivered: 'enter' | 'exit' | 'none';
  readonly fd: ReadonlySet<'creates' | 'uses' | 'destroys' | 'reads' | 'writes'>;
  readonly waits: boolean;
  /** A system call without an event of its own: shares the codes of the event `syscall`. */
  readonly generic: boolean;
  readonly params: readonly ParamDef[];
}

const FD_MARKS = new Set(['creates', 'uses', 'destroys', 'reads', 'writes']);

function parseParam(text: string): ParamDef {
  const match = /^(\w+):(\w+)(?:\.(hex|oct))?(?:\/(\w+))?(?:@(\w+))?(?:~(\w+))?$/.exec(text);
  if (!match) throw new Error(`bug: parameter "${text}" of the event table`);
  const [, name = '', type = '', format, flags, dirfd] = match;
  if (flags !== undefined && !(flags in FLAG_TABLES)) throw new Error(`bug: flag table ${flags}`);
  return {
    name,
    type,
    format: (format as 'hex' | 'oct' | undefined) ?? 'dec',
    flags: (flags as FlagTable | undefined) ?? null,
    dirfd: dirfd ?? null,
  };
}

function parseEvent(line: string): EventDef {
  const [name = '', enter, exit, category = '', work = '', delivered, marks = '', ...params] =
    line.split(' ');
  const words = marks.split(',');
  return {
    name,
    enterCodes: Number(enter),
    exitCodes: Number(exit),
    category,
    work,
    delivered: delivered as EventDef['delivered'],
    fd: new Set(words.filter((word) => FD_MARKS.has(word))) as EventDef['fd'],
    waits: words.includes('waits'),
    generic: words.includes('generic'),
    params: params.map(parseParam),
  };
}

const dedicated = EVENT_TABLE.trim().split('\n').map(parseEvent);

const generic = GENERIC_CALLS.map((name): EventDef => ({
  name,
  enterCodes: 1,
  exitCodes: 1,
  category: 'syscall',
  work: 'other',
  delivered: 'exit',
  fd: new Set(),
  waits: false,
  generic: true,
  params: [],
}));

/** Every event with a dense id: the index. Dedicated events first, then system calls without an event of their own. */
export const EVENTS: readonly EventDef[] = [...dedicated, ...generic];

/** Names of `EVENTS`, by id. */
export const EVENT_NAMES: readonly string[] = EVENTS.map((event) => event.name);

/** Codes of the whole universe: what a condition without `evt.type` can match. */
export const ALL_CODES = dedicated.reduce(
  (sum, event) => sum + event.enterCodes + event.exitCodes,
  0,
);

const ids = new Map(EVENT_NAMES.map((name, id) => [name, id]));
const never = new Set(NEVER_DELIVERED);
const paramNames = new Set(dedicated.flatMap((event) => event.params.map((param) => param.name)));

/** Dense id of an event's name, stable within the process; -1 for a name no event carries. */
export function eventTypeId(name: string): number {
  return ids.get(name) ?? -1;
}

/** Name of a dense id. */
export function eventTypeName(id: number): string {
  return EVENT_NAMES[id] ?? 'unknown';
}

/** Definition by name. */
export function findEvent(name: string): EventDef | undefined {
  const id = ids.get(name);
  return id === undefined ? undefined : EVENTS[id];
}

/** May the word stand as a value of `evt.type`? Some that may are carried by no event: see `isNeverDelivered`. */
export function isKnownEventType(name: string): boolean {
  return ids.has(name) || never.has(name) || name === '';
}

/** A spelling that loads but never equals the name of an event (`pread64`: the event is `pread`). */
export function isNeverDelivered(name: string): boolean {
  return never.has(name) || name === '';
}

/** Number of event codes that carry a name; 0 for an unknown one. Generic calls and never-delivered spellings share one pair. */
export function codesOf(name: string): number {
  const event = findEvent(name);
  return event ? event.enterCodes + event.exitCodes : 0;
}

/** Parameters of an event in schema order; none for generic calls and unknown names. */
export function paramsOf(name: string): readonly ParamDef[] {
  return findEvent(name)?.params ?? [];
}

/** Is there an event with a parameter of this name? What `evt.arg.NAME` is checked against. */
export function isParamName(name: string): boolean {
  return paramNames.has(name);
}

/** All parameter names, for hints and completion. */
export const PARAM_NAMES: ReadonlySet<string> = paramNames;
