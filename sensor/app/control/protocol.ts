/**
 * The control socket: newline-delimited JSON over a Unix stream socket, `<run dir>/saker.sock`, mode 0660.
 *
 * A request is `{"id": n, "method": name, "params": {...}}`. The answer is one `{"id": n, "result": ...}` or
 * `{"id": n, "error": {code, message, hint}}`; a stream sends any number of `{"id": n, "item": ...}` before its last line,
 * which is `{"id": n, "end": true}` or an error. Closing the connection ends its streams.
 */
export interface Request {
  readonly id: number;
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>>;
}

export interface ErrorBody {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  /** Faults of rule files, ready to show. */
  readonly details?: unknown;
}

export type Response =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly error: ErrorBody }
  | { readonly id: number; readonly item: unknown }
  | { readonly id: number; readonly end: true };

/** A line longer than this is no request: the connection is closed. */
export const MAX_LINE = 1 << 20;

/** Splits a byte stream into lines and parses each; calls `onFault` once and stops at the first bad one. */
export class LineParser {
  #rest = '';
  #broken = false;
  readonly #onValue: (value: unknown) => void;
  readonly #onFault: (why: string) => void;

  constructor(onValue: (value: unknown) => void, onFault: (why: string) => void) {
    this.#onValue = onValue;
    this.#onFault = onFault;
  }

  push(chunk: string): void {
    if (this.#broken) return;
    this.#rest += chunk;
    let from = 0;
    for (let end; (end = this.#rest.indexOf('\n', from)) >= 0; from = end + 1) {
      const line = this.#rest.slice(from, end).trim();
      if (line === '') continue;
      let value: unknown;
      try {
        value = JSON.parse(line);
      } catch {
        return this.#fail('a line is not JSON');
      }
      this.#onValue(value);
    }
    this.#rest = this.#rest.slice(from);
    if (this.#rest.length > MAX_LINE) this.#fail(`a line is longer than ${MAX_LINE} bytes`);
  }

  #fail(why: string): void {
    this.#broken = true;
    this.#onFault(why);
  }
}

/** Checks the shape of a request; null when it has none. */
export function asRequest(value: unknown): Request | null {
  if (typeof value !== 'object' || value === null) return null;
  const { id, method, params } = value as Record<string, unknown>;
  if (typeof id !== 'number' || !Number.isSafeInteger(id) || typeof method !== 'string')
    return null;
  if (params !== undefined && (typeof params !== 'object' || params === null)) return null;
  return { id, method, params: (params ?? {}) as Record<string, unknown> };
}
