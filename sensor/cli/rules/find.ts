import { SakerError, didYouMean } from '../../core/index.js';
import { renderText, type CompiledRule, type Rule } from '../../lang/index.js';
import type { Loaded } from './files.js';

/** A rule that compiled. */
export interface FoundRule extends CompiledRule {
  readonly rule: Rule;
}

/**
 * The rule of a name: as written, or the only one that is it but for upper and lower case.
 *
 * @throws SakerError `UNKNOWN_RULE`, or `RULES_INVALID` when the rule has errors.
 */
export function findRule({ result }: Loaded, name: string): FoundRule {
  const exact = result.rules.filter(({ item }) => item.name === name);
  const lower = name.toLowerCase();
  const alike = result.rules.filter(({ item }) => item.name.toLowerCase() === lower);
  const [found] = exact.length > 0 ? exact : alike.length === 1 ? alike : [];
  if (found === undefined) {
    const hint = didYouMean(
      name,
      result.rules.map(({ item }) => item.name),
    );
    throw new SakerError('UNKNOWN_RULE', `no rule is called "${name}"`, {
      hint: hint ?? '`saker rules list` names them',
    });
  }
  if (found.rule === null) throw new FaultyRuleError(found);
  return { ...found, rule: found.rule };
}

/** The rule is there, but has errors, or is skipped. */
export class FaultyRuleError extends SakerError {
  override readonly name = 'FaultyRuleError';
  readonly details: string;

  constructor({ item, diagnostics, skipped }: CompiledRule) {
    const what = skipped === null ? 'has errors' : 'is skipped';
    super('RULES_INVALID', `the rule "${item.name}" ${what}`);
    this.details = renderText(diagnostics);
  }
}
