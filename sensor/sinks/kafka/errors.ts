/** The protocol's name of a broker's error (`MESSAGE_TOO_LARGE`), wherever kafkajs has wrapped it; null: something else. */
export function kafkaErrorType(error: unknown): string | null {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 5; depth++) {
    const { type } = at as { type?: unknown };
    if (typeof type === 'string') return type;
    at = at.cause;
  }
  return null;
}

/** The innermost cause in words: kafkajs wraps it in "number of retries exceeded". */
export function reasonOf(error: unknown): string {
  let reason = String(error);
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 5; depth++) {
    reason = at.message;
    at = at.cause;
  }
  return reason;
}
