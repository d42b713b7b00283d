import type { RuleTestReport, RuleTestResult } from './run.js';
import type { RuleTestProblem } from './parse.js';

/** The report as text: failures with their diff and clause tree, then one line of counts. */
export function formatRuleTests(
  report: RuleTestReport,
  problems: readonly RuleTestProblem[] = [],
): string {
  const parts = problems.map(({ file, line, reason }) => `${file}:${line}: error: ${reason}`);
  for (const { test, rule, failure } of report.results) {
    if (failure === null) continue;
    const title = `${test.file}:${test.line}: ${rule?.name ?? test.rule ?? '?'}: ${test.title}`;
    parts.push(`${title}\n${indent(failure)}`);
  }
  const counts = `${report.passed} passed, ${report.failed} failed`;
  const errors = problems.length === 1 ? 'error' : 'errors';
  const files = problems.length === 0 ? '' : `, ${problems.length} ${errors} in test files`;
  parts.push(`${counts}${files} (${Math.round(report.durationMs)} ms)`);
  return parts.join('\n\n');
}

/** The report as JUnit XML: a suite for each rule, a case for each event. */
export function junitRuleTests(
  report: RuleTestReport,
  problems: readonly RuleTestProblem[] = [],
): string {
  const suites = new Map<string, RuleTestResult[]>();
  for (const result of report.results) {
    const name = result.rule?.name ?? result.test.rule ?? result.test.file;
    const suite = suites.get(name);
    if (suite === undefined) suites.set(name, [result]);
    else suite.push(result);
  }
  const total = `tests="${report.results.length}" failures="${report.failed}" errors="${problems.length}"`;
  const lines = ['<?xml version="1.0" encoding="UTF-8"?>', `<testsuites ${total}>`];
  for (const [name, results] of suites) {
    const failed = results.filter((result) => !result.passed).length;
    lines.push(`  <testsuite name="${xml(name)}" tests="${results.length}" failures="${failed}">`);
    for (const { test, failure } of results) {
      const at = `name="${xml(test.title)}" classname="${xml(name)}" file="${xml(test.file)}" line="${test.line}"`;
      lines.push(
        failure === null
          ? `    <testcase ${at}/>`
          : `    <testcase ${at}><failure message="${xml(failure.split('\n')[0] ?? '')}">${xml(failure)}</failure></testcase>`,
      );
    }
    lines.push('  </testsuite>');
  }
  if (problems.length > 0) {
    lines.push(
      `  <testsuite name="test files" tests="${problems.length}" errors="${problems.length}">`,
    );
    for (const { file, line, reason } of problems) {
      lines.push(
        `    <testcase name="${xml(`${file}:${line}`)}"><error message="${xml(reason)}"/></testcase>`,
      );
    }
    lines.push('  </testsuite>');
  }
  return [...lines, '</testsuites>', ''].join('\n');
}

function indent(text: string): string {
  return text.replace(/^/gm, '    ');
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\n': '&#10;',
};

/** Characters that XML does not know become U+FFFD. */
function xml(text: string): string {
  return (
    text
      .toWellFormed()
      // eslint-disable-next-line no-control-regex
      .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd')
      .replace(/[&<>"\n]/g, (c) => ENTITIES[c] ?? c)
  );
}
