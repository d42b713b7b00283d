import type { CaptureLoss } from '../../capture/index.js';
import { KIND_NAMES } from '../../events/index.js';
import type { ProbeCounters } from '../../kernel/index.js';
import { lossNames } from '../loss-names.js';

/** What the probes lost so far, by kind of event and cause; what the kernel skipped without running a probe as `skipped`. */
export function captureLoss({ kinds, skipped }: ProbeCounters): CaptureLoss {
  const lost: Record<string, Readonly<Record<string, number>>> = {};
  for (const { kind, lost: counts } of kinds) {
    const named = lossNames(counts);
    if (Object.keys(named).length > 0) lost[KIND_NAMES.get(kind) ?? String(kind)] = named;
  }
  for (const { program, recursionMisses, missed } of skipped)
    lost[program] = { skipped: recursionMisses + (missed ?? 0) };
  return { lost };
}

/** What was lost since `before`. */
export function lossSince(now: CaptureLoss, before: CaptureLoss): CaptureLoss {
  const lost: Record<string, Record<string, number>> = {};
  for (const [kind, causes] of Object.entries(now.lost))
    for (const [cause, count] of Object.entries(causes)) {
      const since = count - (before.lost[kind]?.[cause] ?? 0);
      if (since > 0) (lost[kind] ??= {})[cause] = since;
    }
  return { lost };
}
