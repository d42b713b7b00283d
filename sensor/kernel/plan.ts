import { refusalOf } from './errors.js';
import { KIND } from './layout.generated.js';
import { findCgroup2Mount } from './mounts.js';
import { native, type ProbeSet } from './native.js';
import { attachProgram, objectPath, openObject } from './object.js';
import type { CgroupScope, Plan, ProbePlan, ProgramRefusal, ServedEvent } from './types.js';

/** Plans in the order they are tried, by their names in programs (bpf/README.md). */
const ROWS = [
  ['any', 'tracepoint'],
  ['fn', 'function'],
  ['fnk', 'function'],
  ['sys', 'syscall'],
] as const;

/** No task is ever in this cgroup: programs that are attached for a trial do nothing. */
const NOWHERE = { id: 0xffff_ffff_ffff_ffffn, level: 0 };

/** A way to serve an event: all of its programs, or none. */
interface Row {
  readonly plan: Plan;
  readonly programs: readonly string[];
  /** Programs that add a source of the same event (io_uring): all of them, or none. Emptied when they are refused. */
  extras: readonly string[];
}

/** One event and its ways, best first. */
interface Candidate {
  readonly event: string;
  readonly rows: readonly Row[];
  chosen: number;
  readonly refused: ProgramRefusal[];
}

/**
 * Tries programs together and tells which are refused; none when all of them load and attach. Loading ends at the first that is
 * refused, attaching goes through all.
 */
export type Trial = (programs: readonly string[]) => readonly ProgramRefusal[];

/**
 * Finds out which programs this kernel takes, by loading and attaching them where they see nothing.
 *
 * @throws SakerError `NO_OBJECT`; a program that is refused is no error but part of the plan.
 */
export function findPlan(
  options: { readonly objectPath?: string; readonly scope?: CgroupScope } = {},
): ProbePlan {
  const path = options.objectPath ?? objectPath();
  const set = new (native().bpf.ProbeSet)(path);
  const programs = set.programs();
  set.close();
  const sections = new Map(programs.map(({ name, section }) => [name, section]));
  const cgroup = options.scope?.path ?? findCgroup2Mount().path;
  return choosePlan([...sections.keys()], (some) => tryPrograms(path, some, sections, cgroup));
}

/**
 * Chooses for every event the first row of which all programs are taken.
 *
 * Functions are tried first and alone: they are what kernels differ in, and they are refused before the verifier looks at
 * them, so each refusal costs one cheap load.
 */
export function choosePlan(names: readonly string[], trial: Trial): ProbePlan {
  const candidates = candidatesOf(names);
  const scan = scanCandidate(names);
  settle(candidates, trial, (row) => row.plan === 'function');
  settle([...candidates, scan], trial, (row) => row.plan !== 'function');
  const events = candidates.map(servedEvent);
  return {
    events,
    scan: scan.rows[scan.chosen]?.programs[0] ?? null,
    scanRefused: scan.refused,
    programs: [...new Set(events.flatMap((event) => event.programs))],
  };
}

/** Kinds of the plan that the system-call plan serves, as the programs want to know it: bit n for kind n. */
export function sysKinds(plan: ProbePlan): number {
  return plan.events
    .filter((event) => event.plan === 'syscall')
    .reduce((bits, event) => bits | (1 << kindNumber(event.event.replace('.', '_'))), 0);
}

/** Moves events of the wanted rows to their next row until what is left is taken together. */
function settle(
  candidates: readonly Candidate[],
  trial: Trial,
  wanted: (row: Row) => boolean,
): void {
  for (;;) {
    const tried = candidates.flatMap((candidate) => {
      const row = candidate.rows[candidate.chosen];
      return row && wanted(row) ? [{ candidate, row }] : [];
    });
    if (tried.length === 0) return;
    const programs = tried.flatMap(({ row }) => [...row.programs, ...row.extras]);
    const refusals = trial([...new Set(programs)]);
    if (refusals.length === 0) return;
    for (const refusal of refusals) refuse(tried, refusal);
  }
}

function refuse(
  tried: readonly { readonly candidate: Candidate; readonly row: Row }[],
  refusal: ProgramRefusal,
): void {
  const { program } = refusal;
  const extra = tried.filter(({ row }) => row.extras.includes(program));
  const hit = tried.filter(({ row }) => row.programs.includes(program));
  // A refusal that names none of them (no memory, say) is everybody's.
  for (const { candidate, row } of extra.length + hit.length > 0 ? [...extra, ...hit] : tried) {
    candidate.refused.push(refusal);
    if (row.extras.includes(program)) row.extras = [];
    else if (candidate.rows[candidate.chosen] === row) candidate.chosen++;
  }
}

function servedEvent(candidate: Candidate): ServedEvent {
  const row = candidate.rows[candidate.chosen];
  return {
    event: candidate.event,
    plan: row?.plan ?? 'none',
    programs: row ? [...row.programs, ...row.extras] : [],
    refused: candidate.refused,
  };
}

/**
 * Sorts programs by event and row. Programs of no kind (`calls__sys`) belong to that row of every event that has no `any`
 * row; those whose detail begins with `uring` or `compat` are extras: a kernel may lack either.
 */
function candidatesOf(names: readonly string[]): Candidate[] {
  const parsed = names.flatMap((name) => {
    const match = /^(.+?)__(any|fn|fnk|sys)(?:_(.+))?$/.exec(name);
    if (!match) return [];
    const [, event = '', row = '', detail = ''] = match;
    return [{ name, event, row, extra: /^(uring|compat)/.test(detail), kind: kindNumber(event) }];
  });
  const events = new Set(parsed.filter((p) => p.kind > 0).map((p) => p.event));
  return [...events].map((event) => {
    const own = parsed.filter((p) => p.event === event);
    const shared = own.some((p) => p.row === 'any') ? [] : parsed.filter((p) => p.kind === 0);
    const rows = ROWS.flatMap(([name, plan]): Row[] => {
      const all = [...own, ...shared].filter((p) => p.row === name);
      const programs = all.filter((p) => !p.extra).map((p) => p.name);
      const extras = all.filter((p) => p.extra).map((p) => p.name);
      return programs.length > 0 ? [{ plan, programs, extras }] : [];
    });
    return { event: event.replace('_', '.'), rows, chosen: 0, refused: [] };
  });
}

/** Iterators, the sleeping one (it can read arguments) before the other. */
function scanCandidate(names: readonly string[]): Candidate {
  const iterators = names.filter((name) => /__iter(_|$)/.test(name)).sort();
  const rows = iterators.map((name): Row => ({ plan: 'tracepoint', programs: [name], extras: [] }));
  return { event: 'process.scan', rows, chosen: 0, refused: [] };
}

/** 0 for what is no kind. */
function kindNumber(event: string): number {
  return (KIND as Readonly<Record<string, number>>)[event.toUpperCase()] ?? 0;
}

function tryPrograms(
  path: string,
  programs: readonly string[],
  sections: ReadonlyMap<string, string>,
  cgroup: string,
): readonly ProgramRefusal[] {
  const set: ProbeSet = openObject({
    path,
    programs: new Set(programs),
    scope: NOWHERE,
    ownTgid: 0,
    stateRingBytes: 4096,
    sysKinds: 0,
  });
  try {
    set.load();
    return attachRefusals(set, programs, sections, cgroup);
  } catch (error) {
    return [refusalOf(error, 'load')];
  } finally {
    set.close();
  }
}

function attachRefusals(
  set: ProbeSet,
  programs: readonly string[],
  sections: ReadonlyMap<string, string>,
  cgroup: string,
): readonly ProgramRefusal[] {
  const kinds = new Set<string>();
  return programs.flatMap((program) => {
    const section = sections.get(program) ?? '';
    // Loading has found the function and made its trampoline; what can still fail is the architecture's support of the kind.
    // One of each shows that, and detaching every one costs a grace period of all tasks.
    const [, kind] = /^(fentry|fexit|fmod_ret)\//.exec(section) ?? [];
    if (kind !== undefined && kinds.has(kind)) return [];
    if (kind !== undefined) kinds.add(kind);
    try {
      attachProgram(set, program, section, cgroup);
      return [];
    } catch (error) {
      return [refusalOf(error, 'attach')];
    }
  });
}
