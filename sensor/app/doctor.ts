import type { SakerError } from '../core/index.js';
import { findKept } from '../enforce/index.js';
import { checkRequirements, findPlan, kernelName, type ServedEvent } from '../kernel/index.js';
import { blindSpots } from './blind-spots.js';

/** One thing looked at. */
export interface Finding {
  readonly state: 'ok' | 'warn' | 'fail';
  readonly what: string;
  readonly detail: string;
  /** What to do about it; null: nothing. */
  readonly todo: string | null;
  /** For events: how each is served and which programs were refused. */
  readonly served?: ServedEvent;
}

/** Looks at the machine: requirements first, then how each event is served, found by loading the programs. Never throws. */
export function examine(): readonly Finding[] {
  const { release, machine } = kernelName();
  const findings: Finding[] = [
    { state: 'ok', what: 'kernel', detail: `${release} ${machine}`, todo: null },
  ];
  const requirements = checkRequirements();
  for (const { name, met, detail, hint } of requirements) {
    findings.push({ state: met ? 'ok' : 'fail', what: name, detail, todo: hint || null });
  }
  if (requirements.some(({ met }) => !met)) return findings;
  try {
    for (const served of findPlan().events) findings.push(serving(served));
  } catch (error) {
    const { message, hint } = error as SakerError;
    findings.push({ state: 'fail', what: 'probes', detail: message, todo: hint ?? null });
  }
  findings.push(...keptBlocks());
  return findings;
}

/** Blocks on the BPF file system: of sensors that run, and what others left in force. */
function keptBlocks(): Finding[] {
  return findKept().map(({ folder, pid, held }) => ({
    state: held ? 'ok' : 'warn',
    what: 'blocks',
    detail: held
      ? `pinned by the running sensor (pid ${pid}) in ${folder}`
      : `in force though the sensor that made them (pid ${pid}) has ended (on_exit: keep): ${folder}`,
    todo: held
      ? null
      : 'start the sensor, which takes over, or release them: `saker net off` (with the --run-dir of that sensor)',
  }));
}

function serving(served: ServedEvent): Finding {
  const { event, plan, programs, refused } = served;
  const what = `event ${event}`;
  const why = refused.map(
    ({ program, stage, reason }) => `${program} does not ${stage}: ${reason}`,
  );
  if (plan === 'none') {
    return {
      state: 'fail',
      what,
      detail: `not seen: ${why.join('; ') || 'no program serves it'}`,
      todo: 'rules on it cannot fire here: use a kernel that loads one of these programs',
      served,
    };
  }
  const blind = blindSpots(served);
  return {
    state: 'ok',
    what,
    detail: `${PLAN_WORDS[plan]} (${programs.join(', ')})${blind === null ? '' : `; ${blind}`}`,
    todo:
      plan === 'syscall' && why.length > 0
        ? `the function plan is not to be had here: ${why[0]}`
        : null,
    served,
  };
}

const PLAN_WORDS: Readonly<Record<ServedEvent['plan'], string>> = {
  tracepoint: 'by tracepoint',
  function: 'by the function that does it',
  syscall: 'by its system calls',
  none: 'not at all',
};
