import {
  cgroupScope,
  findPlan,
  loadProbes,
  type ProbePlan,
  type Probes,
} from '../../../sensor/kernel/index.js';
import { KIND, type RecordCursor, RecordWalk } from '../../../sensor/events/index.js';
import { type Cgroup, makeCgroup } from '../../support/cgroup.js';
import { mustExec, type Place } from '../../support/place.js';

/** The sensor's probes limited to a cgroup of the test's own, and everything they deliver. */
export interface Scoped {
  readonly probes: Probes;
  readonly cgroup: Cgroup;
  /** Records received, by kind. */
  received(kind: number): number;
  /** Runs a script in the cgroup and returns its output. */
  run(script: string): Promise<string>;
  /** Waits until the rings are empty and everything sent has been received. */
  settle(): Promise<void>;
  close(): Promise<void>;
}

let plan: ProbePlan | undefined;

/** Loads and attaches; `take` sees each record in order. */
export async function observe(
  place: Place,
  take: (record: RecordCursor) => void,
  rings: { dataRingBytes?: number; stateRingBytes?: number } = {},
): Promise<Scoped> {
  const cgroup = await makeCgroup(place);
  const scope = cgroupScope(cgroup.path);
  plan ??= findPlan({ scope });
  const probes = loadProbes({ plan, scope, ...rings });
  const walk = new RecordWalk();
  probes.source.start((bytes, length) => {
    walk.each(bytes, length, take);
  });
  probes.attach();
  const settle = async (): Promise<void> => {
    for (let i = 0; i < 6000; i++) {
      const { records } = probes.source.stats();
      const sent = probes.counters().kinds.reduce((sum, kind) => sum + kind.sent, 0);
      if (records >= sent) return;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };
  return {
    probes,
    cgroup,
    received: (kind) => walk.stats().delivered[kind] ?? 0,
    run: (script) => mustExec(place, cgroup.inside(script)),
    settle,
    async close() {
      probes.close();
      await cgroup.remove();
    },
  };
}

/** Kinds and their numbers where the books do not close: `seen = filtered + sent + lost` and `sent = received`. */
export function openBooks(scoped: Scoped): string[] {
  return scoped.probes.counters().kinds.flatMap(({ kind, seen, filtered, sent, lost }) => {
    const gone = lost.reduce((sum, n) => sum + n, 0);
    const name = Object.entries(KIND).find(([, number]) => number === kind)?.[0] ?? String(kind);
    const received = scoped.received(kind);
    return seen === filtered + sent + gone && sent === received
      ? []
      : [
          `${name}: seen ${seen}, filtered ${filtered}, sent ${sent}, lost ${gone}, received ${received}`,
        ];
  });
}
