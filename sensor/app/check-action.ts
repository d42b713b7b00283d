import { checkAction } from '../enforce/index.js';
import type { LoadOptions } from '../lang/index.js';

/** The loader's judge of rules with an action: what the kernel can decide, with position, reason and the nearest wording. */
export const checkBlockRule: NonNullable<LoadOptions['checkAction']> = (rule, place) =>
  checkAction(rule).map(({ severity, code, message, hint, span, macro }) =>
    place.diagnostic({
      code,
      severity: severity === 'note' ? 'hint' : 'error',
      message,
      hint: hint ?? null,
      span,
      ...(macro === null ? {} : { macro }),
    }),
  );

/** The judge where the configuration switches blocks off: never an alert-only rule that looks like protection. */
export const refuseBlockRule: typeof checkBlockRule = (rule, place) => {
  const enforces = rule.action?.mode === 'enforce';
  return [
    place.diagnostic({
      code: 'enforcement-off',
      severity: enforces ? 'error' : 'warning',
      message: enforces
        ? 'the rule blocks, and the configuration switches blocks off'
        : 'the rule reports nothing: the configuration switches blocks off',
      hint: 'set enforce.enabled: true, or disable the rule (rules.disable)',
      span: rule.condition.span,
    }),
  ];
};
