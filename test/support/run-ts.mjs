// node --import ./test/support/run-ts.mjs FILE.ts: runs TypeScript sources without a build. Each file is compiled once, by the
// compiler that jest uses, and kept in build/run-ts under the hash of its text: a guest, where everything runs under
// emulation, finds there what this machine has compiled. Node's own stripping of types is a WebAssembly program, and one run
// of that in six dies in a guest: QEMU 7.2 runs what V8's other thread has not yet written.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire, registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';

const cache = new URL('../../build/run-ts/', import.meta.url);
const options = {
  jsc: { target: 'es2024', parser: { syntax: 'typescript' } },
  module: { type: 'es6' },
  sourceMaps: 'inline',
  swcrc: false,
};
process.setSourceMapsEnabled(true);

/** The JavaScript of the file at `path`. */
function compiled(path) {
  const source = readFileSync(path, 'utf8');
  const hash = createHash('sha256')
    .update(JSON.stringify([path, options]))
    .update(source);
  const kept = new URL(`${hash.digest('hex')}.js`, cache);
  try {
    return readFileSync(kept, 'utf8');
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
  const swc = createRequire(import.meta.url)('@swc/core');
  const { code } = swc.transformSync(source, { ...options, filename: path });
  mkdirSync(cache, { recursive: true });
  const fresh = new URL(`${kept.href}.${String(process.pid)}`);
  writeFileSync(fresh, code);
  renameSync(fresh, kept);
  return code;
}

registerHooks({
  // Our imports name the compiled file (.js), as TypeScript wants it; without a build the source beside it is meant.
  resolve(specifier, context, next) {
    try {
      return next(specifier, context);
    } catch (error) {
      if (error.code !== 'ERR_MODULE_NOT_FOUND' || !/^\.{1,2}\/.*\.js$/.test(specifier))
        throw error;
      return next(specifier.replace(/\.js$/, '.ts'), context);
    }
  },
  load(url, context, next) {
    if (!url.startsWith('file:') || !url.endsWith('.ts')) return next(url, context);
    return { format: 'module', shortCircuit: true, source: compiled(fileURLToPath(url)) };
  },
});
