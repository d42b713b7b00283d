export * from './table.js';
export * from './split.js';
