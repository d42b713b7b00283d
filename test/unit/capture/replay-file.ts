// Replays a capture as `saker replay` does and says what it took: run by hostile.test.ts in a process of its own.
import { replay } from '../../../sensor/app/capture/replay.js';
import { createLogger } from '../../../sensor/core/index.js';

const { records, undecodable, damage } = await replay({
  paths: [process.argv[2]!],
  rules: { rules: [], matching: 'all' },
  logger: createLogger({ level: 'error', format: 'text' }),
});
const rssMiB = Math.round(process.resourceUsage().maxRSS / 1024);
process.stdout.write(JSON.stringify({ records, undecodable, damaged: damage.length, rssMiB }));
