export { BASES } from './bases.js';
export {
  parseRuleTests,
  type ParsedRuleTests,
  type RuleTestCase,
  type RuleTestProblem,
} from './parse.js';
export { PLAIN_FIELDS, plainEvent, type PlainEvent, type PlainProblem } from './plain-event.js';
export { formatRuleTests, junitRuleTests } from './report.js';
export { runRuleTests, type RuleTestReport, type RuleTestResult } from './run.js';
