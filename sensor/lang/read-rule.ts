import type { Collector } from './collector.js';
import type { ItemContext } from './diagnostic.js';
import { PRIORITIES } from './ir.js';
import type { Priority } from './ir.js';
import type { RuleParts } from './items.js';
import { readExceptions } from './read-exceptions.js';
import {
  OWN_KEYS,
  checkGiven,
  checkKeys,
  checkOverridden,
  deprecatedAppend,
  readOverrides,
} from './read-keys.js';
import type { Operation } from './read-keys.js';
import { readName } from './read-list-macro.js';
import type { ItemReader, Report } from './read-values.js';
import { missingKey, shapeError } from './read-values.js';
import { closest } from '../core/index.js';
import type { YamlMap } from './yaml.js';

const APPENDABLE = ['condition', 'output', 'desc', 'tags', 'exceptions'] as const;
const REPLACEABLE = [
  ...APPENDABLE,
  'priority',
  'capture',
  'capture_duration',
  'enabled',
  'warn_evttypes',
  'skip-if-unknown-filter',
  ...OWN_KEYS,
] as const;
const KEYS = ['rule', 'append', 'override', 'source', ...REPLACEABLE] as const;
const ACTIONS = ['alert', 'block', 'deny', 'kill'] as const;
const MODES = ['audit', 'enforce'] as const;
const REPLIES = ['reject', 'drop'] as const;
const REQUIRED = ['condition', 'output', 'desc', 'priority'] as const;

/** Reads `- rule: …`: a definition, an append, an override, or a toggle of an earlier rule. */
export function readRuleItem(
  node: YamlMap,
  parent: ItemContext,
  collector: Collector,
  report: Report,
): void {
  const named = readName(node, parent, 'rule', report);
  if (named === null) return;
  const { reader, name } = named;
  checkKeys(reader, KEYS);
  const overrides = readOverrides(reader, APPENDABLE, REPLACEABLE);
  const append = deprecatedAppend(reader, overrides !== null);

  if (overrides !== null) return readOverride(reader, name, overrides, collector);
  if (append) return readAppend(reader, name, collector);
  if (!REQUIRED.some((key) => reader.has(key))) return readToggle(reader, name, collector);

  const parts = readParts(reader, [...REPLACEABLE, 'source'], false, REQUIRED);
  // A set with an error never runs; but what else is wrong with this rule is to be said in the same run.
  if (parts.condition === undefined || parts.output === undefined) return;
  collector.defineRule(
    {
      name,
      context: reader.context,
      condition: parts.condition,
      conditionContext: parts.conditionContext!,
      output: parts.output,
      outputContext: parts.outputContext!,
      description: parts.description ?? '',
      priority: parts.priority ?? 'Debug',
      source: parts.source ?? 'syscall',
      enabled: parts.enabled ?? true,
      capture: parts.capture ?? false,
      captureDurationMs: parts.captureDurationMs ?? 0,
      warnEvttypes: parts.warnEvttypes ?? true,
      skipIfUnknownFilter: parts.skipIfUnknownFilter ?? false,
      tags: parts.tags ?? [],
      exceptions: parts.exceptions ?? [],
      action: parts.action ?? 'alert',
      mode: parts.mode ?? null,
      reply: parts.reply ?? null,
      faulty: !reader.ok,
    },
    parts.source !== undefined,
  );
}

/** Falco's order of complaints: each key without its value, what is appended to nothing, at last keys nobody asked for. */
function readOverride(
  reader: ItemReader,
  name: string,
  overrides: ReadonlyMap<string, Operation>,
  collector: Collector,
): void {
  const keysFor = (operation: Operation): readonly string[] =>
    [...overrides].flatMap(([key, value]) =>
      value === operation && checkGiven(reader, key, value) ? [key] : [],
    );
  const known = collector.rules.has(name);
  const appends = keysFor('append');
  const appended = readParts(reader, appends, true);
  if (reader.ok && appends.length > 0) collector.appendRule(name, appended, reader.context);
  const replaces = keysFor('replace');
  const replaced = readParts(reader, replaces, false);
  if (reader.ok && replaces.length > 0 && (known || appends.length === 0)) {
    collector.replaceInRule(name, replaced, reader.context);
  }
  checkOverridden(reader, overrides, APPENDABLE, REPLACEABLE);
}

function readAppend(reader: ItemReader, name: string, collector: Collector): void {
  const parts = readParts(reader, ['condition', 'exceptions'], true);
  if (!reader.ok) return;
  if (parts.condition === undefined && parts.exceptions === undefined) {
    reader.fail({
      code: 'nothing-to-append',
      falco: 'LOAD_ERR_VALIDATE',
      message: 'an append needs a condition or exceptions',
      falcoMessage: 'Appended rule must have exceptions or condition property',
    });
    return;
  }
  for (const key of ['output', 'desc', 'tags', 'priority', 'enabled']) {
    if (!reader.has(key)) continue;
    reader.warn(
      {
        code: 'ignored-key',
        message: `"${key}" is ignored beside append: true`,
        hint: `use override: {${key}: ${(APPENDABLE as readonly string[]).includes(key) ? 'append' : 'replace'}}`,
      },
      reader.context,
      reader.keySpan(key),
    );
  }
  collector.appendRule(name, parts, reader.context);
}

function readToggle(reader: ItemReader, name: string, collector: Collector): void {
  if (!reader.has('enabled')) {
    reader.fail({
      ...missingKey('enabled'),
      message: `${REQUIRED.map((key) => `"${key}"`).join(', ')} are missing`,
      hint: 'a rule without them changes "enabled" of an earlier one',
    });
    return;
  }
  const enabled = reader.boolean('enabled');
  if (!reader.ok || enabled === null) return;
  reader.warn(
    {
      code: 'deprecated-enabled',
      falco: 'LOAD_DEPRECATED_ITEM',
      message: '"enabled" alone is deprecated',
      falcoMessage:
        "The standalone 'enabled' key usage is deprecated. The correct approach requires also a 'replace' entry under the 'override' key (i.e. 'enabled: replace').",
      hint: 'add override: {enabled: replace}',
    },
    reader.context,
    reader.keySpan('enabled'),
  );
  collector.enableRule(name, enabled, reader.context);
}

/** Reads the values of some keys, in Falco's order; a missing one is a fault where it is `required`. */
function readParts(
  reader: ItemReader,
  keys: readonly string[],
  append: boolean,
  required: readonly string[] = [],
): RuleParts {
  const parts: RuleParts = {};
  const wanted = (key: (typeof KEYS)[number]): boolean => {
    if (reader.has(key)) return keys.includes(key);
    if (required.includes(key)) reader.fail(missingKey(key));
    return false;
  };
  if (wanted('condition')) {
    const read = reader.optional('condition');
    if (read !== null) {
      parts.condition = read.text;
      parts.conditionContext = reader.context.child('rule condition', '', read.context.span);
    }
  }
  if (wanted('output')) {
    const read = reader.optional('output');
    if (read !== null) {
      parts.output = read.text.trim();
      parts.outputContext = reader.context.child('rule output', '', read.context.span);
    }
  }
  const set = <K extends keyof RuleParts>(key: K, value: RuleParts[K] | null): void => {
    if (value != null) parts[key] = value;
  };
  if (wanted('desc')) set('description', reader.optional('desc')?.text.text ?? null);
  if (wanted('priority')) set('priority', readPriority(reader));
  if (wanted('source')) set('source', reader.optional('source')?.text.text ?? null);
  if (wanted('enabled')) set('enabled', reader.boolean('enabled'));
  if (wanted('capture')) set('capture', reader.boolean('capture'));
  if (wanted('capture_duration')) set('captureDurationMs', reader.count('capture_duration'));
  if (wanted('warn_evttypes')) set('warnEvttypes', reader.boolean('warn_evttypes'));
  if (wanted('skip-if-unknown-filter')) {
    set('skipIfUnknownFilter', reader.boolean('skip-if-unknown-filter'));
  }
  if (wanted('tags')) {
    const tags = reader.scalars('tags');
    set('tags', tags === null ? null : [...new Set(tags.map((tag) => tag.value))]);
  }
  if (wanted('exceptions')) set('exceptions', readExceptions(reader, append));
  if (wanted('action')) set('action', reader.word('action', ACTIONS));
  if (wanted('mode')) set('mode', reader.word('mode', MODES));
  if (wanted('reply')) set('reply', reader.word('reply', REPLIES));
  return parts;
}

/** A priority in any case; `Info` is Informational. */
export function parsePriority(word: string): Priority | undefined {
  const lower = word.toLowerCase();
  if (lower === 'info') return 'Informational';
  return PRIORITIES.find((priority) => priority.toLowerCase() === lower);
}

function readPriority(reader: ItemReader): Priority | null {
  const read = reader.optional('priority');
  if (read === null) return null;
  const priority = parsePriority(read.text.text);
  if (priority !== undefined) return priority;
  const hint = closest(read.text.text, [...PRIORITIES, 'Info']);
  const { span } = read.context;
  return reader.fail(
    {
      ...shapeError(`"${read.text.text}" is no priority`, 'bad-priority', 'Invalid priority'),
      hint: hint === undefined ? `use one of ${PRIORITIES.join(', ')}` : `did you mean "${hint}"?`,
    },
    reader.context.child('rule priority', '', span),
  );
}
