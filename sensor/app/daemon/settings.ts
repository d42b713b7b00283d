import { isDeepStrictEqual } from 'node:util';
import type { Config } from '../config/index.js';

/** What a sensor is told to do. */
export interface Settings {
  readonly config: Config;
  /** Files and folders, shipped ones included; in load order. */
  readonly rulePaths: readonly string[];
}

/** Reads the settings from where they are kept: at start, and again at each reload. @throws ConfigError */
export type ReadSettings = () => Settings;

/** Settings that are taken up at start only, as they stand in the file. */
const AT_START: Readonly<Record<string, (config: Config) => unknown>> = {
  run_dir: ({ runDir }) => runDir,
  host_root: ({ hostRoot }) => hostRoot,
  cgroup: ({ cgroup }) => cgroup,
  'spool.dir': ({ spool }) => spool.dir,
  'output.hostname': ({ output }) => output.hostname,
  'output.static_fields': ({ output }) => output.staticFields,
  capture: ({ capture }) => capture,
  'metrics.otlp': ({ metrics }) => metrics.otlp,
  'enforce.enabled': ({ enforce }) => enforce.enabled,
  'enforce.on_exit': ({ enforce }) => enforce.onExit,
  'enforce.heartbeat_seconds': ({ enforce }) => enforce.heartbeatSeconds,
  'enforce.interfaces': ({ enforce }) => enforce.interfaces,
};

/** What differs between the settings a sensor was started with and new ones, and would need a restart. */
export function needsRestart(started: Config, now: Config): string[] {
  return Object.keys(AT_START).filter((key) => {
    const part = AT_START[key]!;
    return !isDeepStrictEqual(part(started), part(now));
  });
}
