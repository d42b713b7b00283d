import { CommanderError } from 'commander';
import { EXIT } from '../core/index.js';
import { fail } from './fail.js';
import { makeProgram } from './program.js';

// A reader that has seen enough (`| head`) is no fault, and nothing more is to be done.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit();
  process.stderr.write(`saker: standard output cannot be written: ${error.message}\n`);
  process.exit(EXIT.environment);
});

try {
  await makeProgram().parseAsync();
} catch (error) {
  if (error instanceof CommanderError)
    process.exitCode = error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  else fail(error);
}
