import { parse } from '../../grammar/index.js';
import { resolve } from '../../sensor/lang/passes/resolve/index.js';
import type { Condition } from '../../sensor/lang/ir.js';

/** A condition from its text, without the loader around it. Throws on any error. */
export function conditionOf(
  text: string,
  macros: Readonly<Record<string, Condition>> = {},
  strict = false,
): Condition {
  const parsed = parse(text);
  const { condition, findings } = resolve(parsed, {
    macro: (name) => macros[name],
    macroNames: () => Object.keys(macros),
    strict,
  });
  if (condition === null) throw new Error(findings.map((finding) => finding.message).join('; '));
  return condition;
}
