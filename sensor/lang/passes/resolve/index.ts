export type { ConditionFinding } from './findings.js';
export type { TypedOperand } from './operands.js';
export { resolve, resolveOperand } from './resolve.js';
export type { Resolved, ResolveScope } from './resolve.js';
