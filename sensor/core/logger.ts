import { writeSync } from 'node:fs';
import type { LogFields, LogLevel, Logger } from './log.js';

const LEVELS: readonly LogLevel[] = ['error', 'warn', 'info', 'debug'];

/** Plain data: the same options make a logger in either thread. */
export interface LoggerOptions {
  readonly level: LogLevel;
  readonly format: 'json' | 'text';
  readonly fd?: number;
}

/** A log whose level and format can change while it is used. */
export interface ConfigurableLogger extends Logger {
  configure(options: LoggerOptions): void;
}

/**
 * Makes the sensor's own log: one line an entry, on a file descriptor.
 *
 * @param options.format - `json`: one object a line; `text`: time, level, message, key=value.
 * @param options.fd - 2 unless a test says otherwise. Written synchronously: lines of both threads stay whole.
 */
export function createLogger(options: LoggerOptions): ConfigurableLogger {
  const fd = options.fd ?? 2;
  let threshold = 0;
  let render = textLine;
  const configure = ({ level, format }: LoggerOptions): void => {
    threshold = LEVELS.indexOf(level);
    render = format === 'json' ? jsonLine : textLine;
  };
  const at = (level: LogLevel) => {
    const rank = LEVELS.indexOf(level);
    return (message: string, fields: LogFields = {}) => {
      if (rank <= threshold) put(fd, render(new Date(), level, message, fields));
    };
  };
  configure(options);
  return {
    error: at('error'),
    warn: at('warn'),
    info: at('info'),
    debug: at('debug'),
    configure,
  };
}

/** Calls `log` at most once a second for each key; says how many were left out. */
export class RateLimited {
  readonly #log: (message: string, fields?: LogFields) => void;
  readonly #seen = new Map<string, { until: number; suppressed: number }>();

  constructor(log: (message: string, fields?: LogFields) => void) {
    this.#log = log;
  }

  say(key: string, message: string, fields: LogFields = {}): void {
    const now = Date.now();
    const entry = this.#seen.get(key);
    if (entry && now < entry.until) {
      entry.suppressed++;
      return;
    }
    this.#seen.set(key, { until: now + 1000, suppressed: 0 });
    this.#log(message, entry?.suppressed ? { ...fields, suppressed: entry.suppressed } : fields);
  }
}

function jsonLine(time: Date, level: LogLevel, message: string, fields: LogFields): string {
  return JSON.stringify(
    { time: time.toISOString(), level, message, ...fields },
    (_, value: unknown) => (typeof value === 'bigint' ? value.toString() : value),
  );
}

function textLine(time: Date, level: LogLevel, message: string, fields: LogFields): string {
  const pairs = Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}=${quote(String(value))}`);
  return `${time.toISOString().slice(11, 23)} ${level.padEnd(5)} ${escape(message)}${pairs.join('')}`;
}

function quote(value: string): string {
  return /^[\w./:@%+,-]+$/.test(value) ? value : JSON.stringify(value);
}

/** Control characters never reach a terminal, wherever the text came from. */
function escape(text: string): string {
  return text.replace(/\p{Cc}/gu, (c) => JSON.stringify(c).slice(1, -1));
}

function put(fd: number, line: string): void {
  try {
    writeSync(fd, `${line}\n`);
  } catch {
    // Nobody reads the log any more (EPIPE, EAGAIN): the sensor goes on.
  }
}
