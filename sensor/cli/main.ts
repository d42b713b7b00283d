import { CommanderError } from 'commander';
import { EXIT } from '../core/index.js';
import { fail } from './fail.js';
import { makeProgram } from './program.js';

try {
  await makeProgram().parseAsync();
} catch (error) {
  if (error instanceof CommanderError)
    process.exitCode = error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  else fail(error);
}
