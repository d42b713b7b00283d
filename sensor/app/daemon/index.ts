export { Daemon, type Reloaded } from './daemon.js';
export { RulesError } from './rule-manager.js';
export type { Status } from './status.js';
