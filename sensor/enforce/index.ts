export { checkAction, type ActionFinding } from './check.js';
export { TooManyClauses } from './bodies.js';
export { compileSet, type CompiledSet } from './clauses.js';
export { judge, judgeByTables, type Flow, type Verdict } from './verdict.js';
