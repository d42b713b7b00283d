export { checkAction, type ActionFinding } from './check.js';
export { TooManyClauses } from './bodies.js';
export { compileSet, type CompiledSet } from './clauses.js';
export { judge, judgeByTables, type Flow, type Verdict } from './verdict.js';
export { Enforcement, type EnforceStatus, type RuleStatus } from './enforcement.js';
export type { ContainerGroups, EnforceOptions } from './machine.js';
export type { Guard } from './guard.js';
export type { InterfaceStatus } from './interfaces.js';
export { alertOfVerdict, readVerdict, type NetVerdict, type VerdictSubject } from './alert.js';
