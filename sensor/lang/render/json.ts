import type { Diagnostic } from '../diagnostic.js';

/** A diagnostic as our own JSON shows it: everything a machine needs, nothing of Falco's context. */
export function diagnosticJson(diagnostic: Diagnostic): Readonly<Record<string, unknown>> {
  const { severity, code, falco, message, hint, file, item } = diagnostic;
  const { line, column, endLine, endColumn, span } = diagnostic;
  return {
    severity,
    code,
    falco_code: falco,
    message,
    hint,
    file,
    item,
    line,
    column,
    end_line: endLine,
    end_column: endColumn,
    start: span.start,
    end: span.end,
  };
}
