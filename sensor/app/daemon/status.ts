import type { KindCounts } from '../messages.js';
import type { Daemon } from './daemon.js';

/** What `saker status` prints: the whole account of the running sensor. */
export async function statusOf(daemon: Daemon) {
  const sensor = await daemon.link.status();
  const { shared } = daemon;
  const rules = daemon.rules.current?.ruleSet.rules ?? [];
  return {
    pid: process.pid,
    startedAt: daemon.startedAt.toISOString(),
    scope: daemon.config.cgroup ?? 'host',
    plan: daemon.report?.events ?? [],
    accounting: { total: totals(Object.values(sensor.kinds)), kinds: sensor.kinds },
    undecodable: sensor.undecodable,
    skipped: sensor.skipped,
    rules: {
      generation: sensor.generation,
      loaded: rules.length,
      enabled: rules.filter(({ enabled }) => enabled).length,
      matches: sensor.matches,
      regexGivenUp: sensor.regexGivenUp,
    },
    enforcement: daemon.enforcement?.status() ?? null,
    spool: {
      dir: daemon.config.spool.dir,
      bytes: shared.bytes,
      segments: shared.segments,
      appended: shared.appended,
      dropped: shared.droppedTotal,
      tornBytes: shared.tornBytes,
      damagedBytes: shared.damagedBytes,
    },
    sinks: daemon.delivery?.status() ?? [],
    captures: sensor.captures,
    processes: sensor.processes,
    containers: sensor.containers,
    pauses: sensor.pauses,
  };
}

export type Status = Awaited<ReturnType<typeof statusOf>>;

function totals(kinds: readonly KindCounts[]): KindCounts {
  const lost: Record<string, number> = {};
  let [seen, filtered, sent, received] = [0, 0, 0, 0];
  for (const kind of kinds) {
    seen += kind.seen;
    filtered += kind.filtered;
    sent += kind.sent;
    received += kind.received;
    for (const [cause, count] of Object.entries(kind.lost))
      lost[cause] = (lost[cause] ?? 0) + count;
  }
  return { seen, filtered, sent, received, lost };
}
