export type * from './ir.js';
export { PRIORITIES } from './ir.js';
export type * from './field-def.js';
export type * from './options.js';
export { loadRules } from './load.js';
export type { FileResult, LoadResult } from './load.js';
export type { CompiledRule } from './compile-rule.js';
export type { CompiledCondition, CompiledList, CompiledMacro } from './compile.js';
export { FALCO_ERRORS, FALCO_WARNINGS } from './diagnostic.js';
export type { Diagnostic, FalcoCode, Severity } from './diagnostic.js';
export { parsePriority } from './read-rule.js';
export { wildcard } from './select.js';
export { CONTAINER_INFO, parseOutput } from './output.js';
export type { OutputFinding, ParsedOutput } from './output.js';
export { inferEvents } from './passes/events.js';
export { parseIp } from './literals.js';
export { BUILTIN_PLUGINS, ENGINE_VERSION, SCHEMA_VERSION } from './versions.js';
export { allFields, findField, resolveFieldText } from './fields/index.js';
export * from './events/index.js';
export { renderText } from './render/text.js';
export { diagnosticJson } from './render/json.js';
export {
  MAX_SUBJECT,
  RegexMatcher,
  checkRegex,
  regexGivenUp,
  useLinearRegex,
} from './regex/index.js';
export type { RegexCheck } from './regex/index.js';
export { compileCondition, parseCondition } from './condition.js';
export type { ConditionOptions, ParsedCondition, StandaloneCondition } from './condition.js';
export type { InferredEvents } from './passes/events.js';
export { AST_SCHEMA, printAst, printValue } from '../../grammar/index.js';
export type { Ast } from '../../grammar/index.js';
export { falcoLoadResults, falcoLoadText, falcoRefuses } from './render/falco.js';
export { describe } from './render/describe.js';
export { printCondition, printOperand } from './render/condition.js';
