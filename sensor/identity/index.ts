export { Identity, type IdentityOptions, type Learnt, type OfflineFacts } from './identity.js';
export { LiveEvent, type IdentityTables } from './live-event.js';
export { createLiveFields } from './fields/index.js';
export {
  NO_ROW,
  ORIGIN,
  ProcessTable,
  type ProcessTableOptions,
  type Relations,
} from './process-table.js';
export {
  ProcessTracker,
  UNKNOWN_IMAGE,
  type ProcessRepair,
  type RepairResult,
} from './process-tracker.js';
export { ProcRepair } from './proc-repair.js';
export { factsToText, type ContainerFacts } from './container-facts.js';
export { ContainerTable, type CgroupInfo, type Container } from './containers.js';
export { identifyCgroup, podOfCgroup, type CgroupIdentity } from './cgroup-path.js';
export { cgroupOfProcess, containerGroups, walkCgroups } from './cgroup-walk.js';
export { UserTable, type User, type UserLists } from './users.js';
export { interfaceAddresses, LocalAddresses } from './local-addresses.js';
export { SocketMemory, type SocketEntry } from './socket-memory.js';
export { EventTypeIds } from './event-type-ids.js';
export { subjectOf } from './subject.js';
