import {
  printCondition,
  type CompiledCondition,
  type CompiledMacro,
  type CompiledRule,
  type LoadResult,
} from '../../lang/index.js';

/** One key that differs. Sets (tags, items) also say what came and went. */
export interface Change {
  readonly key: string;
  readonly before: unknown;
  readonly after: unknown;
  readonly added?: readonly string[];
  readonly removed?: readonly string[];
}

export interface NamedRule {
  readonly name: string;
  readonly file: string;
  readonly line: number;
}

export interface ChangedRule extends NamedRule {
  readonly changes: readonly Change[];
  /** Macros and lists that changed and reach it. */
  readonly because: readonly string[];
}

/** A macro or list that is not the same in both. */
export interface PartDiff {
  readonly name: string;
  readonly change: 'added' | 'removed' | 'changed';
  readonly changes: readonly Change[];
  /** Rules that it reaches, through other macros and lists too. */
  readonly affects: readonly string[];
}

/** What differs between two sets of rule files. */
export interface RuleDiff {
  /** Nothing that a sensor would do differently, and no macro or list either. */
  readonly same: boolean;
  readonly rules: {
    readonly added: readonly NamedRule[];
    readonly removed: readonly NamedRule[];
    readonly changed: readonly ChangedRule[];
    readonly unchanged: number;
  };
  readonly macros: readonly PartDiff[];
  readonly lists: readonly PartDiff[];
}

/** Compares two loads by name: what is in force in one and not in the other. */
export function diffRules(before: LoadResult, after: LoadResult): RuleDiff {
  const reachBefore = reachOf(before);
  const reachAfter = reachOf(after);
  const reached = (part: string): readonly string[] => [
    ...new Set([...(reachBefore.get(part) ?? []), ...(reachAfter.get(part) ?? [])]),
  ];
  const macros = partDiffs(
    new Map(before.macros.map((macro) => [macro.item.name, { text: normal(macro.item.condition.text) }])),
    new Map(after.macros.map((macro) => [macro.item.name, { text: normal(macro.item.condition.text) }])),
    (a, b) => (a.text === b.text ? [] : [{ key: 'condition', before: a.text, after: b.text }]),
    (name) => reached(`macro ${name}`),
  );
  const lists = partDiffs(
    new Map(before.lists.map(({ item }) => [item.name, item.items.map(({ text }) => text)])),
    new Map(after.lists.map(({ item }) => [item.name, item.items.map(({ text }) => text)])),
    (a, b) => setChange('items', a, b, true),
    (name) => reached(`list ${name}`),
  );
  const culprits = [
    ...macros.map((part) => [`macro ${part.name}`, part] as const),
    ...lists.map((part) => [`list ${part.name}`, part] as const),
  ];
  const old = new Map(before.rules.map((rule) => [rule.item.name, rule]));
  const young = new Map(after.rules.map((rule) => [rule.item.name, rule]));
  const common = [...young.values()].filter(({ item }) => old.has(item.name));
  const moved = movedRules([...old.keys()].filter((name) => young.has(name)), common);
  const changed = common.flatMap((rule): ChangedRule[] => {
    const changes = ruleChanges(old.get(rule.item.name)!, rule);
    const place = moved.get(rule.item.name);
    if (place !== undefined) changes.push(place);
    if (changes.length === 0) return [];
    const resolved = changes.some(({ key }) => key.startsWith('condition'));
    const because = resolved
      ? culprits.filter(([, { affects }]) => affects.includes(rule.item.name)).map(([name]) => name)
      : [];
    return [{ ...named(rule), changes, because }];
  });
  const added = [...young.values()].filter(({ item }) => !old.has(item.name)).map(named);
  const removed = [...old.values()].filter(({ item }) => !young.has(item.name)).map(named);
  return {
    same: [added, removed, changed, macros, lists].every(({ length }) => length === 0),
    rules: { added, removed, changed, unchanged: common.length - changed.length },
    macros,
    lists,
  };
}

function named({ item }: CompiledRule): NamedRule {
  const { file, span } = item.context;
  return { name: item.name, file: file.name, line: file.position(span.start).line };
}

const normal = (text: string): string => text.replace(/\s+/g, ' ').trim();

/** Everything a person or a sensor could notice about a rule. */
function ruleChanges(before: CompiledRule, after: CompiledRule): Change[] {
  const changes: Change[] = [];
  const compare = (key: string, a: unknown, b: unknown): void => {
    if (JSON.stringify(a) !== JSON.stringify(b)) changes.push({ key, before: a, after: b });
  };
  const [a, b] = [before.item, after.item];
  compare('condition', normal(a.condition.text), normal(b.condition.text));
  compare('exceptions', exceptionsOf(before), exceptionsOf(after));
  if (changes.length === 0) {
    compare('condition_resolved', resolvedText(before), resolvedText(after));
  }
  compare('output', normal(before.output), normal(after.output));
  for (const key of ['priority', 'enabled', 'source', 'action'] as const) compare(key, a[key], b[key]);
  if (a.action !== 'alert' || b.action !== 'alert') {
    compare('mode', a.mode ?? 'audit', b.mode ?? 'audit');
    compare('reply', a.reply ?? 'reject', b.reply ?? 'reject');
  }
  changes.push(...setChange('tags', a.tags, b.tags, false));
  compare('description', normal(a.description), normal(b.description));
  return changes;
}

const resolvedText = ({ rule, compiled }: CompiledRule): string =>
  rule === null ? `(not loaded) ${normal(compiled?.text.text ?? '')}` : printCondition(rule.condition);

function exceptionsOf({ item }: CompiledRule): unknown {
  return item.exceptions.map(({ name, fields, comps, values }) => ({
    name,
    fields: fields?.items.map(({ text }) => text) ?? null,
    comps: comps?.items.map(({ text }) => text) ?? null,
    values: values.map((value) =>
      value.kind === 'scalar'
        ? value.text.text
        : value.parts.map((part) => part.items.map(({ text }) => text)),
    ),
  }));
}

/** `ordered`: the same members in another order count too. */
function setChange(
  key: string,
  before: readonly string[],
  after: readonly string[],
  ordered: boolean,
): Change[] {
  const added = after.filter((item) => !before.includes(item));
  const removed = before.filter((item) => !after.includes(item));
  const reordered = ordered && before.join('\0') !== after.join('\0');
  if (added.length === 0 && removed.length === 0 && !reordered) return [];
  return [{ key, before: [...before], after: [...after], added, removed }];
}

/**
 * Rules that now stand behind one they stood before: with `rule_matching: first` the earlier one takes the alert. As few as
 * explain the new order: the rest keeps its order among itself.
 */
function movedRules(
  order: readonly string[],
  common: readonly CompiledRule[],
): ReadonlyMap<string, Change> {
  const now = common.map(({ item }) => item.name);
  const places = new Map(order.map((name, i) => [name, i]));
  const kept = longestRising(now.map((name) => places.get(name)!));
  const moved = new Map<string, Change>();
  now.forEach((name, i) => {
    const was = places.get(name)!;
    if (!kept.has(was)) moved.set(name, { key: 'order', before: was + 1, after: i + 1 });
  });
  return moved;
}

/** The members of a longest rising subsequence. */
function longestRising(values: readonly number[]): ReadonlySet<number> {
  const tails: number[] = [];
  const previous = new Map<number, number | undefined>();
  for (const value of values) {
    let low = 0;
    let high = tails.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (tails[middle]! < value) low = middle + 1;
      else high = middle;
    }
    previous.set(value, tails[low - 1]);
    tails[low] = value;
  }
  const members = new Set<number>();
  for (let at = tails.at(-1); at !== undefined; at = previous.get(at)) members.add(at);
  return members;
}

function partDiffs<T>(
  before: ReadonlyMap<string, T>,
  after: ReadonlyMap<string, T>,
  compare: (a: T, b: T) => readonly Change[],
  affects: (name: string) => readonly string[],
): readonly PartDiff[] {
  const names = new Set([...before.keys(), ...after.keys()]);
  return [...names].flatMap((name): PartDiff[] => {
    const [a, b] = [before.get(name), after.get(name)];
    const changes = a === undefined || b === undefined ? [] : compare(a, b);
    const change = a === undefined ? 'added' : b === undefined ? 'removed' : 'changed';
    if (change === 'changed' && changes.length === 0) return [];
    return [{ name, change, changes, affects: affects(name) }];
  });
}

/** For each macro and list the rules it reaches: `macro shells` → names. */
function reachOf(result: LoadResult): ReadonlyMap<string, readonly string[]> {
  const reach = new Map<string, string[]>();
  const references = new Map(result.lists.map((list) => [list.name, list.references]));
  for (const { item, compiled } of result.rules) {
    const parts = new Set<string>();
    const addList = (name: string): void => {
      if (parts.has(`list ${name}`)) return;
      parts.add(`list ${name}`);
      for (const inner of references.get(name) ?? []) addList(inner);
    };
    const addAll = (condition: CompiledCondition | CompiledMacro): void => {
      condition.lists.forEach(addList);
      for (const macro of condition.macros) {
        if (parts.has(`macro ${macro.item.name}`)) continue;
        parts.add(`macro ${macro.item.name}`);
        addAll(macro);
      }
    };
    if (compiled !== null) addAll(compiled);
    for (const part of parts) {
      const rules = reach.get(part);
      if (rules === undefined) reach.set(part, [item.name]);
      else rules.push(item.name);
    }
  }
  return reach;
}
