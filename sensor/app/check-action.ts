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
