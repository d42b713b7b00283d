/**
 * Writes sensor/events/{layout,calls}.generated.ts and sensor/kernel/layout.generated.ts.
 *
 *   node sensor/events/generate/main.ts [OBJECT...]
 *
 * OBJECT: compiled programs; the build fails when their BTF tells another layout than the header (a stale object).
 */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compileTypes, readTypes } from './btf.ts';
import { callsText } from './calls.ts';
import { differences, layoutText, mapsText } from './layout.ts';

const events = dirname(dirname(fileURLToPath(import.meta.url)));
const include = join(events, '../../bpf/include');

const types = compileTypes(join(include, 'saker_event.h'), process.env['CLANG'] ?? 'clang-19');
for (const object of process.argv.slice(2)) {
  const different = differences(types, readTypes(object));
  if (different.length > 0) {
    console.error(`${object} was built from another layout: ${different.join(', ')}`);
    process.exit(1);
  }
}
write('layout.generated.ts', layoutText(types));
write('../kernel/layout.generated.ts', mapsText(types));
write('calls.generated.ts', callsText(readFileSync(join(include, 'saker_calls.h'), 'utf8')));

/** Leaves an unchanged file alone, so that nothing is rebuilt for it. */
function write(name: string, text: string): void {
  const path = join(events, name);
  if (existsSync(path) && readFileSync(path, 'utf8') === text) return;
  writeFileSync(`${path}.tmp`, text);
  renameSync(`${path}.tmp`, path);
}
