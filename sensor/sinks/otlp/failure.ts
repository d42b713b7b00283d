import { connectionAdvice } from '../advice.js';

/** Why an export failed: an HTTP status, or a gRPC code, and words. */
export interface ExportFailure {
  /** Below 100: gRPC. */
  readonly code: number | null;
  readonly reason: string;
}

const GRPC_INVALID_ARGUMENT = 3;
const GRPC_RESOURCE_EXHAUSTED = 8;
const GRPC_PERMISSION_DENIED = 7;
const GRPC_UNIMPLEMENTED = 12;
const GRPC_UNAUTHENTICATED = 16;
const HTTP_BAD_REQUEST = 400;
const HTTP_UNAUTHORIZED = 401;
const HTTP_FORBIDDEN = 403;
const HTTP_NOT_FOUND = 404;
const HTTP_TOO_LARGE = 413;

export function failureOf(error: unknown): ExportFailure {
  if (!(error instanceof Error)) return { code: null, reason: String(error) };
  const { code, data, details } = error as { code?: unknown; data?: unknown; details?: unknown };
  const number = typeof code === 'number' ? code : null;
  const words = [error.message, data, number !== null && number < 100 ? undefined : details]
    .filter((part) => typeof part === 'string' && part !== '')
    .join(': ');
  const reason = number === null || words.includes(String(number)) ? words : `${number} ${words}`;
  return { code: number, reason: reason.slice(0, 500) };
}

/**
 * Whether the fault is in what was sent: repeating it is of no use, a part of it may be. Everything else (unreachable,
 * overloaded, not allowed, not found) may be mended on the other side.
 */
export function blamesMessages({ code, reason }: ExportFailure): boolean {
  if (code === HTTP_BAD_REQUEST || code === HTTP_TOO_LARGE || code === GRPC_INVALID_ARGUMENT)
    return true;
  return code === GRPC_RESOURCE_EXHAUSTED && /larger than max|message.*size/i.test(reason);
}

/** What to do about it; null: nothing special is known. */
export function otlpAdvice({ code, reason }: ExportFailure): string | null {
  switch (code) {
    case HTTP_UNAUTHORIZED:
    case HTTP_FORBIDDEN:
    case GRPC_UNAUTHENTICATED:
    case GRPC_PERMISSION_DENIED:
      return 'the collector does not accept these credentials: correct headers (authorization)';
    case HTTP_NOT_FOUND:
    case GRPC_UNIMPLEMENTED:
      return 'no receiver of OTLP logs there: correct endpoint and protocol (http: port 4318, grpc: port 4317)';
    default:
      return connectionAdvice(reason);
  }
}
