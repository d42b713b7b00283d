import { diag, DiagLogLevel, type DiagLogger } from '@opentelemetry/api';
import type { Logger } from '../../core/index.js';

/** What a collector says of records it refused. */
export interface PartialSuccess {
  readonly rejectedLogRecords?: number | string;
  readonly errorMessage?: string;
}

const PARTIAL_SUCCESS = 'Received Partial Success response:';

let seen: PartialSuccess | null = null;

/**
 * Sends OpenTelemetry's own messages to our log, and catches the one that matters.
 *
 * @remarks The exporters (0.301) tell of a partial success by a warning on the global diagnostic logger and nowhere else, right
 * before they report success, in the same turn of the event loop: `takePartialSuccess` called first thing in the result's
 * callback gets what belongs to that export.
 */
export function listenToOtel(logger: Logger): void {
  diag.setLogger(new DiagToLog(logger), {
    logLevel: DiagLogLevel.WARN,
    suppressOverrideMessage: true,
  });
}

/** The partial success told of since the last call. */
export function takePartialSuccess(): PartialSuccess | null {
  const taken = seen;
  seen = null;
  return taken;
}

class DiagToLog implements DiagLogger {
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  warn(message: string, ...details: unknown[]): void {
    if (message === PARTIAL_SUCCESS && typeof details[0] === 'string') {
      seen = JSON.parse(details[0]) as PartialSuccess;
      return;
    }
    this.#logger.debug('opentelemetry', { said: message, details: details.map(String).join(' ') });
  }

  error(message: string, ...details: unknown[]): void {
    this.warn(message, ...details);
  }

  info(): void {
    return;
  }

  debug(): void {
    return;
  }

  verbose(): void {
    return;
  }
}
