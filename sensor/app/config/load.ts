import { readFileSync } from 'node:fs';
import { whyUnreadable } from '../../core/index.js';
import { checkMeaning } from './check-meaning.js';
import { REAL_ENVIRONMENT, type Environment } from './expand.js';
import { applyOverrides } from './overrides.js';
import type { ConfigProblem } from './problem.js';
import { CONFIG_SCHEMA } from './schema.js';
import { ConfigSource } from './source.js';
import { toConfig, type Raw } from './to-config.js';
import type { Config } from './types.js';
import { validate, type Json } from './validate.js';

export const DEFAULT_CONFIG_PATH = '/etc/saker/saker.yaml';

export type LoadedConfig =
  | { readonly ok: true; readonly config: Config; readonly raw: Json; readonly path: string | null }
  | { readonly ok: false; readonly problems: readonly ConfigProblem[] };

/**
 * Reads and checks a configuration; all problems are told at once.
 *
 * @param options.path - Null: `DEFAULT_CONFIG_PATH` if it exists, else the defaults.
 * @param options.overrides - Texts of `-o key.path=value`, later ones win.
 */
export function loadConfig(
  options: {
    readonly path?: string | null;
    readonly overrides?: readonly string[];
    readonly environment?: Environment;
  } = {},
): LoadedConfig {
  const path = options.path ?? DEFAULT_CONFIG_PATH;
  let text = '';
  let found: string | null = path;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (options.path || (error as NodeJS.ErrnoException).code !== 'ENOENT')
      return unreadable(path, error);
    found = null;
  }
  const parsed = parseConfig(text, path, options.overrides, options.environment);
  return parsed.ok ? { ...parsed, path: found } : parsed;
}

/** As `loadConfig`, of a text. */
export function parseConfig(
  text: string,
  file: string,
  overrides: readonly string[] = [],
  environment: Environment = REAL_ENVIRONMENT,
): LoadedConfig {
  const source = new ConfigSource(file, text);
  if (source.problems.length > 0) return { ok: false, problems: source.problems };
  applyOverrides(source, overrides);
  const raw = validate(source, CONFIG_SCHEMA, environment);
  checkMeaning(source, environment);
  if (source.problems.length > 0) return { ok: false, problems: inOrder(source.problems) };
  const config = toConfig(raw as unknown as Raw);
  return { ok: true, config: deepFreeze(config), raw: deepFreeze(raw), path: file };
}

function unreadable(path: string, error: unknown): LoadedConfig {
  const message = `cannot be read: ${whyUnreadable(error)}`;
  const place = { source: path, line: null, column: null, excerpt: null };
  return { ok: false, problems: [{ code: 'file', message, hint: null, ...place }] };
}

function inOrder(problems: readonly ConfigProblem[]): ConfigProblem[] {
  return [...problems].sort(
    (a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0),
  );
}

function deepFreeze<T>(value: T): T {
  if (value !== null && typeof value === 'object') {
    for (const part of Object.values(value)) deepFreeze(part);
    Object.freeze(value);
  }
  return value;
}
