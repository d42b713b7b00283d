import { LOSS } from '../events/index.js';

/** Why an event can be lost on its way to the sensor. */
export const LOSS_CAUSES: readonly string[] = Object.keys(LOSS)
  .filter((name) => name !== 'LOSS_MAX')
  .map((name) => name.toLowerCase());

/** Losses by the name of their cause, those that happened. @param lost - Index = `enum saker_loss`. */
export function lossNames(lost: readonly number[]): Readonly<Record<string, number>> {
  const named: Record<string, number> = {};
  for (const [cause, index] of Object.entries(LOSS)) {
    const count = lost[index] ?? 0;
    if (count > 0) named[cause.toLowerCase()] = count;
  }
  return named;
}
