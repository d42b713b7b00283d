export * from './universe.js';
export * from './flags.js';
export { CALLS_BEHIND } from './event-table.js';
export { GENERIC_CALLS, NEVER_DELIVERED } from './call-names.js';
export { FLAG_TABLES, type FlagTable } from './flag-tables.js';
export { CAPABILITIES } from './kernel-names.js';
