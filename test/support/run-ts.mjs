// node --import ./test/support/run-ts.mjs FILE.ts: our imports name the compiled file (.js), as TypeScript wants it; without a
// build the source beside it is meant.
import { registerHooks } from 'node:module';

registerHooks({
  resolve(specifier, context, next) {
    try {
      return next(specifier, context);
    } catch (error) {
      if (error.code !== 'ERR_MODULE_NOT_FOUND' || !/^\.{1,2}\/.*\.js$/.test(specifier))
        throw error;
      return next(specifier.replace(/\.js$/, '.ts'), context);
    }
  },
});
