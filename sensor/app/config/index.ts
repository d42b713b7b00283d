export { ConfigError } from './config-error.js';
export { REAL_ENVIRONMENT, type Environment } from './expand.js';
export { DEFAULT_CONFIG_PATH, loadConfig, parseConfig, type LoadedConfig } from './load.js';
export { renderProblem, type ConfigProblem } from './problem.js';
export { CONFIG_SCHEMA } from './schema.js';
export type { Schema } from './schema-parts.js';
export { maskSecrets, showConfig } from './show.js';
export type * from './types.js';
