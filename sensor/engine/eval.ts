import type { Condition } from '../lang/ir.js';
import { Interpreter } from './naive.js';
import { PLAIN_FIELDS, plainEvent, type PlainEvent } from './tests/plain-event.js';

/** What a condition says of an event, or why it cannot be said. */
export type EvalResult<Problem> =
  | { readonly ok: true; readonly result: boolean }
  /** The condition is faulty: as the loader reports it. */
  | { readonly ok: false; readonly condition: Problem }
  /** A value is faulty. */
  | { readonly ok: false; readonly field: string; readonly reason: string };

/** A condition's text, checked; or what is wrong with it. */
export type ConditionCompiler<Problem> = (
  text: string,
) =>
  | { readonly ok: true; readonly condition: Condition }
  | { readonly ok: false; readonly problem: Problem };

/** Texts of conditions that are kept, in UTF-16 units; none longer than a sixteenth of it. */
const MAX_KEPT_UNITS = 1 << 20;

/**
 * Evaluates conditions over plain events (`saker rules eval`, the editors' JSON lines). Conditions are compiled once and kept;
 * those are interpreted, because generating code for one event costs more than it saves.
 */
export class Evaluator<Problem> {
  readonly #compile: ConditionCompiler<Problem>;
  readonly #interpreter: Interpreter<PlainEvent>;
  readonly #kept = new Map<string, ReturnType<ConditionCompiler<Problem>>>();
  readonly #capacity: number;
  /** UTF-16 units of the texts that are kept. */
  #keptUnits = 0;

  constructor(compile: ConditionCompiler<Problem>, options: { readonly capacity?: number } = {}) {
    this.#compile = compile;
    this.#interpreter = new Interpreter(PLAIN_FIELDS);
    this.#capacity = options.capacity ?? 1000;
  }

  /** @param values - `{field: value}` as in rule tests. */
  evaluate(condition: string, values: Readonly<Record<string, unknown>>): EvalResult<Problem> {
    const compiled = this.#compiled(condition);
    if (!compiled.ok) return { ok: false, condition: compiled.problem };
    const { event, problems } = plainEvent(values);
    const [problem] = problems;
    if (problem !== undefined) return { ok: false, ...problem };
    return { ok: true, result: this.#interpreter.testMacrosOnce(compiled.condition, event) };
  }

  /** Least recently used conditions go first: a caller may send a new one with every line. */
  #compiled(text: string): ReturnType<ConditionCompiler<Problem>> {
    const kept = this.#kept.get(text);
    const compiled = kept ?? this.#compile(text);
    // A condition takes some hundred bytes for each character.
    if (text.length > MAX_KEPT_UNITS / 16) return compiled;
    if (kept === undefined) this.#keptUnits += text.length;
    else this.#kept.delete(text);
    this.#kept.set(text, compiled);
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= this.#capacity && this.#keptUnits <= MAX_KEPT_UNITS) break;
      this.#kept.delete(oldest);
      this.#keptUnits -= oldest.length;
    }
    return compiled;
  }
}
