import { readdirSync, readFileSync } from 'node:fs';
import { compileRules, PLAIN_FIELDS, plainEvent } from '../../../sensor/engine/index.js';
import type { PlainEvent } from '../../../sensor/engine/index.js';
import { compileCondition, EVENT_NAMES, eventTypeId } from '../../../sensor/lang/index.js';
import { evaluator, conditionCompiler } from '../../../sensor/cli/rules/eval.js';
import { rule } from '../../support/conditions.js';

const FOLDER = new URL('../../fixtures/conditions/', import.meta.url);

interface Group {
  readonly event: Readonly<Record<string, unknown>>;
  readonly rows: (readonly [want: string, condition: string])[];
}

function read(file: string): readonly Group[] {
  const groups: Group[] = [];
  for (const line of readFileSync(new URL(file, FOLDER), 'utf8').split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    if (line.startsWith('event ')) {
      groups.push({ event: JSON.parse(line.slice('event '.length), exact) as never, rows: [] });
      continue;
    }
    const [, want, condition] = /^(\S+) +(.*)$/.exec(line) ?? [];
    groups.at(-1)!.rows.push([want!, condition!]);
  }
  return groups;
}

/** Whole numbers past 2^53 keep their digits. */
function exact(_: string, value: unknown, context?: { source?: string }): unknown {
  const isBig = typeof value === 'number' && !Number.isSafeInteger(value);
  return isBig && /^-?\d+$/.test(context?.source ?? '') ? BigInt(context!.source!) : value;
}

const answer = evaluator(conditionCompiler({ compat: 'falco' }));

/** What `saker rules eval` answers: the interpreter. */
function interpreted(condition: string, event: Group['event']): string {
  const given = answer({ condition, event });
  return 'error' in given ? (given.error as { code: string }).code : String(given['result']);
}

/** What the sensor's generated code says; null for a faulty condition. */
function generated(condition: string, values: Group['event']): string | null {
  const compiled = compileCondition(condition);
  if (!compiled.ok) return null;
  const { event } = plainEvent({ 'evt.type': 'open', ...values });
  const engine = compileRules<PlainEvent>(
    { rules: [{ ...rule('r', compiled.condition), events: 'all' }] },
    { fields: PLAIN_FIELDS, types: { names: EVENT_NAMES }, matching: 'all' },
  );
  const type = eventTypeId(String(event.get('evt.type')));
  return String(engine.match(type, event).length > 0);
}

/** As JSON, for the test's name. */
const printable = (_: string, value: unknown): unknown =>
  typeof value === 'bigint' ? String(value) : value;

describe.each(readdirSync(FOLDER))('%s', (file) => {
  it.each(read(file).map((group) => [JSON.stringify(group.event, printable), group] as const))(
    'of %s',
    (_, { event, rows }) => {
      expect(rows.length).toBeGreaterThan(0);
      const wanted = rows.map(([want, condition]) => `${want} ${condition}`);
      expect(rows.map(([, it]) => `${interpreted(it, event)} ${it}`)).toEqual(wanted);
      const told = rows.filter(([, it]) => !it.includes('evt.type'));
      expect(told.map(([want, it]) => `${generated(it, event) ?? want} ${it}`)).toEqual(
        told.map(([want, it]) => `${want} ${it}`),
      );
    },
  );
});
