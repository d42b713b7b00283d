export { ALERT_SCHEMA } from './alert-schema.js';
export { escapeLine } from './escape.js';
export { jsonLine, type JsonOptions } from './json-line.js';
export { textLine, type TextOptions } from './text-line.js';
