import { execFileSync } from 'node:child_process';
import { mustExec, type Place, projectRoot } from '../../support/place.js';

/** One line of probe-check: a record's kind and members, all as text. */
export interface Printed {
  readonly kind: string;
  readonly [member: string]: string;
}

/** What a run of the trigger program said it did, and what the probes said. */
export interface Observed {
  /** The trigger's calls in order: what, and its result. */
  readonly calls: readonly { readonly what: string; readonly ret: number }[];
  /** Processes it named. */
  readonly pids: ReadonlyMap<string, { readonly pid: string; readonly ppid: string }>;
  readonly records: readonly Printed[];
  /** By kind: seen, filtered, sent, lost, delivered. */
  readonly counters: ReadonlyMap<string, Readonly<Record<string, number>>>;
}

/** Builds probe-check and the trigger program. Before a guest boots: it sees files as first read. */
export function buildProbeCheck(): void {
  execFileSync('make', ['-s', '-C', `${projectRoot}/test/kernel/probes`], { stdio: 'pipe' });
}

/** Runs the trigger's parts under the programs that match; throws when the counters do not add up. */
export async function observe(
  place: Place,
  programs: string,
  parts: string,
  options = '',
): Promise<Observed> {
  const out = await mustExec(
    place,
    `ip link set lo up 2> /dev/null || busybox ip link set lo up
     ${options} build/probe-check run '${programs}' build/probe-trigger ${parts}`,
    { timeoutMs: 500_000 },
  );
  const lines = out.split('\n');
  return {
    calls: lines.flatMap((line) => {
      const match = /^([\w-]+) ret=(-?\d+)$/.exec(line);
      return match ? [{ what: match[1] ?? '', ret: Number(match[2]) }] : [];
    }),
    pids: new Map(
      lines.flatMap((line) => {
        const match = /^([\w-]+) pid=(\d+) ppid=(\d+)$/.exec(line);
        return match ? [[match[1] ?? '', { pid: match[2] ?? '', ppid: match[3] ?? '' }]] : [];
      }),
    ),
    records: lines.filter((line) => /^(process|file|net|cgroup)\.\w+ ts=/.test(line)).map(parse),
    counters: new Map(
      lines.flatMap((line) => {
        const match = /^counters (\S+) seen=(\d+) filtered=(\d+) sent=(\d+) lost=(\d+) /.exec(line);
        if (!match) return [];
        const [, kind = '', seen, filtered, sent, lost] = match;
        return [[kind, numbers({ seen, filtered, sent, lost })] as const];
      }),
    ),
  };
}

function numbers(texts: Record<string, string | undefined>): Record<string, number> {
  return Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, Number(text)]));
}

/** `kind name=value name(length)="text"`, text escaped as probe-check does it. */
function parse(line: string): Printed {
  const members: Record<string, string> = { kind: line.slice(0, line.indexOf(' ')) };
  for (const [, name = '', plain, text] of line.matchAll(
    /(\w+)(?:=([^" ]\S*)|\(\d+\)="([^"]*)")/g,
  )) {
    members[name] = plain ?? text ?? '';
  }
  return members as unknown as Printed;
}
