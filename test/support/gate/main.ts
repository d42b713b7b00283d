/**
 * `npm test`: runs the suites in order, shows what they print as it comes, sums up each with the reason of every skip, and
 * ends in one line over all of them. Exit status 1 when anything failed.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { add, sum, type SuiteResult } from './result.ts';
import { suites } from './suites.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    bail: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) {
  console.log('usage: bin/test [--quick] [--bail] [SUITE[:PATTERN]...]\n');
  for (const s of suites)
    console.log(`  ${s.name.padEnd(10)} ${s.quick ? '(quick) ' : '        '}${s.what}`);
  console.log('\nPATTERN limits a suite of tests to the files whose path matches it.');
  process.exit(0);
}

// A suite that is named twice, with two patterns, plays the files of both; without a pattern, all.
const wanted = new Map<string, string | undefined>();
for (const arg of positionals) {
  const [name = '', pattern] = arg.split(/:(.*)/s);
  const before = wanted.has(name) ? wanted.get(name) : '';
  wanted.set(name, before === '' ? pattern : before && pattern && `${before}|${pattern}`);
}
for (const name of wanted.keys()) {
  if (!suites.some((s) => s.name === name)) {
    console.error(`no suite "${name}": ${suites.map((s) => s.name).join(', ')}`);
    process.exit(2);
  }
}
const chosen = suites.filter((s) =>
  wanted.size > 0 ? wanted.has(s.name) : values.quick ? s.quick : true,
);

mkdirSync('test-results', { recursive: true });
const results: SuiteResult[] = [];
for (const suite of chosen) {
  console.log(`\n== ${suite.name}: ${suite.what}`);
  const started = Date.now();
  const outcome = await suite.run(wanted.get(suite.name));
  const result: SuiteResult = {
    name: suite.name,
    seconds: (Date.now() - started) / 1000,
    ...outcome,
  };
  results.push(result);
  writeFileSync(`test-results/${suite.name}.json`, JSON.stringify(result, null, 2) + '\n');
  if (result.failed > 0 && (values.bail || suite.name === 'build')) break;
}

console.log('\n== summary');
for (const r of results) {
  const verdict = r.failed > 0 ? 'FAILED' : 'ok';
  console.log(
    `${r.name.padEnd(10)} ${verdict.padEnd(7)} passed ${r.passed}, failed ${r.failed}, skipped ${r.skipped.length}` +
      `   ${r.seconds.toFixed(1)} s`,
  );
  for (const [reason, count] of countByReason(r.skipped))
    console.log(`             skipped ${count}: ${reason}`);
  for (const name of r.failures) console.log(`             failed: ${name}`);
}
const notRun = chosen.slice(results.length).map((s) => s.name);
if (notRun.length > 0) console.log(`not run: ${notRun.join(', ')}`);

const total = results.reduce(add, sum());
console.log(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped.length} skipped`);
process.exitCode = total.failed > 0 || total.passed === 0 ? 1 : 0;

function countByReason(skipped: SuiteResult['skipped']): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { reason } of skipped) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return counts;
}
