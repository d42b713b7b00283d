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
  SharedMaps,
  SkippedRuns,
} from './types.js';
export type { BatchHandler, RecordSource, SourceStats } from './record-source.js';
export type {
  Addon,
  BpfMap,
  Closeable,
  Link,
  MapInfo,
  MapOptions,
  Pidfd,
  ProbeSet,
  ProgramInfo,
  SharedWords,
  TcFilter,
  TcxLink,
} from './native.js';
export { isNativeFault, native, type NativeFault } from './native.js';
export { ProbeError, refusalOf } from './errors.js';
export { objectPath } from './object.js';
export { findPlan } from './plan.js';
export { loadProbes, openProbes } from './probes.js';
export { LiveSource, type ReaderOptions } from './reader.js';
export { type Cgroup2Mount, cgroupScope, findCgroup2Mount, parseCgroup2Mount } from './mounts.js';
export { checkRequirements, requireAll, type Requirement } from './requirements.js';
export { cgroupId, kernelName, openPidfd, readClocks, readInRoot, setThreadName } from './host.js';
