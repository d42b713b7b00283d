import {
  PLAIN_FIELDS,
  compileRules,
  plainEvent,
  type Match,
  type PlainEvent,
} from '../../sensor/engine/index.js';
import { eventTypeId, EVENT_NAMES, loadRules } from '../../sensor/lang/index.js';
import type { LoadOptions, LoadResult } from '../../sensor/lang/index.js';

/** Items of a rule file, as JSON: YAML too. */
export const items = (...all: readonly object[]): string => JSON.stringify(all);

/** A rule item of a condition; `more` wins. */
export const ruleItem = (condition: string, more: object = {}): object => ({
  rule: 'R',
  desc: 'd',
  condition,
  output: 'o',
  priority: 'NOTICE',
  ...more,
});

/** Loads texts as the files `1.yaml`, `2.yaml`, … */
export function loadTexts(
  texts: string | readonly string[],
  options: LoadOptions = {},
): LoadResult {
  const all = typeof texts === 'string' ? [texts] : texts;
  return loadRules(
    all.map((text, i) => ({ name: `${i + 1}.yaml`, text })),
    options,
  );
}

/** The alerts that rule files give for one event: loaded, compiled and judged as the sensor does. */
export function alertsOf(
  texts: string | readonly string[],
  values: Readonly<Record<string, unknown>>,
  options: LoadOptions = {},
): readonly { readonly rule: string; readonly message: string; readonly fields: string }[] {
  const result = loadTexts(texts, options);
  const [error] = result.diagnostics.filter(({ severity }) => severity === 'error');
  if (error !== undefined) throw new Error(`${error.message} [${error.code}]`);
  const { event, problems } = plainEvent({ 'evt.type': 'open', ...values });
  if (problems.length > 0) throw new Error(JSON.stringify(problems));
  const engine = compileRules<PlainEvent>(result.ruleSet, {
    fields: PLAIN_FIELDS,
    types: { names: EVENT_NAMES },
    matching: options.matching ?? (options.compat === 'strict' ? 'all' : 'first'),
  });
  const matches: readonly Match<PlainEvent>[] = engine.match(
    eventTypeId(String(event.get('evt.type'))),
    event,
  );
  return matches.map((match) => ({
    rule: match.rule.name,
    message: match.message(event),
    fields: match.fieldsJson(event, 0n),
  }));
}

/** Does a rule of this condition alert on the event? */
export const fires = (
  condition: string,
  values: Readonly<Record<string, unknown>> = {},
  options: LoadOptions = {},
): boolean =>
  alertsOf(items(ruleItem(condition, { warn_evttypes: false })), values, options).length > 0;
