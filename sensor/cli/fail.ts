import { EXIT, SakerError } from '../core/index.js';

/** Which exit status a fault of the environment has; what is not listed is `environment`. */
const STATUS: Readonly<Record<string, number>> = {
  MISSING_CAPABILITY: EXIT.permission,
  NOT_ROOT: EXIT.permission,
  SOCKET_PERMISSION: EXIT.permission,
  NO_DAEMON: EXIT.unreachable,
  CONNECTION_LOST: EXIT.unreachable,
  NO_ANSWER: EXIT.unreachable,
  CONFIG_INVALID: EXIT.config,
  RULES_INVALID: EXIT.findings,
  EVENT_INVALID: EXIT.findings,
  NO_RULES: EXIT.findings,
  NO_TESTS: EXIT.findings,
  UNKNOWN_RULE: EXIT.findings,
  USAGE: EXIT.usage,
  UNKNOWN_METHOD: EXIT.usage,
};

/** Says what went wrong and what to do, on stderr, and sets the exit status. A bug shows its stack. */
export function fail(error: unknown): void {
  if (!(error instanceof SakerError)) {
    process.stderr.write(
      `saker: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    );
    process.exitCode = EXIT.environment;
    return;
  }
  process.stderr.write(`saker: ${error.message} [${error.code}]\n`);
  const details = (error as { details?: unknown }).details;
  if (typeof details === 'string') process.stderr.write(`${details}\n`);
  if (error.hint !== undefined) process.stderr.write(`  hint: ${error.hint}\n`);
  process.exitCode = STATUS[error.code] ?? EXIT.environment;
}
