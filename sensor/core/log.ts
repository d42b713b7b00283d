/** Levels of the sensor's own log, in falling severity. */
export type LogLevel = 'error' | 'warn' | 'info' | 'debug';

/** One line of the sensor's own log: what happened, with its data beside it. */
export type LogFields = Readonly<
  Record<string, string | number | boolean | bigint | null | undefined>
>;

/** The sensor's own structured log. Never alerts, never another process's data beyond what the message needs. */
export interface Logger {
  error(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  debug(message: string, fields?: LogFields): void;
}
