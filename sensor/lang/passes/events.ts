import { toText } from '../../core/bytes.js';
import { ALL_CODES, EVENTS, codesOf, findEvent, isKnownEventType } from '../events/index.js';
import type { Condition, Literal, Operand } from '../ir.js';

/** Events that the container plugin announces as asynchronous ones. */
const ASYNC_NAMES: ReadonlySet<string> = new Set(['container', 'container_removed']);

/** May the word stand as a value of `evt.type`? */
export const isEventTypeValue = (name: string): boolean =>
  isKnownEventType(name) || ASYNC_NAMES.has(name);

/**
 * Kinds of events as inference counts them: all system calls without an event of their own share one pair of codes, so they are
 * one unit here ("syscall"); what announces itself at run time is another ("asyncevent").
 */
const GENERIC_UNIT = 'syscall';
const ASYNC_UNIT = 'asyncevent';

/** A set of units, or all but a set. Names of generic calls are kept apart beside it, for an index finer than Falco's. */
interface EventSet {
  readonly complement: boolean;
  readonly units: ReadonlySet<string>;
  readonly names: ReadonlySet<string>;
}

const NONE: ReadonlySet<string> = new Set();
const ALL: EventSet = { complement: true, units: NONE, names: NONE };
const EMPTY: EventSet = { complement: false, units: NONE, names: NONE };

/** Which events a condition can match. */
export interface InferredEvents {
  /** Names of events; `all` without any restriction. Generic calls are named one by one. */
  readonly events: ReadonlySet<string> | 'all';
  /** Event codes in the set, as Falco counts them: 454 for all. */
  readonly codes: number;
}

const cache = new WeakMap<Condition, readonly [positive: EventSet, negated: EventSet]>();

/** Infers the events a condition can match (falco-formats §1): `and` intersects, `or` unites, `not` goes to the leaves. */
export function inferEvents(condition: Condition): InferredEvents {
  const [set] = setsOf(condition);
  return { events: namesOf(set), codes: codesIn(set) };
}

/** The set under an even and under an odd number of negations. */
function setsOf(condition: Condition): readonly [EventSet, EventSet] {
  let sets = cache.get(condition);
  if (sets === undefined) cache.set(condition, (sets = infer(condition)));
  return sets;
}

function infer(condition: Condition): readonly [EventSet, EventSet] {
  switch (condition.kind) {
    case 'and':
    case 'or': {
      const both = condition.items.map(setsOf);
      const positive = both.map(([set]) => set);
      const negated = both.map(([, set]) => set);
      return condition.kind === 'and'
        ? [positive.reduce(intersect), negated.reduce(unite)]
        : [positive.reduce(unite), negated.reduce(intersect)];
    }
    case 'not': {
      const [positive, negated] = setsOf(condition.item);
      return [negated, positive];
    }
    case 'macro':
      return setsOf(condition.body);
    case 'exists':
      return isEventType(condition.left) ? [ALL, EMPTY] : [ALL, ALL];
    case 'compare':
      return leaf(condition);
  }
}

function isEventType(operand: Operand): boolean {
  if (operand.kind !== 'field') return false;
  const { name } = operand.use.def;
  return name === 'evt.type' || name === 'syscall.type';
}

function leaf(check: Extract<Condition, { kind: 'compare' }>): readonly [EventSet, EventSet] {
  const { left, op, right } = check;
  if (isEventType(left) && check.modifier === null && (op === '=' || op === '!=' || op === 'in')) {
    const names = right.flatMap((value) => (value.kind === 'string' ? [toText(value.value)] : []));
    const set = setOfNames(names);
    return op === '!=' ? [invert(set), set] : [set, invert(set)];
  }
  if (left.kind === 'field' && left.use.def.name === 'evt.num' && check.modifier === null) {
    const never = isNever(op, right);
    if (never !== null) return never ? [EMPTY, ALL] : [ALL, EMPTY];
  }
  return [ALL, ALL];
}

/** The idioms on `evt.num`: events count from 1. Null for any other comparison. */
function isNever(op: string, right: readonly (Literal | Operand)[]): boolean | null {
  if (op === 'in') {
    const zero = right.every((value) => value.kind === 'int' && value.value === 0n);
    return zero && right.length <= 1 ? true : null;
  }
  const [value] = right;
  if (value?.kind !== 'int') return null;
  if (value.value === 0n) {
    if (op === '=' || op === '<=') return true;
    return op === '!=' || op === '>' ? false : null;
  }
  if (value.value === 1n) return op === '<' ? true : op === '>=' ? false : null;
  return null;
}

function setOfNames(names: readonly string[]): EventSet {
  const units = new Set<string>();
  const generic = new Set<string>();
  for (const name of names) {
    const event = findEvent(name);
    // "syscall" asks for nothing, a name that is none neither; a spelling that no event carries still asks for the pair.
    if (name === GENERIC_UNIT) continue;
    if (event === undefined) {
      if (ASYNC_NAMES.has(name)) units.add(ASYNC_UNIT).add(name);
      else if (isKnownEventType(name)) units.add(GENERIC_UNIT);
    } else if (event.generic) {
      units.add(GENERIC_UNIT);
      generic.add(name);
    } else units.add(name);
  }
  return { complement: false, units, names: generic };
}

const invert = (set: EventSet): EventSet => ({
  complement: !set.complement,
  units: set.units,
  // Falco takes the whole pair away, whichever call was named.
  names: NONE,
});

function intersect(a: EventSet, b: EventSet): EventSet {
  if (a.complement && b.complement) {
    return { complement: true, units: a.units.union(b.units), names: NONE };
  }
  if (a.complement) return intersect(b, a);
  const units = b.complement ? a.units.difference(b.units) : a.units.intersection(b.units);
  const names = b.complement || b.names.size === 0 ? a.names : a.names.intersection(b.names);
  return { complement: false, units, names };
}

function unite(a: EventSet, b: EventSet): EventSet {
  if (a.complement && b.complement) {
    return { complement: true, units: a.units.intersection(b.units), names: NONE };
  }
  if (a.complement) return { complement: true, units: a.units.difference(b.units), names: NONE };
  if (b.complement) return unite(b, a);
  return { complement: false, units: a.units.union(b.units), names: a.names.union(b.names) };
}

function namesOf(set: EventSet): ReadonlySet<string> | 'all' {
  if (set.complement && set.units.size === 0) return 'all';
  const names = new Set<string>();
  for (const event of EVENTS) {
    const unit = event.generic ? GENERIC_UNIT : event.name;
    if (set.units.has(unit) === set.complement) continue;
    if (!event.generic || set.complement || set.names.size === 0 || set.names.has(event.name)) {
      names.add(event.name);
    }
  }
  if (!set.complement) for (const name of set.units) if (ASYNC_NAMES.has(name)) names.add(name);
  names.delete(GENERIC_UNIT);
  return names;
}

function codesIn(set: EventSet): number {
  let sum = 0;
  for (const unit of set.units) sum += weight(unit);
  return set.complement ? ALL_CODES - sum : sum;
}

function weight(unit: string): number {
  if (unit === GENERIC_UNIT) return 2;
  return codesOf(unit);
}

/** More codes than this: the rule names no event type worth the name (`LOAD_NO_EVTTYPE`). */
export const TOO_MANY_CODES = 100;
