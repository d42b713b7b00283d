/** What a suite found. `skipped` names each skipped test and why. */
export interface Outcome {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: readonly { readonly test: string; readonly reason: string }[];
  readonly failures: readonly string[];
}

export interface SuiteResult extends Outcome {
  readonly name: string;
  readonly seconds: number;
}

/** The empty outcome. */
export const sum = (): Outcome => ({ passed: 0, failed: 0, skipped: [], failures: [] });

export const add = (a: Outcome, b: Outcome): Outcome => ({
  passed: a.passed + b.passed,
  failed: a.failed + b.failed,
  skipped: [...a.skipped, ...b.skipped],
  failures: [...a.failures, ...b.failures],
});

/** A check that is one thing: it held or not. */
export const check = (name: string, ok: boolean): Outcome =>
  ok ? { ...sum(), passed: 1 } : { ...sum(), failed: 1, failures: [name] };

/** A part that cannot be had here: a skip on a plain machine, a failure in CI. */
export function without(test: string, part: string): Outcome {
  const reason = `no ${part}`;
  return process.env['CI'] === 'true'
    ? { ...sum(), failed: 1, failures: [`${test}: ${reason}`] }
    : { ...sum(), skipped: [{ test, reason }] };
}
