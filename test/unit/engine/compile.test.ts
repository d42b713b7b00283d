import {
  compileRules,
  Interpreter,
  type FieldSource,
  type Match,
} from '../../../sensor/engine/index.js';
import {
  PLAIN_FIELDS,
  plainEvent,
  type PlainEvent,
} from '../../../sensor/engine/tests/plain-event.js';
import { EVENT_NAMES, eventTypeId } from '../../../sensor/lang/events/index.js';
import type { Rule } from '../../../sensor/lang/ir.js';
import { and, compare, macro, not, or, rule } from '../../support/conditions.js';

const types = { names: EVENT_NAMES };

function engineOf(rules: readonly Rule[], matching: 'first' | 'all' = 'all') {
  const engine = compileRules<PlainEvent>({ rules }, { fields: PLAIN_FIELDS, types, matching });
  const names = (values: Record<string, unknown>): string[] => {
    const { event, problems } = plainEvent(values);
    expect(problems).toEqual([]);
    const found: readonly Match<PlainEvent>[] = engine.match(
      eventTypeId(String(values['evt.type'])),
      event,
    );
    return found.map((match) => match.rule.name);
  };
  return { engine, names };
}

describe('compileRules', () => {
  const opens = compare('evt.type', 'in', 'open', 'openat');
  const openWrite = macro('open_write', and(opens, compare('evt.is_open_write', '=', true)));
  const etc = rule('etc', and(openWrite, compare('fd.name', 'startswith', '/etc')), {
    events: new Set(['open', 'openat']),
  });
  const shadow = rule('shadow', and(openWrite, compare('fd.name', '=', '/etc/shadow')), {
    events: new Set(['open', 'openat']),
  });
  const exec = rule(
    'exec',
    and(compare('evt.type', '=', 'execve'), compare('proc.name', 'in', 'nc', 'ncat', 'socat')),
  );
  const write = { 'evt.type': 'openat', 'evt.is_open_write': true };

  it('reports every rule that matches, in order of definition', () => {
    const { names } = engineOf([etc, exec, shadow]);
    expect(names({ ...write, 'fd.name': '/etc/shadow' })).toEqual(['etc', 'shadow']);
    expect(names({ ...write, 'fd.name': '/etc/hosts' })).toEqual(['etc']);
    expect(names({ ...write, 'fd.name': '/srv' })).toEqual([]);
    expect(names({ ...write, 'evt.is_open_write': false, 'fd.name': '/etc/hosts' })).toEqual([]);
    expect(names({ 'evt.type': 'execve', 'proc.name': 'socat' })).toEqual(['exec']);
  });

  it('reports only the first rule under first matching', () => {
    const { names } = engineOf([shadow, etc], 'first');
    expect(names({ ...write, 'fd.name': '/etc/shadow' })).toEqual(['shadow']);
    expect(names({ ...write, 'fd.name': '/etc/hosts' })).toEqual(['etc']);
  });

  it('does not look at event types no rule can match', () => {
    const { engine } = engineOf([etc, exec]);
    expect([...engine.types].sort((a, b) => a - b)).toEqual(
      [eventTypeId('open'), eventTypeId('openat'), eventTypeId('execve')].sort((a, b) => a - b),
    );
    const noOpen = engineOf([rule('not-open', not(opens))]);
    expect(noOpen.engine.types.has(eventTypeId('open'))).toBe(false);
    expect(noOpen.engine.types.has(eventTypeId('close'))).toBe(true);
  });

  it('leaves out disabled rules, rules of other sources and rules with an action', () => {
    const action = { action: 'block', mode: 'audit', reply: 'reject' } as const;
    const blocking = { ...exec, name: 'block', action };
    const { engine, names } = engineOf([
      { ...exec, enabled: false },
      { ...exec, name: 'audit log', source: 'k8s_audit' },
      blocking,
    ]);
    expect(names({ 'evt.type': 'execve', 'proc.name': 'nc' })).toEqual([]);
    expect(engine.actionRules).toEqual([blocking]);
    expect(engine.types.size).toBe(0);
  });

  it('asks a getter once for an event, however many rules use the field', () => {
    let asked = 0;
    const fields: typeof PLAIN_FIELDS = {
      getter(use) {
        const getter = PLAIN_FIELDS.getter(use);
        if (use.def.name !== 'fd.name') return getter;
        return (event) => {
          asked++;
          return getter(event);
        };
      },
    };
    const rules = ['/a', '/b', '/c', '/d'].map((path) =>
      rule(path, or(compare('fd.name', 'contains', path), compare('fd.name', 'endswith', path))),
    );
    const engine = compileRules<PlainEvent>({ rules }, { fields, types, matching: 'all' });
    engine.match(eventTypeId('open'), plainEvent({ 'fd.name': '/zzz' }).event);
    expect(asked).toBe(1);
    engine.match(eventTypeId('open'), plainEvent({ 'fd.name': '/x/a' }).event);
    expect(asked).toBe(2);
  });

  it('evt.around[T] = D asks for at most D milliseconds, as the interpreter does', () => {
    const near = compare('evt.around[1]', '=', 20);
    const fields: FieldSource<bigint> = { getter: () => (distanceMs) => distanceMs };
    const engine = compileRules(
      { rules: [rule('near', near)] },
      { fields, types, matching: 'all' },
    );
    const interpreter = new Interpreter(fields);
    const distances = [0n, 19n, 20n, 21n, 1n << 60n];
    const wanted = [true, true, true, false, false];
    expect(distances.map((ms) => engine.match(eventTypeId('open'), ms).length === 1)).toEqual(
      wanted,
    );
    expect(distances.map((ms) => interpreter.test(near, ms))).toEqual(wanted);
  });

  it('keeps judging the other rules when a getter throws, and counts the failure', () => {
    const fields: typeof PLAIN_FIELDS = {
      getter: (use) =>
        use.def.name === 'user.name'
          ? () => {
              throw new Error('no such user');
            }
          : PLAIN_FIELDS.getter(use),
    };
    const failed: string[] = [];
    const engine = compileRules<PlainEvent>(
      { rules: [rule('user', compare('user.name', '=', 'root')), exec] },
      { fields, types, matching: 'all', onError: (broken) => failed.push(broken.name) },
    );
    const { event } = plainEvent({ 'evt.type': 'execve', 'proc.name': 'nc' });
    const found = engine.match(eventTypeId('execve'), event);
    expect(found.map((match) => match.rule.name)).toEqual(['exec']);
    expect(failed).toEqual(['user']);
    expect(engine.errors).toBe(1);
  });
});
