import { currentId, FORMER_TACTICS } from './aliases.js';
import { ATTACK_VERSION, TACTICS, TECHNIQUES } from './techniques.js';

/** What of a rule the matrix is made from. */
export interface TaggedRule {
  readonly name: string;
  readonly tags: readonly string[];
  readonly enabled: boolean;
}

/** One cell of the matrix: a technique under a tactic, and the rules that see it. */
export interface CoveredTechnique {
  readonly id: string;
  /** Null: not in the tables, which know the Linux and Containers platforms. */
  readonly name: string | null;
  readonly rules: readonly string[];
}

export interface CoveredTactic {
  readonly key: string;
  readonly id: string;
  readonly name: string;
  readonly techniques: readonly CoveredTechnique[];
  /** Rules tagged with the tactic that name no technique of it. */
  readonly rules: readonly string[];
  /** Techniques of the platform without a rule for them or for one of their sub-techniques. */
  readonly gaps: readonly { readonly id: string; readonly name: string }[];
}

/** A tag that should be looked at. */
export interface TagProblem {
  readonly rule: string;
  readonly tag: string;
  readonly code: 'revoked' | 'former-tactic' | 'unknown-tactic' | 'other-tactic';
  readonly message: string;
}

/** The matrix that rules cover by their tags. */
export interface Coverage {
  readonly attack_version: string;
  readonly tactics: readonly CoveredTactic[];
  /** Techniques that belong under no tactic known here. */
  readonly elsewhere: readonly CoveredTechnique[];
  /** Rules without any tag of ATT&CK. */
  readonly untagged: readonly string[];
  readonly problems: readonly TagProblem[];
}

const TACTIC_KEYS: ReadonlySet<string> = new Set(TACTICS.map(({ key }) => key));

/**
 * Sorts rules into the matrix: a technique stands under those of its tactics that the rule is tagged with, under all of them when
 * the rule names none. Disabled rules cover nothing.
 */
export function coverageOf(rules: readonly TaggedRule[]): Coverage {
  const cells = new Map<string, Map<string, Set<string>>>();
  const bare = new Map<string, Set<string>>();
  const elsewhere = new Map<string, Set<string>>();
  const untagged: string[] = [];
  const problems: TagProblem[] = [];
  for (const rule of rules) {
    if (!rule.enabled) continue;
    const { tactics, techniques } = readTags(rule, problems);
    if (tactics.length === 0 && techniques.length === 0) untagged.push(rule.name);
    const used = new Set<string>();
    for (const id of techniques) {
      const places = placesOf(id, tactics);
      if (places.length === 0) add(elsewhere, id, rule.name);
      for (const tactic of places) {
        used.add(tactic);
        const column = cells.get(tactic) ?? new Map<string, Set<string>>();
        cells.set(tactic, column);
        add(column, id, rule.name);
      }
    }
    for (const { key, former } of tactics) {
      // A former tactic became two: techniques say which; where none does, the first stands for it.
      if (former ? tactics.some((other) => used.has(other.key)) : used.has(key)) continue;
      if (!former || key === FORMER_TACTICS['defense_evasion']![0]) add(bare, key, rule.name);
    }
    if (techniques.length > 0 && tactics.length > 0 && !tactics.some(({ key }) => used.has(key))) {
      const [id = ''] = techniques;
      const home = placesOf(id, tactics).join(', ');
      const message = `no technique of the rule belongs to it: ${nameOf(id)} is of ${home}`;
      problems.push({ rule: rule.name, tag: tactics[0]!.key, code: 'other-tactic', message });
    }
  }
  return {
    attack_version: ATTACK_VERSION,
    tactics: TACTICS.map((tactic) => {
      const column = cells.get(tactic.key) ?? new Map<string, Set<string>>();
      const seen = new Set([...column.keys()].map((id) => id.slice(0, 5)));
      return {
        ...tactic,
        techniques: sorted(column),
        rules: [...(bare.get(tactic.key) ?? [])],
        gaps: [...TECHNIQUES.values()]
          .filter(
            ({ id, tactics }) => !id.includes('.') && tactics.includes(tactic.key) && !seen.has(id),
          )
          .map(({ id, name }) => ({ id, name })),
      };
    }),
    elsewhere: sorted(elsewhere),
    untagged,
    problems,
  };
}

interface TacticTag {
  readonly key: string;
  /** Tagged by a name that ATT&CK gave up: one of several it may mean now. */
  readonly former: boolean;
}

/** `mitre_credential_access`, `credential-access`, `T1003.008`, `attack.t1003.008` in any case. */
function readTags(
  rule: TaggedRule,
  problems: TagProblem[],
): { readonly tactics: readonly TacticTag[]; readonly techniques: readonly string[] } {
  const tactics: TacticTag[] = [];
  const techniques = new Set<string>();
  const report = (tag: string, code: TagProblem['code'], message: string): void => {
    problems.push({ rule: rule.name, tag, code, message });
  };
  for (const tag of rule.tags) {
    const id = /^(?:mitre[_.]|attack\.)?(t\d{4}(?:\.\d{3})?)$/i.exec(tag)?.[1]?.toUpperCase();
    if (id !== undefined) {
      const current = currentId(id);
      if (current !== id) report(tag, 'revoked', `${id} was revoked: it is ${nameOf(current)} now`);
      techniques.add(current);
      continue;
    }
    const marked = /^(?:mitre[_.]|attack\.)/i.test(tag);
    const key = tag
      .toLowerCase()
      .replace(/^(?:mitre[_.]|attack\.)/, '')
      .replaceAll('-', '_');
    const now = FORMER_TACTICS[key];
    if (now !== undefined) {
      report(tag, 'former-tactic', `${key} is ${now.join(' or ')} since ATT&CK 19`);
      tactics.push(...now.map((other) => ({ key: other, former: true })));
    } else if (TACTIC_KEYS.has(key)) tactics.push({ key, former: false });
    else if (marked && !UNSEEN.has(key)) {
      report(tag, 'unknown-tactic', `ATT&CK has no tactic ${key}`);
    }
  }
  return { tactics, techniques: [...techniques] };
}

/** Tactics of ATT&CK that leave no trace on a host. */
const UNSEEN: ReadonlySet<string> = new Set(['reconnaissance', 'resource_development']);

const nameOf = (id: string): string => {
  const known = TECHNIQUES.get(id);
  return known === undefined ? id : `${id} (${known.name})`;
};

/** Under which tactics a technique of a rule stands. */
function placesOf(id: string, tagged: readonly TacticTag[]): readonly string[] {
  const keys = tagged.map(({ key }) => key);
  const home = (TECHNIQUES.get(id) ?? TECHNIQUES.get(id.slice(0, 5)))?.tactics;
  if (home === undefined) return keys;
  const both = home.filter((key) => keys.includes(key));
  return both.length > 0 ? both : home;
}

function add(map: Map<string, Set<string>>, key: string, rule: string): void {
  const there = map.get(key);
  if (there === undefined) map.set(key, new Set([rule]));
  else there.add(rule);
}

function sorted(column: ReadonlyMap<string, ReadonlySet<string>>): readonly CoveredTechnique[] {
  return [...column]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([id, rules]) => ({ id, name: TECHNIQUES.get(id)?.name ?? null, rules: [...rules] }));
}
