export * from './errors.js';
export * from './bytes.js';
export * from './log.js';
export * from './logger.js';
export * from './clock.js';
export * from './address.js';
export * from './package-root.js';
export * from './time-text.js';
export { closest, didYouMean, editDistance } from './suggest.js';
