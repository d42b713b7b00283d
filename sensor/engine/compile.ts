import type { FieldSource } from './types.js';
import type { Rule, RuleSet } from '../lang/ir.js';
import { Emitter } from './js/emit.js';
import { Graph, type Node } from './js/graph.js';
import { planRules, UseCounter, type Candidate, type Plan } from './js/plan.js';
import { Pool } from './js/pool.js';
import { Specialiser } from './js/specialise.js';
import { Interpreter } from './naive.js';
import { compileOutput } from './output/render.js';
import type { CompiledEngine, CompileOptions, Match } from './types.js';

/** Evaluates one event: writes the numbers of the rules that match to `hits`, unordered, and returns how many. */
type Program<E> = (event: E) => number;

/**
 * Compiles rules to JavaScript: a function for each event type (types with the same rules share one), made of nested ifs over
 * what the rules have in common, in which every shared part is evaluated at most once per event.
 *
 * Conditions are pure, so parts may be asked in any order and left out; what depends on how often it is asked
 * (`evt.deltatime`, `util.cnt`) keeps its place.
 */
export function compileRules<E>(rules: RuleSet, options: CompileOptions<E>): CompiledEngine<E> {
  const judged = rules.rules.filter(
    (rule) => rule.enabled && rule.source === 'syscall' && rule.action === null,
  );
  const hits = new Int32Array(Math.max(judged.length, 1));
  const programs = buildPrograms(judged, options, hits);
  return new JsEngine(rules, judged, programs, hits, options);
}

class JsEngine<E> implements CompiledEngine<E> {
  readonly rules: readonly Rule[];
  readonly actionRules: readonly Rule[];
  readonly types: ReadonlySet<number>;
  readonly #options: CompileOptions<E>;
  readonly #programs: readonly (Program<E> | null)[];
  readonly #hits: Int32Array;
  readonly #matches: readonly Match<E>[];
  readonly #byRule = new Map<Rule, Match<E>>();
  readonly #found: Match<E>[] = [];
  readonly #interpreter: Interpreter<E>;
  #errors = 0;

  constructor(
    set: RuleSet,
    judged: readonly Rule[],
    programs: readonly (Program<E> | null)[],
    hits: Int32Array,
    options: CompileOptions<E>,
  ) {
    this.rules = judged;
    this.actionRules = set.rules.filter((rule) => rule.enabled && rule.action !== null);
    this.types = new Set(programs.flatMap((program, type) => (program === null ? [] : [type])));
    this.#options = options;
    this.#programs = programs;
    this.#hits = hits;
    this.#matches = judged.map((rule) => this.matchOf(rule));
    this.#interpreter = new Interpreter(options.fields);
  }

  get errors(): number {
    return this.#errors;
  }

  /** @remarks Hot path. */
  match(type: number, event: E): readonly Match<E>[] {
    const program = this.#programs[type];
    if (program === null || program === undefined) return NOTHING;
    let count: number;
    try {
      count = program(event);
    } catch {
      count = this.#judgeOneByOne(type, event);
    }
    return count === 0 ? NOTHING : this.#collect(count);
  }

  matchOf(rule: Rule): Match<E> {
    let match = this.#byRule.get(rule);
    if (match === undefined) {
      match = { rule, ...compileOutput(rule.output, this.#options.fields, rule.extraFields) };
      this.#byRule.set(rule, match);
    }
    return match;
  }

  #collect(count: number): readonly Match<E>[] {
    const found = this.#found;
    found.length = 0;
    const hits = this.#hits.subarray(0, count).sort();
    const wanted = this.#options.matching === 'first' ? 1 : count;
    for (let i = 0; i < wanted; i++) found.push(this.#matches[hits[i]!]!);
    return found;
  }

  /** A getter threw: only the rules that need it go without. */
  #judgeOneByOne(type: number, event: E): number {
    const name = this.#options.types.names[type] ?? '';
    let count = 0;
    this.rules.forEach((rule, number) => {
      if (!looksAt(rule, name)) return;
      try {
        if (this.#interpreter.testMacrosOnce(rule.condition, event)) this.#hits[count++] = number;
      } catch (error) {
        this.#errors++;
        this.#options.onError?.(rule, error);
      }
    });
    return count;
  }
}

const NOTHING: readonly never[] = Object.freeze([]);

function looksAt(rule: Rule, type: string): boolean {
  return rule.events === 'all' || rule.events.has(type);
}

function buildPrograms<E>(
  rules: readonly Rule[],
  options: CompileOptions<E>,
  hits: Int32Array,
): (Program<E> | null)[] {
  const graph = new Graph();
  const roots = rules.map((rule) => graph.of(rule.condition));
  const planOfKey = new Map<string, number>();
  const plans: Plan[][] = [];
  const planOfType = options.types.names.map((name): number => {
    const candidates: Candidate[] = [];
    const specialised = new Specialiser(graph, name);
    let key = '';
    rules.forEach((rule, number) => {
      if (!looksAt(rule, name)) return;
      const node = specialised.of(roots[number]!);
      if (node.kind === 'const' && !node.value) return;
      candidates.push({ rule: number, conjuncts: conjunctsOf(node) });
      key += `${number}:${node.id} `;
    });
    if (candidates.length === 0) return -1;
    let plan = planOfKey.get(key);
    if (plan === undefined) {
      plan = plans.push(planRules(graph, candidates)) - 1;
      planOfKey.set(key, plan);
    }
    return plan;
  });
  const programs = generate(graph, plans, options.fields, hits);
  return planOfType.map((plan) => (plan < 0 ? null : programs[plan]!));
}

function conjunctsOf(node: Node): readonly Node[] {
  if (node.kind === 'and') return node.items;
  return node.kind === 'const' ? [] : [node];
}

/** Writes and evaluates the source. Only names, numbers and JSON-quoted literals of rules enter it. */
function generate<E>(
  graph: Graph,
  plans: readonly (readonly Plan[])[],
  fields: FieldSource<E>,
  hits: Int32Array,
): Program<E>[] {
  const uses = new UseCounter(graph);
  for (const plan of plans) uses.add(plan);
  const pool = new Pool();
  const emitter = new Emitter(graph, pool, fields, uses);
  const functions = plans.map((plan) =>
    [
      '(e) => {',
      '  T += 2;',
      '  if (T > 1000000000) forget();',
      '  let s, r, n = 0;',
      ...plan.map((part) => statement(emitter, part, '  ')),
      '  return n;',
      '}',
    ].join('\n'),
  );
  const source = [
    "'use strict';",
    'let T = 2;',
    pool.declarations('K'),
    ...emitter.getters.map((_, i) => `const g${i} = G[${i}];`),
    ...emitter.declarations,
    `function forget() { T = 2; ${emitter.resets.join(' ')} }`,
    `return [${functions.join(',\n')}];`,
  ].join('\n');
  // Generated code is the point; what a rule file holds enters it as quoted literals and as constants only.
  // eslint-disable-next-line @typescript-eslint/no-implied-eval
  const make = new Function('K', 'G', 'hits', source) as (
    constants: readonly unknown[],
    getters: readonly unknown[],
    hits: Int32Array,
  ) => Program<E>[];
  return make(pool.values, emitter.getters, hits);
}

function statement<E>(emitter: Emitter<E>, plan: Plan, indent: string): string {
  if (plan.kind === 'match') {
    const tests = plan.conjuncts.map((node) => emitter.node(node));
    const hit = `hits[n++] = ${plan.rule};`;
    return tests.length === 0 ? `${indent}${hit}` : `${indent}if (${tests.join(' && ')}) ${hit}`;
  }
  const inner = plan.inner.map((part) => statement(emitter, part, `${indent}  `));
  return [`${indent}if (${emitter.node(plan.guard)}) {`, ...inner, `${indent}}`].join('\n');
}
