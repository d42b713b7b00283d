// node --import ./test/support/run-ts.mjs test/support/spool-appender.ts DIR: appends alerts for ever; after each it notes in
// DIR/noted (with one write) the sequence number that `append` returned. For kill -9 at any point.
import { openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { PRIORITIES } from '../../sensor/lang/ir.js';
import { SpoolShared } from '../../sensor/spool/shared.js';
import { SpoolWriter } from '../../sensor/spool/writer.js';

const dir = process.argv[2] ?? '.';
const quiet = () => undefined;
const writer = SpoolWriter.open({
  dir: join(dir, 'spool'),
  hostname: 'lab1',
  shared: new SpoolShared(),
  logger: { error: quiet, warn: quiet, info: quiet, debug: quiet },
});
const noted = openSync(join(dir, 'noted'), 'a');
for (;;) {
  for (const priority of PRIORITIES) {
    const seq = writer.append({
      timeNs: '1',
      kind: 'rule',
      rule: 'r',
      priority,
      source: 'syscall',
      tags: [],
      message: 'x'.repeat(Math.floor(Math.random() * 2000)),
      fields: '{}',
      generation: 1,
      subject: null,
    });
    writeSync(noted, `${seq}\n`);
  }
}
