import { readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { EXIT, SakerError } from '../../core/index.js';
import {
  formatRuleTests,
  junitRuleTests,
  parseRuleTests,
  runRuleTests,
  type ParsedRuleTests,
} from '../../engine/index.js';
import { outputOption, printable, printJson } from '../output.js';
import { shippedRules } from '../shipped-rules.js';
import { load, show, withLoading, type LoadOptions } from './files.js';

/** Adds `saker rules test`. */
export function addTest(rules: Command): void {
  withLoading(rules.command('test [path...]'))
    .description('judge the events in *.test.yaml beside the rules')
    .addOption(outputOption())
    .option('--junit <file>', 'also write a JUnit report')
    .addHelpText('after', '\nExamples:\n  saker rules test\n  saker rules test --with rules/lib my/ --junit report.xml')
    .action((paths: string[], options: LoadOptions & { output: string; junit?: string }) => {
      const { files, result } = load([...new Set(paths.map(ruleFileOf))], options);
      if (!result.ok) {
        show(
          result.diagnostics.filter(({ severity }) => severity === 'error'),
          files,
          process.stderr,
        );
        throw new SakerError('RULES_INVALID', 'the rule files have errors: nothing was tested');
      }
      const named = paths.length > 0 ? paths : [shippedRules()];
      const testFiles = [...new Set(named.flatMap(testFilesBeside))];
      if (testFiles.length === 0) {
        throw new SakerError('NO_TESTS', `no rule tests in ${named.join(', ')}`, {
          hint: 'the tests of my_rule.yaml are in my_rule.test.yaml beside it (rules/README.md)',
        });
      }
      const parsed = testFiles.map((file) => parseRuleTests(file, readFileSync(file, 'utf8')));
      const all = together(parsed);
      const report = runRuleTests(result.ruleSet, all.cases);
      if (options.junit !== undefined) writeJunit(options.junit, junitRuleTests(report, all.problems));
      if (options.output === 'json') {
        printJson({
          passed: report.passed,
          failed: report.failed,
          problems: all.problems,
          untested: report.untested.map(({ name }) => name),
          failures: report.results
            .filter(({ passed }) => !passed)
            .map(({ test, rule, failure }) => ({
              file: test.file,
              line: test.line,
              rule: rule?.name ?? test.rule,
              name: test.title,
              failure,
            })),
        });
      } else {
        const lines = formatRuleTests(report, all.problems).split('\n');
        process.stdout.write(`${lines.map(printable).join('\n')}\n`);
      }
      if (report.failed > 0 || all.problems.length > 0) process.exitCode = EXIT.findings;
    });
}

/** @throws SakerError `JUNIT_WRITE` */
function writeJunit(path: string, text: string): void {
  try {
    writeFileSync(path, text);
  } catch (cause) {
    throw new SakerError('JUNIT_WRITE', `cannot write ${path}: ${(cause as Error).message}`, { cause });
  }
}

const TEST_FILE = /\.test\.(ya?ml)$/;

/** A test file stands for the rule file it is beside, where there is one. */
function ruleFileOf(path: string): string {
  const beside = path.replace(TEST_FILE, '.$1');
  return statSync(beside, { throwIfNoEntry: false }) ? beside : path;
}

/** Test files of a path: a folder's, all the way down; a rule file's, beside it; a test file itself. */
function testFilesBeside(path: string): string[] {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) {
    return readdirSync(path, { recursive: true, encoding: 'utf8' })
      .filter((name) => TEST_FILE.test(name) && !/(^|\/)[_.]/.test(name))
      .sort()
      .map((name) => join(path, name));
  }
  if (TEST_FILE.test(path)) return [path];
  const beside = path.replace(/\.(ya?ml)$/, '.test.$1');
  return statSync(beside, { throwIfNoEntry: false }) ? [beside] : [];
}

function together(parsed: readonly ParsedRuleTests[]): ParsedRuleTests {
  return {
    cases: parsed.flatMap(({ cases }) => cases),
    problems: parsed.flatMap(({ problems }) => problems),
  };
}
