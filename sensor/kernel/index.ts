export type {
  CgroupScope,
  KindCounters,
  Plan,
  ProbeControl,
  ProbeCounters,
  ProbeOptions,
  ProbePlan,
  Probes,
  ProgramRefusal,
  ServedEvent,
  SkippedRuns,
} from './types.js';
export type { BatchHandler, RecordSource, SourceStats } from './record-source.js';
// Functions of this door:
//   findPlan(options?: { objectPath?: string }): ProbePlan
//   loadProbes(options: ProbeOptions): Probes
//   new RecordedSource(batches: Iterable<Uint8Array>): RecordSource
//   findCgroup2Mount(mountinfo?: string): Cgroup2Mount       cgroupScope(path: string): CgroupScope
//   checkRequirements(): Requirements (throws SakerError MISSING_CAPABILITY, NO_BTF, NO_CGROUP2 …)
//   sys: clocks, cgroup ids, reads inside another root, pidfd
