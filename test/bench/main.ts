/** `npm run bench`: what the sensor costs, each figure as a ratio of paired runs with its spread. */
import { benchCalls } from './calls/bench.js';
import { benchEnforce } from './enforce/bench.js';
import { benchEngine } from './engine/bench.js';
import { benchIdentity } from './identity/bench.js';
import { benchSinks } from './sinks/bench.js';

const benchmarks = [
  {
    name: 'enforce',
    what: 'what block rules cost the flows they let pass',
    run: benchEnforce,
  },
  { name: 'calls', what: 'cost to getpid, open+close, connect, fork+exec', run: benchCalls },
  {
    name: 'engine',
    what: 'one event from bytes to verdict, beside an interpreter of the same rules',
    run: benchEngine,
  },
  { name: 'identity', what: 'the process table with 100,000 processes', run: benchIdentity },
  { name: 'sinks', what: 'alerts a second to a real broker and a real collector', run: benchSinks },
];

const wanted = process.argv.slice(2);
if (wanted.includes('--help')) {
  console.log('usage: bin/bench [BENCHMARK...]\n');
  for (const { name, what } of benchmarks) console.log(`  ${name.padEnd(10)} ${what}`);
} else {
  for (const benchmark of benchmarks) {
    if (wanted.length > 0 && !wanted.includes(benchmark.name)) continue;
    console.log(`== ${benchmark.name}: ${benchmark.what}`);
    await benchmark.run();
  }
}
